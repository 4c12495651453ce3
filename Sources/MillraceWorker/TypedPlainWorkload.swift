import JSONCodec
import MillraceProtocol

/// Reads and writes the values of one plain workload. It keeps nothing between calls.
struct TypedPlainWorkload<W: PlainWorkload>: WorkloadHandler {
    private let workload: W

    init(_ workload: W) {
        self.workload = workload
    }

    var declaration: KindDeclaration {
        KindDeclaration(name: W.kind, summary: W.summary, stages: [.process])
    }

    func process(_ params: WorkloadProcess.Params, _ run: JobRun) async throws -> WorkloadProcess.Result {
        let typed: W.Params
        do {
            typed = try JSON.decode(W.Params.self, from: params.job.params.bytes)
        } catch {
            throw RPCError.invalidParams(error)
        }
        let output = try await workload.process(typed, run)
        return WorkloadProcess.Result(output: JSONRaw(unchecked: JSON.encode(output)))
    }

    func plan(_ params: WorkloadPlan.Params, _ run: JobRun) async throws -> WorkloadPlan.Result {
        throw Self.noStage(.plan)
    }

    func preload(_ params: WorkloadPreload.Params, _ run: JobRun) async throws {
        throw Self.noStage(.preload)
    }

    func summarize(_ params: WorkloadSummarize.Params, _ run: JobRun) async throws -> WorkloadSummarize.Result {
        throw Self.noStage(.summarize)
    }

    func release(_ job: JobID) {}

    private static func noStage(_ stage: WorkloadStage) -> RPCError {
        RPCError(
            .unimplemented, "\(W.kind) is a plain job and has no stage \(stage.rawValue)", reason: "kind.noStage")
    }
}
