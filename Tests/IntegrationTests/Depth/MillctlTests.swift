import Glibc
import TestSupport
import Testing

/// The commands that a person types at a runner that works.
@Suite(.serialized, .heavy, .enabled(if: RunningRunner.isBuilt, "the runner is not built"))
struct MillctlTests {
    private let folder = TemporaryDirectory()

    private func kinds(_ gate: HoldingPipe) -> String {
        """
        kinds:
          - { name: ok, command: [/bin/cat] }
          - { name: fail, command: [/bin/sh, -c, "echo 'out of paper' >&2; exit 3"], attempts: 1 }
          - name: held
            command: [/bin/sh, -c, "echo begun >&2; read -r line <\(gate.path); echo done >&2; echo 7"]
        """
    }

    @Test func theExitCodeOfAWaitIsHowTheJobEnded() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        try await RunningRunner.run(kinds: kinds(gate)) { runner in
            try await runner.check("job", "submit", "ok", "--wait")
            try await runner.check("job", "submit", "fail", "--wait", status: 1)
            let held = try await runner.submit("held")
            let wait = try runner.begin("job", "wait", "\(held)")
            try await runner.reached("running", held)
            try await runner.check("job", "cancel", "\(held)")
            #expect(try await wait.wait() == .exited(3))

            let worker = try TestWorker(runner.socket)
            let partial = try runner.begin("job", "submit", "test.held", "--params", "{\"items\":2}", "--wait")
            let items = try await worker.hold(2)
            try worker.succeed(items[0])
            try worker.fail(items[1])
            #expect(try await partial.wait() == .exited(2))

            try await runner.check("job", "wait", "4711", status: 66)
            try await runner.check("job", "submit", "unheard-of", status: 66)
            try await runner.check("job", "submit", "ok", "--params", "{", status: 65)
            try await runner.check("job", "submit", "ok", "--priority", "5000", status: 64)
            let over = try await runner.submit("ok")
            try await runner.finished(over)
            try await runner.check("job", "edit", "\(over)", "--priority", "3", status: 65)
            try await runner.stop()
            try await runner.check("job", "list", status: 69)
            try await runner.start()
        }
    }

    @Test func aJobIsFollowedUntilItEndsWithWhatItSaid() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        try await RunningRunner.run(kinds: kinds(gate)) { runner in
            let id = try await runner.submit("held")
            let other = try await runner.submit("fail")
            try await runner.finished(other)
            let follow = try runner.begin("job", "follow", "\(id)")
            try await follow.waitForOutput("begun")
            gate.release()
            #expect(try await follow.wait() == .exited(0))
            let said = follow.progress.value.outputText
            #expect(said.contains("done"), "\(said)")
            #expect(!said.contains("out of paper"), "another job's words: \(said)")
            #expect(try await runner.check("job", "log", "\(other)").contains("out of paper"))
        }
    }

    @Test func whatWaitsIsEditedBuriedAndRedrivenByCommand() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        try await RunningRunner.run(kinds: kinds(gate)) { runner in
            try await runner.check("kind", "pause", "ok", "--reason", "the books are open")
            #expect(try await runner.check("kind", "list").contains("paused"))
            let id = try await runner.submit("ok", "1")
            #expect(
                try await runner.check("job", "edit", "\(id)", "--params", "2", "--queue", "other").contains("other"))
            #expect(try await runner.check("job", "bury", "\(id)").contains("\(id)"))
            #expect(try await runner.check("why", "\(id)").contains("redrive"))
            try await runner.check("kind", "resume", "ok")
            #expect(try await runner.check("job", "redrive", "--buried").contains("1"))
            #expect(try await runner.finished(id)["result"].int == 2)
            #expect(try await runner.finished(id)["queue"].string == "other")

            for verb in ["pause", "drain", "resume"] {
                let said = try await runner.check("queue", verb, "other")
                #expect(said.contains("other"), "\(verb): \(said)")
            }
            let set = try await runner.check("queue", "set", "other", "--running", "3", "--durability", "crash")
            #expect(set.contains("3") && set.contains("crash"), "\(set)")
            #expect(try await runner.check("limit", "set", "kind", "ok", "--running", "5").contains("5"))
            #expect(try await runner.check("limit", "list").contains("set"))
        }
    }

    @Test func topPrintsOnePictureIntoAPipeAndBenchItsFigures() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        try await RunningRunner.run(kinds: kinds(gate)) { runner in
            let held = try await runner.submit("held")
            try await runner.reached("running", held)
            let top = try await runner.check("top", "--interval", "100ms")
            #expect(top.contains("held") && top.contains("1 running"), "\(top)")
            #expect(!top.contains("\u{1B}"), "no control characters in a pipe")
            gate.release()
            try await runner.finished(held)

            let bench = try await runner.check("bench", "--count", "200")
            for word in ["200 jobs", "submit", "start", "life", "p50", "p99"] {
                #expect(bench.contains(word), "\(word)")
            }
            #expect(try await runner.call("worker.list")["workers"].elements.isEmpty)
        }
    }

    @Test func aFolderOfKindsIsCheckedWithoutARunner() async throws {
        let runner = RunningRunner(kinds: "name: one\ncommand: [/bin/true]\n")
        #expect(try await runner.check("kind", "check").contains("1 kind"))
        runner.declare("kinds:\n  - { name: two, comand: [/bin/true] }\n  - { name: one }\n", in: "two.yaml")
        let checked = try await runner.millctl("kind", "check", runner.state + "/etc/kinds.d")
        #expect(checked.status == 65)
        #expect(checked.output.contains("two.yaml:2:") && checked.output.contains("did you mean command?"))
        #expect(checked.output.contains("two.yaml:3:"), "all mistakes at once: \(checked)")
    }

    /// The counts by which new jobs are refused, after everything that makes a job live or ends it.
    @Test func theCountOfLiveJobsIsRightAfterRetriesHooksReplacementsAndCancellations() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        let more = """
              - name: hooked
                command: [/bin/true]
                hooks: [{ on: [succeeded], job: { kind: ok } }, { on: [succeeded], command: [/bin/true] }]
            """
        try await RunningRunner.run(kinds: kinds(gate) + "\n" + more) { runner in
            func live() async throws -> Int {
                try await runner.call("service.status")["figures"]["jobs_live"].int ?? .min
            }
            let failed = [try await runner.submit("fail"), try await runner.submit("fail")]
            for id in failed { try await runner.finished(id) }
            _ = try await runner.call("job.retry", "{\"id\":\(failed[0])}")
            _ = try await runner.call("job.redrive", "{\"kind\":\"fail\"}")
            try await runner.finished(try await runner.submit("hooked"))
            try await runner.check("kind", "pause", "ok")
            let unique = ",\"uniqueKey\":\"u\",\"uniqueMode\":"
            for mode in ["reject", "replace", "keep"] { _ = try await runner.submit("ok", "1", unique + "\"\(mode)\"") }
            let first = try await runner.submit("ok")
            _ = try await runner.submit("ok", "1", ",\"after\":[\(first)]")
            try await runner.check("job", "cancel", "\(first)")
            let moved = try await runner.submit("ok")
            try await runner.check("job", "edit", "\(moved)", "--queue", "other")
            try await runner.check("job", "bury", "\(moved)")
            try await runner.check("kind", "resume", "ok")
            try await runner.check("job", "redrive", "\(moved)")
            try await runner.finished(moved)
            try await eventually("nothing is live") {
                let jobs = try await runner.call("job.list", "{\"states\":[\"scheduled\",\"ready\",\"running\"]}")
                return jobs["jobs"].elements.isEmpty
            }
            try await eventually("and the count says so") { try await live() == 0 }
        }
    }
}
