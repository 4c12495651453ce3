import JSONCodec
import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import TestSupport
import Testing

@testable import MillraceWorker

/// Does what its item says, with a permit where it takes one.
private struct CallingWorkload: Workload {
    static let kind = "calling"
    static let summary = "calls something that is limited"

    typealias Params = Empty

    func plan(_ params: Empty, _ run: JobRun) async throws -> Plan<String> { Plan(items: []) }
    func preload(_ params: Empty, _ items: [PlannedItem<String>], _ run: JobRun) async throws {}

    func process(_ item: PlannedItem<String>, _ params: Empty, _: Void, _ run: JobRun) async throws -> String {
        switch item.input {
        case "snooze": throw Snooze(for: .seconds(60), because: "the export is not there yet")
        case "drop":
            _ = try await run.permit("notion", count: 2)
            return "dropped"
        case "twice":
            let permit = try await run.permit("notion")
            permit.failed()
            permit.succeeded()
            permit.release()
            return "reported"
        default:
            return try await run.withPermit("notion") {
                switch item.input {
                case "down": throw RPCError(.unavailable, "answers 503", reason: "notion.down")
                case "wrong": throw RPCError(.invalidArgument, "answers 400", reason: "notion.refused")
                case "early": throw Snooze(for: .milliseconds(1), because: "not yet")
                case "broken": throw SystemError(number: 104, call: "read")
                case "cancelled": throw CancellationError()
                default: return "called"
                }
            }
        }
    }

    func summarize(_ outcomes: [Outcome<String>], _ params: Empty, _ run: JobRun) async throws -> Empty { Empty() }
}

/// A worker asks for permits on its own connection, of the runner's end of a socket pair.
struct PermitTests {
    private static let job = JobBrief(id: JobID(7), kind: "calling", params: .emptyObject, correlationId: "c-1")

    /// What the runner's end was asked, in order.
    private func asked(
        _ word: String, refusing: RPCError? = nil, settled: Int = 1
    ) async throws -> (asked: [String], answer: Result<WorkloadProcess.Result, RPCError>) {
        let (ours, theirs) = try UnixSocket.pair()
        let worker = Worker(name: "test", capacity: 3, workloads: [CallingWorkload()], log: Logger(label: "test"))
        let workers = try RPCClient.session(over: theirs, router: worker.router())
        let asked = Watched<[String]>([])
        var router = RPCRouter()
        router.onReply(PermitAcquire.self) { params, _, reply in
            asked.update { $0.append("acquire \(params.resource) \(params.count ?? 1)") }
            if let refusing { throw refusing }
            reply.succeed(.init(permit: 5, resource: params.resource, waitedMs: 30))
        }
        router.onReply(PermitReport.self) { params, _, reply in
            asked.update { $0.append("report \(params.permit) \(params.succeeded.map { "\($0)" } ?? "unknown")") }
            reply.succeed(Done())
        }
        router.onReply(PermitRelease.self) { params, _, reply in
            asked.update { $0.append("release \(params.permit)") }
            reply.succeed(Done())
        }
        let runner = try RPCClient.session(over: ours, router: router)
        defer {
            runner.close()
            workers.close()
        }
        _ = try await runner.call(WorkloadPreload.self, .init(job: Self.job, items: []))
        let item = ItemBrief(index: 0, key: word, input: JSONRaw(word))
        let answer: Result<WorkloadProcess.Result, RPCError>
        do {
            let params = WorkloadProcess.Params(job: Self.job, item: item, attempt: 1, fence: 1)
            answer = .success(try await runner.call(WorkloadProcess.self, params))
        } catch let error as RPCError {
            answer = .failure(error)
        }
        _ = try await asked.wait(within: .seconds(20), for: "\(settled) words after the permit") { $0.count > settled }
        // An answer to a later question: whatever else would have come is here now.
        _ = try await runner.call(WorkerPing.self, Empty())
        return (asked.value, answer)
    }

    @Test(arguments: [
        ("call", "report 5 true"), ("down", "report 5 false"), ("wrong", "report 5 true"), ("early", "report 5 true"),
        ("broken", "report 5 false"), ("cancelled", "report 5 unknown"),
    ])
    func theRunnerIsToldHowTheCallWent(word: String, report: String) async throws {
        let (asked, _) = try await asked(word)
        #expect(asked == ["acquire notion 1", report])
    }

    @Test func aPermitThatIsDroppedIsReleased() async throws {
        let (asked, answer) = try await asked("drop")
        #expect(asked == ["acquire notion 2", "release 5"])
        #expect(try answer.get().output == JSONRaw("dropped"))
    }

    @Test func onlyTheFirstWordCounts() async throws {
        let (asked, _) = try await asked("twice")
        #expect(asked == ["acquire notion 1", "report 5 false"])
    }

    @Test func aRefusalIsPassedOnAndTheItemIsTriedAgainThen() async throws {
        var open = RPCError(.unavailable, "the breaker of notion is open", reason: "breaker.open")
        open.retryAfterMs = 12_000
        let (asked, answer) = try await asked("call", refusing: open, settled: 0)
        #expect(asked == ["acquire notion 1"])
        guard case .failure(let error) = answer else { return #expect(Bool(false), "\(answer)") }
        #expect(error.reason == "breaker.open" && error.retryAfterMs == 12_000)
    }

    @Test func aSnoozeSaysWhenToComeAgain() async throws {
        let (ours, theirs) = try UnixSocket.pair()
        let worker = Worker(name: "test", capacity: 3, workloads: [CallingWorkload()], log: Logger(label: "test"))
        let workers = try RPCClient.session(over: theirs, router: worker.router())
        let runner = try RPCClient.session(over: ours)
        defer {
            runner.close()
            workers.close()
        }
        _ = try await runner.call(WorkloadPreload.self, .init(job: Self.job, items: []))
        let item = ItemBrief(index: 0, key: "a", input: JSONRaw("snooze"))
        let error = await #expect(throws: RPCError.self) {
            try await runner.call(
                WorkloadProcess.self, .init(job: Self.job, item: item, attempt: 1, fence: 1))
        }
        #expect(error?.status == .aborted && error?.reason == "job.snoozed" && error?.retryAfterMs == 60_000)
        #expect(error?.message == "the export is not there yet")
    }

    @Test func withoutARunnerEveryPermitIsGranted() async throws {
        let run = JobRun(job: Self.job, log: Logger(label: "test")) { _ in }
        let permit = try await run.permit("notion", count: 3)
        #expect(permit.resource == "notion" && permit.waited == .zero)
        permit.failed()
    }
}
