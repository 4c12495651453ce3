import Glibc
import TestSupport
import Testing

/// For every reason that can be made, `millctl why` names it with its numbers.
@Suite(.serialized, .heavy, .enabled(if: RunningRunner.isBuilt, "the runner is not built"))
struct WhyTests {
    private let folder = TemporaryDirectory()

    /// The codes as `millctl why --json` tells them, after the text form said something about the job too.
    @Test func aJobWhoseWorkerDoesNotStartSaysWhereToReadWhyAndGoesOnOnceItsSettingsAreRight() async throws {
        try await RunningSuite.run { suite in
            try await eventually("the worker has declared its kinds") {
                try await suite.check("kind", "list").contains("sync-task-order-logs")
            }
            try await suite.down()
            mkdir(suite.state + "/etc", 0o755)
            suite.folder.write(
                "[Books]\nBooks=paper\n[Notion]\nNotionTimeout=soon\n", to: "state/etc/backoffice.conf")
            try await suite.up()
            let receipt = try await suite.check(
                "job", "submit", "sync-task-order-logs", "--params", "{\"month\":\"2026-10\"}", "--json")
            let id = try #require(try Tree(receipt)["id"].int, "\(receipt)")
            try await eventually("the job says that its worker does not start") {
                let reason = try await suite.call("job.why", "{\"id\":\(id)}")["reasons"][0]
                return reason["code"].string == "noWorker" && reason["worker"].string == "millrace-backoffice"
                    && reason["message"].string?.contains("its settings are wrong (millctl logs says which)") == true
            }
            #expect(try await suite.check("why", "\(id)").contains("see why it does not start: millctl logs"))
            let log = try await suite.check("logs")
            #expect(log.contains("backoffice.conf:2: Books: \"paper\" is not one of sqlite, notion"))
            #expect(log.contains("backoffice.conf:4: NotionTimeout: \"soon\""), "all at once")
            let pools = try await suite.check("pool", "list")
            #expect(pools.contains("exited 78"), "\(pools)")

            suite.folder.write("[Books]\nBooks=sqlite\n", to: "state/etc/backoffice.conf")
            try await suite.check("job", "wait", "\(id)")
            #expect(try await suite.call("job.show", "{\"id\":\(id)}")["job"]["state"].string == "succeeded")
        }
    }

    /// Before any worker has ever declared what it can do, even the kind is unknown.
    @Test func aKindThatNobodyHasDeclaredYetIsRefusedWithWhatKeepsTheWorkersFromStarting() async throws {
        try await RunningSuite.run(environment: ["PAYOUT_ROUNDING": "VND:1"]) { suite in
            let refused = try await suite.millctl("job", "submit", "sync-task-order-logs")
            #expect(refused.errors.contains("exited 78, for its settings are wrong"), "\(refused)")
            #expect(suite.log.contains("PAYOUT_ROUNDING: 'VND:1' is not of the form"))
        }
    }

    private func codes(_ runner: RunningRunner, _ id: Int) async throws -> [String] {
        let said = try await runner.check("why", "\(id)")
        #expect(said.contains("job \(id) "), "\(said)")
        #expect(said.split(separator: "\n").count > 1, "no reason in words: \(said)")
        let answer = try Tree(try await runner.check("why", "\(id)", "--json"))
        let reasons = answer["reasons"].elements
        #expect(reasons.allSatisfy { $0["message"].string?.isEmpty == false }, "\(reasons)")
        return reasons.compactMap { $0["code"].string }
    }

