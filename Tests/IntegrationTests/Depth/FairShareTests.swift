import Glibc
import TestSupport
import Testing

/// Two users at one runner.
@Suite(
    .serialized, .heavy, .enabled(if: RunningRunner.isBuilt, "the runner is not built"),
    .enabled(if: geteuid() == 0, "needs root"))
struct FairShareTests {
    private let folder = TemporaryDirectory()

    /// A runner that nobody's group may use, at a socket that others reach.
    private func runner(_ kinds: String) -> RunningRunner {
        RunningRunner(kinds: kinds, settings: "[Service]\nGroup=nogroup\n")
    }

    private func asNobody(_ runner: RunningRunner, _ arguments: String...) async throws -> Finished {
        try await runner.asNobody(arguments)
    }

    @Test func aUserWithManyJobsDoesNotKeepAnotherWaiting() async throws {
        let notes = folder.file("notes")
        let note = "cat >>\(notes); echo >>\(notes)"
        let kinds = "kinds: [{ name: note, command: [/bin/sh, -c, \"\(note)\"], concurrency: 1 }]\n"
        try await runner(kinds).use { runner in
            runner.openToNobody()
            try await runner.check("kind", "pause", "note")
            let many = Array(repeating: "{\"kind\":\"note\",\"params\":\"many\"}", count: 300).joined(separator: ",")
            _ = try await runner.call("job.submitBatch", "{\"jobs\":[\(many)]}")
            for _ in 0..<3 {
                let submitted = try await asNobody(runner, "job", "submit", "note", "--params", "\"few\"")
                #expect(submitted.succeeded, "\(submitted)")
            }
            try await runner.check("kind", "resume", "note")
            try await eventually("all are done", within: .seconds(60)) {
                (text(of: notes) ?? "").split(separator: "\n").count == 303
            }
            let order = (text(of: notes) ?? "").split(separator: "\n").map(String.init)
            let last = try #require(order.lastIndex(of: "\"few\""))
            #expect(last < 12, "each has his turn: the third of the few was number \(last + 1)")
        }
    }

    @Test func aUsersLimitIsHisOwnAndOnlyAdministratorsSetIt() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        let kinds = "kinds: [{ name: held, command: [/bin/sh, -c, \"read -r line <\(gate.path)\"] }]\n"
        try await runner(kinds).use { runner in
            runner.openToNobody()
            let refused = try await asNobody(runner, "limit", "set", "user", "nobody", "--running", "9")
            #expect(refused.status == 77, "\(refused)")
            try await runner.check("limit", "set", "user", "nobody", "--running", "1", "--waiting", "1")
            for number in 1...3 {
                let submitted = try await asNobody(runner, "job", "submit", "held")
                #expect(submitted.status == (number == 3 ? 75 : 0), "\(submitted)")
                if number == 1 { try await runner.reached("running", 1) }
            }
            #expect(try await runner.why(2) == ["userLimit"])
            let mine = try await runner.submit("held")
            try await runner.reached("running", mine)
            gate.release(3)
            for job in [1, 2, mine] { try await runner.finished(job) }
        }
    }
}
