import TestSupport
import Testing

/// What becomes of the runs of a schedule whose job of before is not over: all policies at once, due at the same instants, so that
/// their last jobs are asked for together.
@Suite(
    .serialized, .heavy,
    .enabled(if: RunningRunner.isBuilt && Binary.exist("millrace-scheduler"), "the executables are not built"))
struct WhileRunningTests {
    private func history(_ name: String, of scheduler: RunningScheduler) async throws -> [Tree] {
        try await scheduler.call("schedule.show", "{\"name\":\"\(name)\",\"limit\":1000}")["history"].elements
            .reversed()
    }

    @Test func whatIsLeftOutDoesNotCountTowardsTheLimit() async throws {
        let folder = TemporaryDirectory()
        let gate = try HoldingPipe(folder.file("gate"))
        let kinds = "kinds:\n  - { name: held, command: [/bin/sh, -c, \"read -r line <\(gate.path)\"] }\n"
        try await RunningRunner(kinds: kinds).use { runner in
            let scheduler = RunningScheduler(runner)
            try await scheduler.start()
            _ = try await scheduler.call(
                "schedule.put",
                #"{"schedule":{"name":"two","job":{"kind":"held"},"every":"1s","limit":2,"whileRunning":"skip"}}"#)
            try await scheduler.until("one runs and one is left out", { $0["history"].elements.count >= 2 }, "two")
            let outcomes = try await history("two", of: scheduler).compactMap { $0["outcome"].string }
            #expect(outcomes.first == "submitted" && outcomes.dropFirst().allSatisfy { $0 == "skipped" }, "\(outcomes)")
            gate.release(100)
            try await scheduler.until("both runs have been", { $0["schedule"]["runs"].int == 2 }, "two")
            try await scheduler.stop()
        }
    }

    @Test func eachPolicyDoesWhatItSaysAlsoWhereManyAreDueTogether() async throws {
        let folder = TemporaryDirectory()
        let gate = try HoldingPipe(folder.file("gate"))
        let kinds = """
            kinds:
              - { name: quick, command: [/bin/true] }
              - { name: held, command: [/bin/sh, -c, "read -r line <\(gate.path)"] }
            """
        try await RunningRunner(kinds: kinds).use { runner in
            let scheduler = RunningScheduler(runner)
            try await scheduler.start()
            let policies = ["skip", "buffer-one", "buffer-all", "cancel-other", "allow-all"]
            for (kind, policy) in [("quick", "skip")] + policies.map({ ("held", $0) }) {
                let name = kind == "quick" ? "quick" : policy
                let members = "\"name\":\"\(name)\",\"job\":{\"kind\":\"\(kind)\"},\"whileRunning\":\"\(policy)\""
                _ = try await scheduler.call(
                    "schedule.put", "{\"schedule\":{\(members),\"cronSeconds\":[\"* * * * * *\"],\"zone\":\"UTC\"}}")
            }
            for name in ["quick"] + policies {
                try await scheduler.until(
                    "four times of \(name) are decided", { $0["history"].elements.count >= 4 }, name)
            }
            for name in ["quick"] + policies { try await runner.check("schedule", "pause", name) }
            func outcomes(_ name: String) async throws -> [String] {
                try await history(name, of: scheduler).compactMap { $0["outcome"].string }
            }

            #expect(try await outcomes("quick").allSatisfy { $0 == "submitted" }, "its job is over each time")
            let skipped = try await outcomes("skip")
            #expect(skipped.first == "submitted" && skipped.dropFirst().allSatisfy { $0 == "skipped" }, "\(skipped)")
            let one = try await outcomes("buffer-one")
            #expect(one.prefix(2) == ["submitted", "submitted"], "\(one)")
            #expect(one.dropFirst(2).allSatisfy { $0 == "skipped" }, "\(one)")
            for name in ["buffer-all", "cancel-other", "allow-all"] {
                #expect(try await outcomes(name).allSatisfy { $0 == "submitted" }, "\(name)")
            }
            func states(_ name: String) async throws -> [String] {
                var states: [String] = []
                for run in try await history(name, of: scheduler) {
                    guard let id = run["job"].int else { continue }
                    states.append(try await runner.job(id)["state"].string ?? "")
                }
                return states
            }
            let all = try await states("allow-all")
            #expect(all.allSatisfy { $0 == "running" }, "\(all)")
            let buffered = try await states("buffer-all")
            #expect(buffered.first == "running" && !buffered.dropFirst().contains("running"), "\(buffered)")
            try await eventually("all but the last are cancelled", within: .seconds(30)) {
                try await states("cancel-other").dropLast().allSatisfy { $0 == "cancelled" }
            }
            gate.release(100)
            try await scheduler.stop()
        }
    }
}