    @Test func aWaitingJobSaysWhatItWaitsFor() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        let kinds = """
            kinds:
              - { name: held, command: [/bin/sh, -c, "read -r line <\(gate.path)"], concurrency: 1 }
              - { name: free, command: [/bin/sh, -c, "read -r line <\(gate.path)"] }
              - { name: later, command: [/bin/sh, -c, "exit 75"], backoff: 50min, retry-budget: 0, attempts: 9 }
              - { name: snooze, command: [/bin/sh, -c, "echo '{\\"snoozeMs\\":3600000}'; exit 75"] }
              - { name: outside }
              - { name: bank, command: [/bin/true], resources: [bank] }
              - { name: slow, command: [/bin/true], resources: [slow] }
            resources:
              - { name: bank, breaker: {} }
              - { name: slow, rate: 0.001, burst: 1 }
            queues:
              - { name: narrow, concurrency: 1 }
            """
        let settings = "[Pool]\nJobs=8\nCommandSlots=7\n"
        try await RunningRunner.run(kinds: kinds, settings: settings) { runner in
            func expect(_ id: Int, _ code: String, _ also: [String] = []) async throws {
                let found = try await codes(runner, id)
                #expect(found.contains(code), "\(code): \(found)")
            }
            try await expect(try await runner.submit("free", "{}", ",\"runAt\":\"2999-01-01T00:00:00Z\""), "time")
            let first = try await runner.submit("held")
            try await runner.reached("running", first)
            let second = try await runner.submit("held")
            let third = try await runner.submit("held")
            try await expect(second, "kindLimit")
            #expect(try await runner.reason(third, "turn")["ahead"].int == 1)
            try await expect(try await runner.submit("free", "{}", ",\"after\":[\(first)]"), "dependency")
            try await expect(try await runner.submit("outside"), "noWorker")

            let later = try await runner.submit("later")
            try await runner.reached("scheduled", later)
            try await expect(later, "retry")
            let snoozed = try await runner.submit("snooze")
            try await runner.reached("scheduled", snoozed)
            try await expect(snoozed, "snoozed")

            try await runner.check("job", "bury", "\(third)")
            try await expect(third, "buried")

            var keyed: [Int] = []
            for _ in 0..<3 {
                keyed.append(try await runner.submit("free", "{}", ",\"key\":\"k\",\"queue\":\"narrow\""))
            }
            try await expect(keyed[2], "keyLimit")
            try await expect(keyed[1], "queueLimit")

            try await runner.check("breaker", "open", "bank")
            let bank = try await runner.submit("bank")
            try await expect(bank, "breaker")
            try await runner.check("breaker", "reset", "bank")
            try await runner.finished(bank)

            try await runner.finished(try await runner.submit("slow"))
            let rate = try await runner.submit("slow")
            try await runner.reached("running", rate)
            try await expect(rate, "rate")
            try await runner.check("job", "cancel", "\(rate)")
            try await runner.finished(rate)

            try await runner.check("queue", "pause", "default")
            let paused = try await runner.submit("free")
            try await expect(paused, "queuePaused")
            try await runner.check("queue", "resume", "default")
            try await runner.check("kind", "pause", "free")
            let kindPaused = try await runner.submit("free")
            try await expect(kindPaused, "kindPaused")
            try await runner.check("kind", "resume", "free")

            try await runner.check("limit", "set", "user", "\(geteuid())", "--running", "2")
            let user = try await runner.submit("free")
            try await expect(user, "userLimit")
            try await runner.check("limit", "set", "user", "\(geteuid())", "--clear")
            let mixed = try await runner.request("pool.resize", #"{"jobs":1,"calls":1}"#)["error"]["data"]
            #expect(mixed["reason"].string == "params.invalid" && mixed["field"] == .absent, "\(mixed)")
            try await runner.check("pool", "resize", "--jobs", "1")
            let slots = try await runner.submit("free")
            try await expect(slots, "jobSlots")
            try await runner.check("pool", "resize", "--jobs", "100")

            // More than there are places for commands.
            var many: [Int] = []
            for _ in 0..<8 { many.append(try await runner.submit("free")) }
            try await expect(try #require(many.last), "workersBusy")
            gate.release(40)
            for id in many + [slots, user, kindPaused, paused, first, second] + keyed {
                #expect(try await runner.finished(id)["state"].string == "succeeded")
                try await expect(id, "succeeded")
            }
        }
    }

    @Test func aRunningJobSaysWhatItIsDoing() async throws {
        try await RunningRunner.run { runner in
            let worker = try StagedWorker(runner.socket)
            let id = try await runner.submit("staged", "{}", ",\"backoffMs\":3600000")
            let plan = try await worker.call("workload.plan")
            #expect(try await codes(runner, id) == ["planning"])
            try worker.answer(plan, "{\"items\":[{\"key\":\"a\"},{\"key\":\"b\"},{\"key\":\"c\"}],\"slots\":3}")

            let preload = try await worker.call("workload.preload")
            #expect(try await codes(runner, id).contains("preloading"))
            try worker.answer(preload, "{}")

            let first = try await worker.call("workload.process")
            #expect(try await codes(runner, id).contains("processing"))
            // The worker takes two calls at once: the third item waits for a place at it.
            #expect(try await codes(runner, id).contains("place"))
            let second = try await worker.call("workload.process")
            try worker.fail(second, "UNAVAILABLE")
            try await eventually("the item is tried again later") {
                try await runner.why(id).contains("itemsRetry")
            }
            #expect(try await runner.reason(id, "itemsRetry")["items"].int == 1)

            try await runner.check("limit", "set", "resource", "api", "--rate", "0.001", "--burst", "1")
            try worker.send("permit.acquire", "{\"resource\":\"api\"}", id: 900)
            try worker.send("permit.acquire", "{\"resource\":\"api\"}", id: 901)
            try await eventually("it waits for a permit") { try await runner.why(id).contains("permit") }

            _ = try await runner.call("job.cancel", "{\"id\":\(id)}")
            let cancelling = try await codes(runner, id)
            #expect(cancelling.contains("cancelling"), "\(cancelling)")
            try worker.answer(first, "{\"output\":1}")
            try worker.answer(try await worker.call("workload.process"), "{\"output\":1}")
            let summarize = try await worker.call("workload.summarize")
            #expect(try await codes(runner, id).contains("summarizing"))
            try worker.answer(summarize, "{\"result\":{\"done\":2}}")
            #expect(try await runner.finished(id)["state"].string == "cancelled")
            #expect(try await codes(runner, id) == ["cancelled"])
        }
    }

    @Test func anEndedJobSaysHowItEnded() async throws {
        let kinds = """
            kinds:
              - { name: fail, command: [/bin/false], attempts: 1 }
              - { name: slow, command: [/bin/sleep, "1000"], timeout: 20ms }
              - { name: shot, command: [/bin/sh, -c, "kill -9 $$"] }
            """
        try await RunningRunner.run(kinds: kinds) { runner in
            for (kind, code) in [("fail", "failed"), ("slow", "timedOut"), ("shot", "crashed")] {
                let id = try await runner.submit(kind)
                try await runner.finished(id)
                #expect(try await codes(runner, id) == [code])
            }
            let worker = try TestWorker(runner.socket)
            let partial = try await runner.submit("test.held", "{\"items\":2}")
            let held = try await worker.hold(2)
            try worker.succeed(held[0])
            try worker.fail(held[1])
            try await runner.finished(partial)
            #expect(try await codes(runner, partial) == ["partial"])
        }
    }
}

/// An outside worker of the kind `staged` that has all stages and answers when it is told to.
private final class StagedWorker: Sendable {
    let calls = Watched<[Tree]>([])
    private let client: WireClient

