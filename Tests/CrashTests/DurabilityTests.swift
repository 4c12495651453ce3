import Glibc
import TestSupport
import Testing

/// What "acknowledged" means, seen from the kernel's side: the runner's own system calls, counted, delayed and failed.
@Suite(
    .serialized, .heavy, .enabled(if: RunningSuite.isBuilt, "the executables are not built"),
    .enabled(if: Tracer.isAllowed, "strace is not there or may not look into other processes"))
struct DurabilityTests {
    private static let submission = "{\"kind\":\"test.held\"}"

    /// Runs `body` with a runner that knows a kind whose worker has left, so that jobs stay as they were submitted.
    private func withRunner(_ body: (BareRunner) async throws -> Void) async throws {
        let runner = BareRunner(environment: ["MILLRACE_RUNNER_COMMANDS": ""])
        try await runner.start()
        let worker = try TestWorker(runner.socket)
        worker.close()
        try await eventually("the worker has left") {
            try await runner.call("worker.list")["workers"].elements.isEmpty
        }
        // One job in advance: what the worker's coming and going wrote is on disk before it.
        _ = try await runner.call("job.submit", Self.submission)
        do {
            try await body(runner)
        } catch {
            throw TestFailure("\(error)\nthe runner said:\n\(runner.said.suffix(4000))")
        }
    }

    @Test func eachSubmitOfALonelyCallerIsExactlyOneSync() async throws {
        try await withRunner { runner in
            let tracer = try await Tracer(runner.pid, options: ["-e", "trace=fdatasync,fsync"])
            for _ in 0..<20 { _ = try await runner.call("job.submit", Self.submission) }
            let calls = try await tracer.end()
            #expect(calls.count == 20, "\(calls.joined(separator: "\n"))")
        }
    }

    @Test func callersWhoComeTogetherShareASync() async throws {
        try await withRunner { runner in
            // Slow enough that all have come while the first is being written.
            let slow = ["-e", "trace=fdatasync", "-e", "inject=fdatasync:delay_enter=100000"]
            let tracer = try await Tracer(runner.pid, options: slow)
            try await withThrowingTaskGroup(of: Tree.self) { callers in
                for _ in 0..<40 { callers.addTask { try await runner.call("job.submit", Self.submission) } }
                var ids: Set<Int?> = []
                for try await receipt in callers { ids.insert(receipt["id"].int) }
                #expect(ids.count == 40)
            }
            let calls = try await tracer.end()
            #expect((1...10).contains(calls.count), "\(calls.count) syncs for 40 callers")
        }
    }

    @Test func theAnswerFollowsTheSync() async throws {
        try await withRunner { runner in
            let slow = ["-e", "trace=fdatasync", "-e", "inject=fdatasync:delay_exit=300000"]
            let tracer = try await Tracer(runner.pid, options: slow)
            let clock = ContinuousClock()
            let reading = try await clock.measure { _ = try await runner.call("job.list") }
            let submitting = try await clock.measure { _ = try await runner.call("job.submit", Self.submission) }
            #expect(submitting >= .milliseconds(300))
            #expect(reading < .milliseconds(300), "a reader waits for nobody's disk")
            _ = try await tracer.end()
        }
    }

    @Test func aFailedSyncEndsTheProcessUnansweredAndWhatWasAcknowledgedStays() async throws {
        try await withRunner { runner in
            var acknowledged: Set<Int?> = []
            for _ in 0..<5 { acknowledged.insert(try await runner.call("job.submit", Self.submission)["id"].int) }
            let broken = ["-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO"]
            let tracer = try await Tracer(runner.pid, options: broken)

            await #expect(throws: TestFailure.self) { try await runner.call("job.submit", Self.submission) }
            let ending = try await runner.ended()
            #expect(ending != .exited(0))
            #expect(runner.said.contains("sync"), "it says why: \(runner.said)")
            _ = try await tracer.end()

            try await runner.start()
            let present = Set(try await runner.call("job.list")["jobs"].elements.map { $0["id"].int })
            #expect(present.isSuperset(of: acknowledged))
        }
    }
}
