import Glibc
import TestSupport
import Testing

/// Kinds change while jobs run.
@Suite(.serialized, .heavy, .enabled(if: RunningRunner.isBuilt, "the runner is not built"))
struct ReloadTests {
    private let folder = TemporaryDirectory()

    private func kinds(_ number: Int) -> String {
        """
        kinds:
          - { name: tell, command: [/bin/sh, -c, "echo \(number)"], concurrency: \(number % 3 + 1), queue: q\(number % 2) }
        \(number % 2 == 0 ? "  - { name: even, command: [/bin/true] }" : "")
        """
    }

    @Test func changedKindsUnderLoadLoseNoJobAndWhatIsSubmittedAfterwardsRunsByTheNewRules() async throws {
        try await RunningRunner.run(kinds: kinds(0)) { runner in
            let socket = runner.socket
            let stop = Watched(false)
            let submitted = Watched<[Int]>([])
            async let load: Void = onThread {
                let client = try WireClient(socket)
                while !stop.value {
                    let id = try client.call("job.submit", "{\"kind\":\"tell\"}")["id"].int ?? 0
                    submitted.update { $0.append(id) }
                }
            }
            for number in 1...8 {
                let before = submitted.value.count
                runner.declare(kinds(number))
                runner.signal(SIGHUP)
                try await submitted.wait(for: "jobs during the reload") { $0.count >= before + 20 }
            }
            stop.update { $0 = true }
            try await load
            try await eventually("the last kinds are in force") {
                let kind = try await runner.call("kind.list")["kinds"].elements.first { $0["name"].string == "tell" }
                return kind?["concurrency"].int == 8 % 3 + 1
            }
            for id in submitted.value {
                #expect(try await runner.finished(id, within: .seconds(60))["state"].string == "succeeded")
            }
            let last = try await runner.finished(try await runner.submit("tell"))
            #expect(last["result"].int == 8 && last["queue"].string == "q0")
        }
    }

    @Test func aRunningCommandGoesOnUnderTheRulesItBeganWith() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        func kinds(_ word: Int) -> String {
            "kinds: [{ name: held, command: [/bin/sh, -c, \"read -r line <\(gate.path); echo \(word)\"] }]\n"
        }
        try await RunningRunner.run(kinds: kinds(1)) { runner in
            let old = try await runner.submit("held")
            try await runner.reached("running", old)
            runner.declare(kinds(2))
            try await runner.reload()
            let new = try await runner.submit("held")
            try await runner.reached("running", new)
            gate.release(2)
            #expect(try await runner.finished(old)["result"].int == 1)
            #expect(try await runner.finished(new)["result"].int == 2)
        }
    }

    @Test func aKindThatIsTakenAwayLetsItsRunningJobEndAndItsWaitingOnesSayWhy() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        let kinds = """
            kinds: [{ name: held, command: [/bin/sh, -c, "read -r line <\(gate.path); echo 1"], concurrency: 1 }]
            """
        try await RunningRunner.run(kinds: kinds) { runner in
            let running = try await runner.submit("held")
            try await runner.reached("running", running)
            let waiting = try await runner.submit("held")
            runner.declare("kinds: [{ name: other, command: [/bin/true] }]\n")
            try await runner.reload()
            try await eventually("nobody serves it") { try await runner.why(waiting).contains("noWorker") }
            gate.release(2)
            #expect(try await runner.finished(running)["state"].string == "succeeded")
            runner.declare(kinds)
            try await runner.reload()
            #expect(try await runner.finished(waiting)["state"].string == "succeeded")
        }
    }

    @Test func aWrongFileIsNamedWithItsLinesAndTheOldRulesGoOn() async throws {
        try await RunningRunner.run(kinds: kinds(1)) { runner in
            runner.declare(
                "kinds:\n  - { name: tell, command: [/bin/true] }\n  - name: two\n    comand: [/bin/true]\n    timeout: soon\n"
            )
            runner.signal(SIGHUP)
            let file = runner.state + "/etc/kinds.d/test.yaml"
            try await eventually("the mistakes are named") {
                runner.log.contains("\(file):4:") && runner.log.contains("\(file):5:")
            }
            #expect(try await runner.finished(try await runner.submit("tell"))["result"].int == 1)
            #expect(try await runner.request("job.submit", "{\"kind\":\"two\"}")["error"] != .absent)
            let checked = try await runner.millctl("kind", "check", runner.state + "/etc/kinds.d")
            #expect(checked.status == 78 || checked.status == 65, "\(checked)")
            #expect((checked.output + checked.errors).contains("test.yaml:4:"))
            runner.declare(kinds(3))
            try await runner.reload()
            #expect(try await runner.finished(try await runner.submit("tell"))["result"].int == 3)
        }
    }

    @Test func wrongFilesStopTheStartWithExit78AndEveryMistakeOfAllFiles() async throws {
        let runner = RunningRunner(kinds: "name: one\ncommand: [bin/true]\nattempts: none\n")
        runner.declare("kinds:\n  - { name: two, worker: nowhere }\n", in: "two.yaml")
        try runner.launch()
        #expect(try await runner.ended() == .exited(78))
        for mark in ["test.yaml:2:", "test.yaml:3:", "two.yaml:2:"] {
            #expect(runner.log.contains(mark), "\(mark) \(runner.log)")
        }
    }
}