    init(_ socket: String) throws {
        client = try WireClient(socket, limit: .zero)
        let stages = "[\"plan\",\"preload\",\"process\",\"summarize\"]"
        let kinds = "[{\"name\":\"staged\",\"summary\":\"a test's\",\"stages\":\(stages)}]"
        _ = try client.call("worker.register", "{\"name\":\"staged\",\"kinds\":\(kinds),\"capacity\":2}")
        let (client, calls) = (client, calls)
        startThread {
            while let message = try? client.receive() {
                if message["method"].string?.hasPrefix("workload.") == true, message["id"] != .absent {
                    calls.update { $0.append(message) }
                }
            }
        }
    }

    deinit { client.hangUp() }

    /// The next call of that method.
    func call(_ method: String) async throws -> Tree {
        let found = try await calls.wait(for: method) { $0.contains { $0["method"].string == method } }
        let call = found.first { $0["method"].string == method }!
        calls.update { $0.removeAll { $0["id"] == call["id"] } }
        return call
    }

    func answer(_ call: Tree, _ result: String) throws {
        try client.send("{\"jsonrpc\":\"2.0\",\"id\":\(call["id"].int ?? 0),\"result\":\(result)}")
    }

    func fail(_ call: Tree, _ status: String) throws {
        let data = "{\"status\":\"\(status)\",\"reason\":\"test.failed\"}"
        try client.send(
            "{\"jsonrpc\":\"2.0\",\"id\":\(call["id"].int ?? 0),"
                + "\"error\":{\"code\":-32014,\"message\":\"not now\",\"data\":\(data)}}")
    }

    func send(_ method: String, _ params: String, id: Int) throws {
        try client.send("{\"jsonrpc\":\"2.0\",\"id\":\(id),\"method\":\"\(method)\",\"params\":\(params)}")
    }
}
