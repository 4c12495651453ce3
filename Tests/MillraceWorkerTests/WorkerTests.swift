import JSONCodec
import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import TestSupport
import Testing

@testable import MillraceWorker

/// A worker behind the wire, asked by the runner's end of a socket pair.
struct WorkerTests {
    private let job = JobBrief(
        id: JobID(7), kind: "double", params: JSONRaw(unchecked: Array(#"{"numbers":[1,2,13]}"#.utf8)),
        correlationId: "c-1")

    /// Both ends of a connection: the runner's session, and the worker that serves the other.
    private func connected<R: Sendable>(
        registered: Watched<Int> = Watched(0), _ body: (RPCSession, Worker, RPCSession) async throws -> R
    ) async throws -> R {
        let (ours, theirs) = try UnixSocket.pair()
        let worker = Worker(name: "test", capacity: 3, workloads: [DoublingWorkload()], log: Logger(label: "test"))
        let workers = try RPCClient.session(over: theirs, router: worker.router())
        var router = RPCRouter()
        router.onReply(WorkerRegister.self) { params, _, reply in
            #expect(params.capacity == 3)
            #expect(
                params.kinds == [
                    KindDeclaration(name: "double", summary: "doubles numbers", stages: WorkloadStage.allCases)
                ])
            reply.succeed(WorkerRegister.Result(worker: 1, run: 1))
            registered.update { $0 += 1 }
        }
        let runners = try RPCClient.session(over: ours, router: router)
        defer {
            runners.close()
            workers.close()
        }
        return try await body(runners, worker, workers)
    }

    private func item(_ number: Int) -> ItemBrief {
        ItemBrief(index: number, key: "n\(number)", input: JSONRaw(unchecked: Array("\(number)".utf8)))
    }

    private func process(_ number: Int) -> WorkloadProcess.Params {
        WorkloadProcess.Params(job: job, item: item(number), attempt: 1, fence: 1)
    }

    private func reason(_ body: () async throws -> some Any) async -> String? {
        do {
            _ = try await body()
            return nil
        } catch {
            return (error as? RPCError)?.reason ?? "\(error)"
        }
    }

    @Test func aJobGoesThroughAllFourFunctions() async throws {
        try await connected { runner, _, _ in
            let plan = try await runner.call(WorkloadPlan.self, .init(job: job, attempt: 1))
            #expect(plan.items.map(\.key) == ["n1", "n2", "n13"])
            #expect(plan.slots == 2)
            let said = Watched<[String]>([])
            _ = try await runner.call(WorkloadPreload.self, .init(job: job, items: [item(1), item(2)])) { raw in
                if let progress = try? raw.decode(WorkloadProgress.self) { said.update { $0.append(progress.message) } }
            }
            #expect(said.value == ["doubling 2"])
            #expect(try await runner.call(WorkloadProcess.self, process(2)).output?.bytes == Array("4".utf8))
            let outcomes = [1, 2].map {
                ItemView(
                    index: $0, key: "n\($0)", state: .succeeded, attempts: 0, crashes: 0,
                    output: JSONRaw(unchecked: Array("\(2 * $0)".utf8)))
            }
            let summary = try await runner.call(
                WorkloadSummarize.self, .init(job: job, items: outcomes, cancelled: false))
            #expect(summary.result?.bytes == Array("6".utf8))
        }
    }

    @Test func whatWasPreloadedIsKeptUntilItIsReleased() async throws {
        try await connected { runner, _, _ in
            #expect(await reason { try await runner.call(WorkloadProcess.self, process(1)) } == "workload.notPreloaded")
            _ = try await runner.call(WorkloadPreload.self, .init(job: job, items: [item(1)]))
            #expect(await reason { try await runner.call(WorkloadProcess.self, process(1)) } == nil)
            #expect(await reason { try await runner.call(WorkloadProcess.self, process(2)) } == "test.missing")
            runner.notify(WorkloadRelease.name, JobReference(id: job.id))
            #expect(await reason { try await runner.call(WorkloadProcess.self, process(1)) } == "workload.notPreloaded")
        }
    }

    @Test func wrongParamsAreNamedByTheirField() async throws {
        try await connected { runner, _, _ in
            var wrong = job
            wrong.params = JSONRaw(unchecked: Array(#"{"numbers":[1,"two"]}"#.utf8))
            let error = await #expect(throws: RPCError.self) {
                try await runner.call(WorkloadPlan.self, .init(job: wrong, attempt: 1))
            }
            #expect(error?.status == .invalidArgument)
            #expect(error?.field == "numbers[1]")
        }
    }

    @Test func aKindThatIsNotServedIsRefused() async throws {
        try await connected { runner, _, _ in
            var other = job
            other.kind = "halve"
            #expect(
                await reason { try await runner.call(WorkloadPlan.self, .init(job: other, attempt: 1)) }
                    == "kind.unknown")
        }
    }

    @Test func aCheckpointOfAnotherVersionIsNotGuessedAt() async throws {
        try await connected { runner, _, _ in
            let foreign = ItemView(
                index: 0, key: "n1", state: .succeeded, attempts: 0, crashes: 0,
                output: JSONRaw(unchecked: Array(#"{"half":1}"#.utf8)))
            #expect(
                await reason {
                    try await runner.call(WorkloadSummarize.self, .init(job: job, items: [foreign], cancelled: false))
                } == "workload.foreignData")
        }
    }

    @Test func cancellingACallCancelsTheWork() async throws {
        try await connected { runner, _, _ in
            _ = try await runner.call(WorkloadPreload.self, .init(job: job, items: [item(13)]))
            let ended = Watched<RPCError?>(nil)
            let call = runner.send(WorkloadProcess.self, process(13)) { result in
                if case .failure(let error) = result { ended.update { $0 = error } }
            }
            call.requestCancellation()
            let error = try await ended.wait(within: .seconds(20), for: "the end of the cancelled call") { $0 != nil }
            #expect(error?.status == .cancelled)
        }
    }

    @Test func aWorkerOffersItsKindsAndServesUntilTheRunnerHangsUp() async throws {
        let registered = Watched(0)
        try await connected(registered: registered) { runner, worker, session in
            async let served: Void = worker.work(session)
            _ = try await registered.wait(within: .seconds(20), for: "the offer") { $0 == 1 }
            // The answer to the offer came before the answer to this.
            _ = try await runner.call(WorkloadPlan.self, .init(job: job, attempt: 1))
            runner.close()
            try await served
        }
    }
}
