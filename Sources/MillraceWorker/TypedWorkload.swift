import JSONCodec
import Linux
import MillraceProtocol

/// A workload without its types: what the wire side of a worker calls.
protocol WorkloadHandler: Sendable {
    var declaration: KindDeclaration { get }
    func plan(_ params: WorkloadPlan.Params, _ run: JobRun) async throws -> WorkloadPlan.Result
    func preload(_ params: WorkloadPreload.Params, _ run: JobRun) async throws
    func process(_ params: WorkloadProcess.Params, _ run: JobRun) async throws -> WorkloadProcess.Result
    func summarize(_ params: WorkloadSummarize.Params, _ run: JobRun) async throws -> WorkloadSummarize.Result
    func release(_ job: JobID)
}

/// Reads and writes the values of one workload, and keeps what it preloaded until the job is released.
final class TypedWorkload<W: Workload>: WorkloadHandler {
    private struct Prepared: Sendable {
        var params: W.Params
        var context: W.Context
    }

    private let workload: W
    private let prepared = Locked<[JobID: Prepared]>([:])

    init(_ workload: W) {
        self.workload = workload
    }

    var declaration: KindDeclaration {
        KindDeclaration(name: W.kind, summary: W.summary, stages: WorkloadStage.allCases)
    }

    func plan(_ params: WorkloadPlan.Params, _ run: JobRun) async throws -> WorkloadPlan.Result {
        let plan = try await workload.plan(try decodeParams(params.job), run)
        return WorkloadPlan.Result(
            items: plan.items.map { .init(key: $0.key, input: JSONRaw(unchecked: JSON.encode($0.input))) },
            slots: plan.slots)
    }

    func preload(_ params: WorkloadPreload.Params, _ run: JobRun) async throws {
        let typed = try decodeParams(params.job)
        let items = try params.items.map { try decodeItem($0) }
        let context = try await workload.preload(typed, items, run)
        prepared.withLock { $0[params.job.id] = Prepared(params: typed, context: context) }
    }

    func process(_ params: WorkloadProcess.Params, _ run: JobRun) async throws -> WorkloadProcess.Result {
        guard let prepared = prepared.withLock({ $0[params.job.id] }) else {
            throw RPCError(
                .failedPrecondition, "job \(params.job.id) was not preloaded here; call workload.preload first",
                reason: "workload.notPreloaded")
        }
        let output = try await workload.process(
            try decodeItem(params.item), prepared.params, prepared.context, run)
        return WorkloadProcess.Result(output: JSONRaw(unchecked: JSON.encode(output)))
    }

    func summarize(_ params: WorkloadSummarize.Params, _ run: JobRun) async throws -> WorkloadSummarize.Result {
        let outcomes = try params.items.map { item in
            Outcome<W.Output>(
                key: item.key, state: item.state,
                output: try item.output.map { try decode(W.Output.self, $0, "the checkpoint of item \(item.key)") },
                error: item.error)
        }
        let summary = try await workload.summarize(outcomes, try decodeParams(params.job), run)
        return WorkloadSummarize.Result(result: JSONRaw(unchecked: JSON.encode(summary)))
    }

    func release(_ job: JobID) {
        prepared.withLock { _ = $0.removeValue(forKey: job) }
    }

    private func decodeParams(_ job: JobBrief) throws -> W.Params {
        do {
            return try JSON.decode(W.Params.self, from: job.params.bytes)
        } catch {
            throw RPCError.invalidParams(error)
        }
    }

    private func decodeItem(_ item: ItemBrief) throws -> PlannedItem<W.Item> {
        PlannedItem(key: item.key, input: try decode(W.Item.self, item.input, "the input of item \(item.key)"))
    }

    /// What the runner kept for us was written by another version of the workload when it no longer reads.
    private func decode<T: JSONDecodable>(_ type: T.Type, _ raw: JSONRaw, _ what: String) throws -> T {
        do {
            return try JSON.decode(T.self, from: raw.bytes)
        } catch {
            throw RPCError(
                .failedPrecondition, "\(what) does not read: \(error); submit the job anew",
                reason: "workload.foreignData")
        }
    }
}
