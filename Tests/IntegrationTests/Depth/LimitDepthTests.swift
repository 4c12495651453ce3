import Foundation
import TestSupport
import Testing

/// Limits per key, kind, queue, user and machine; rates and breakers that all workers share.
@Suite(.serialized, .heavy, .enabled(if: RunningRunner.isBuilt, "the runner is not built"))
struct LimitDepthTests {
    private let folder = TemporaryDirectory()

    /// A kind whose jobs wait for a line from the pipe, and one that ends at once.
    private func kinds(_ gate: HoldingPipe, _ more: String = "") -> String {
        """
        kinds:
          - { name: held, command: [/bin/sh, -c, "read -r line <\(gate.path)"]\(more) }
          - { name: other, command: [/bin/sh, -c, "read -r line <\(gate.path)"] }
        """
    }

    private func states(_ runner: RunningRunner, _ jobs: [Int]) async throws -> [String] {
        var states: [String] = []
        for job in jobs { states.append(try await runner.job(job)["state"].string ?? "") }
        return states
    }

    private func running(_ count: Int, of jobs: [Int], _ runner: RunningRunner) async throws {
        try await eventually("\(count) of \(jobs.count) run") {
            try await states(runner, jobs).count { $0 == "running" } == count
        }
    }

    @Test func ofOneKeyTwoRunTenWaitAndTheNextIsRefusedWithAWordWhenToComeAgain() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        try await RunningRunner.run(kinds: kinds(gate)) { runner in
            var jobs: [Int] = []
            for _ in 0..<12 { jobs.append(try await runner.submit("held", "{}", ",\"key\":\"acme\"")) }
            try await running(2, of: jobs, runner)
            let refused = try await runner.request("job.submit", "{\"kind\":\"held\",\"key\":\"acme\"}")
            #expect(refused["error"]["data"]["status"].string == "RESOURCE_EXHAUSTED")
            #expect(refused["error"]["data"]["reason"].string == "key.full")
            #expect(try #require(refused["error"]["data"]["retryAfterMs"].int) > 0)
            // Others are none of its business: another key, another kind.
            jobs.append(try await runner.submit("held", "{}", ",\"key\":\"other\""))
            jobs.append(try await runner.submit("other", "{}", ",\"key\":\"acme\""))
            try await running(4, of: jobs, runner)

            let reason = try await runner.reason(jobs[5], "keyLimit")
            #expect(reason["limit"].int == 2 && reason["used"].int == 2 && reason["ahead"].int == 3)
            #expect(reason["name"].string == "acme")

            // It is durable: a runner that was killed refuses the same.
            try await runner.kill()
            try await runner.start()
            try await running(4, of: jobs, runner)
            let still = try await runner.request("job.submit", "{\"kind\":\"held\",\"key\":\"acme\"}")
            #expect(still["error"]["data"]["reason"].string == "key.full")
            gate.release(20)
            for job in jobs { #expect(try await runner.finished(job)["state"].string == "succeeded") }
            let after = try await runner.submit("held", "{}", ",\"key\":\"acme\"")
            gate.release()
            #expect(try await runner.finished(after)["state"].string == "succeeded")
        }
    }

    @Test(arguments: [
        ("kind", "held", "kindLimit", "kind.full"), ("queue", "default", "queueLimit", "queue.full"),
        ("user", "\(geteuid())", "userLimit", "user.full"), ("machine", "", "jobSlots", "queue.full"),
    ])
    func aLimitThatIsSetHoldsAtOnceAndOverARestart(scope: String, name: String, code: String, reason: String)
        async throws
    {
        let gate = try HoldingPipe(folder.file("gate"))
        try await RunningRunner.run(kinds: kinds(gate)) { runner in
            let named = name.isEmpty ? "" : ",\"name\":\"\(name)\""
            let set = try await runner.call(
                "limit.set", "{\"scope\":\"\(scope)\"\(named),\"running\":2,\"waiting\":3}")
            #expect(set["running"].int == 2 && set["waiting"].int == 3 && set["source"].string == "set")
            var jobs: [Int] = []
            let all = scope == "machine" ? 3 : 5
            for _ in 0..<all {
                jobs.append(try await runner.submit("held"))
                // How many wait is counted without those that run.
                try await running(min(2, jobs.count), of: jobs, runner)
            }
            let refused = try await runner.request("job.submit", "{\"kind\":\"held\"}")
            #expect(refused["error"]["data"]["status"].string == "RESOURCE_EXHAUSTED", "\(refused)")
            #expect(refused["error"]["data"]["reason"].string == reason)
            #expect(refused["error"]["data"]["retryAfterMs"].int != nil)
            let why = try await runner.reason(try #require(jobs.last), code)
            #expect(why["limit"].int == 2 && why["used"].int == 2)

            try await runner.kill()
            try await runner.start()
            try await running(2, of: jobs, runner)
            let listed = try await runner.call("limit.list")["limits"].elements.first {
                $0["scope"].string == scope && ($0["name"].string ?? "") == name
            }
            #expect(listed?["running"].int == 2 && listed?["source"].string == "set", "\(listed ?? .absent)")

            // More is let through at once, and without the limit all are.
            _ = try await runner.call("limit.set", "{\"scope\":\"\(scope)\"\(named),\"running\":3}")
            try await running(3, of: jobs, runner)
            _ = try await runner.call("limit.set", "{\"scope\":\"\(scope)\"\(named),\"clear\":true}")
            try await running(all, of: jobs, runner)
            jobs.append(try await runner.submit("held"))
            gate.release(20)
            for job in jobs { #expect(try await runner.finished(job)["state"].string == "succeeded") }
        }
    }

    @Test(.enabled(if: PythonWorker.isThere, "python3 not there"))
    func oneRateHoldsOverWorkersOfDifferentLanguagesInTheOrderTheyAsked() async throws {
        let worker = PythonWorker.write(to: folder)
        let kinds = """
            kinds: [{ name: task, worker: python }]
            workers:
              - { name: python, command: [/usr/bin/python3, \(worker), task, "4"], processes: 1, warm: 1 }
            resources:
              - { name: api, rate: 20, burst: 2 }
            """
        try await RunningRunner.run(kinds: kinds) { runner in
            let begun = ContinuousClock.now
            let jobs = [
                try await runner.submit("task", "{\"do\":\"permits\",\"resource\":\"api\",\"count\":6}"),
                try await runner.submit("task", "{\"do\":\"permits\",\"resource\":\"api\",\"count\":6}"),
            ]
            // The other language is this one, on a connection of its own.
            let socket = runner.socket
            let mine = try await onThread {
                let client = try WireClient(socket)
                return try (0..<6).map { _ in
                    let permit = try client.call("permit.acquire", "{\"resource\":\"api\"}")
                    _ = try client.call(
                        "permit.report", "{\"permit\":\(permit["permit"].int ?? 0),\"succeeded\":true}")
                    return permit["waitedMs"].int ?? 0
                }
            }
            var waited = mine
            for job in jobs {
                let done = try await runner.finished(job)
                #expect(done["state"].string == "succeeded", "\(done)")
                waited += done["result"]["waited"].elements.compactMap { $0.int }
            }
            let took = ContinuousClock.now - begun
            #expect(waited.count == 18)
            // 18 tokens, 2 of them saved up, 20 a second: nothing makes that quicker than 0.8 s.
            #expect(took >= .milliseconds(800))
            // Three ask in turn, each again as soon as it has its token: who stands in line waits for two or three
            // tokens of 50 ms; nobody is passed over for long.
            #expect(waited.count { $0 >= 45 } >= 12, "\(waited)")
            #expect(waited.filter { $0 > 400 }.isEmpty, "somebody was passed over: \(waited)")
        }
    }

    @Test func aPermitAskedForInVainIsRefusedWithTheReason() async throws {
        try await RunningRunner.run { runner in
            try await runner.check("limit", "set", "resource", "api", "--rate", "0.001", "--burst", "2")
            // A permit ends with its connection, so one is kept.
            let client = try WireClient(runner.socket)
            func ask(_ method: String, _ params: String, _ meta: String? = nil) async throws -> Tree {
                try await onThread { try client.request(method, params, meta: meta) }
            }
            let two = try await ask("permit.acquire", "{\"resource\":\"api\",\"count\":2}")["result"]
            #expect(two["waitedMs"].int == 0)
            let three = try await ask("permit.acquire", "{\"resource\":\"api\",\"count\":3}")
            #expect(three["error"]["data"]["reason"].string == "permit.overBurst")
            let late = try await ask("permit.acquire", "{\"resource\":\"api\"}", "{\"timeoutMs\":50}")
            #expect(late["error"]["data"]["status"].string == "DEADLINE_EXCEEDED")
            // What was not used goes back, and the next has it at once.
            _ = try await ask("permit.release", "{\"permit\":\(try #require(two["permit"].int))}")
            #expect(try await ask("permit.acquire", "{\"resource\":\"api\"}")["result"]["waitedMs"].int == 0)
        }
    }

    @Test func aPermitIsSettledOnceAndByWhomItWasGivenTo() async throws {
        try await RunningRunner.run { runner in
            try await runner.check("limit", "set", "resource", "api", "--rate", "0.001", "--burst", "1")
            let socket = runner.socket
            try await onThread {
                let (mine, other) = (try WireClient(socket), try WireClient(socket))
                let permit = try #require(try mine.call("permit.acquire", #"{"resource":"api"}"#)["permit"].int)
                func reason(_ client: WireClient, _ method: String) throws -> String? {
                    try client.request(method, "{\"permit\":\(permit)}")["error"]["data"]["reason"].string
                }
                // Another could have the tokens come back although they are in use.
                #expect(try reason(other, "permit.release") == "permit.notFound")
                #expect(try reason(other, "permit.report") == "permit.notFound")
                #expect(try reason(mine, "permit.release") == nil)
                #expect(try reason(mine, "permit.release") == "permit.notFound")
                #expect(try reason(mine, "permit.report") == "permit.notFound")
                #expect(try mine.call("permit.acquire", #"{"resource":"api"}"#)["waitedMs"].int == 0)
            }
        }
    }

    @Test func aBreakerOpensAfterItsFailuresLetsOneTrialThroughAndClosesAfterItsSuccess() async throws {
        let kinds = """
            resources:
              - { name: bank, breaker: { failures: 3, pause: 300ms } }
            """
        try await RunningRunner.run(kinds: kinds) { runner in
            let socket = runner.socket
            func acquire() async throws -> Tree {
                try await runner.request("permit.acquire", "{\"resource\":\"bank\"}")
            }
            func state() async throws -> String? {
                try await runner.call("breaker.list")["breakers"].elements.first { $0["name"].string == "bank" }?[
                    "state"
                ]
                .string
            }
            // A permit ends with its connection, so these are kept on one.
            let client = try WireClient(socket)
            func permit() async throws -> Int {
                try await onThread { try client.call("permit.acquire", "{\"resource\":\"bank\"}")["permit"].int ?? 0 }
            }
            func report(_ permit: Int, _ succeeded: Bool) async throws {
                _ = try await onThread {
                    try client.call("permit.report", "{\"permit\":\(permit),\"succeeded\":\(succeeded)}")
                }
            }
            let late = try await permit()
            // Consecutive ones only: a success in between begins anew.
            for succeeded in [false, false, true, false, false] { try await report(try await permit(), succeeded) }
            #expect(try await state() == "closed")
            try await report(try await permit(), false)
            #expect(try await state() == "open")
            let refused = try await acquire()
            #expect(refused["error"]["data"]["status"].string == "UNAVAILABLE")
            #expect(refused["error"]["data"]["reason"].string == "breaker.open")
            #expect((1...300).contains(try #require(refused["error"]["data"]["retryAfterMs"].int)))
            // The late word of an earlier state closes nothing.
            try await report(late, true)
            #expect(try await state() == "open")

            let trial = Watched(0)
            try await eventually("a trial is let through") {
                let reply = try await onThread { try client.request("permit.acquire", "{\"resource\":\"bank\"}") }
                trial.update { $0 = reply["result"]["permit"].int ?? 0 }
                return trial.value != 0
            }
            #expect(try await state() == "halfOpen")
            #expect(try await acquire()["error"]["data"]["reason"].string == "breaker.open", "one trial at a time")
            try await report(trial.value, true)
            #expect(try await state() == "closed")
            #expect(try await acquire()["error"] == .absent)
        }
    }

    @Test func aTrialWhoseConnectionEndsDoesNotLeaveTheBreakerHalfOpen() async throws {
        let kinds = """
            resources:
              - { name: bank, breaker: { failures: 1, pause: 100ms } }
            """
        try await RunningRunner.run(kinds: kinds) { runner in
            let socket = runner.socket
            func ask(_ client: WireClient) async throws -> Tree {
                try await onThread { try client.request("permit.acquire", "{\"resource\":\"bank\"}") }
            }
            let first = try WireClient(socket)
            let permit = try #require(try await ask(first)["result"]["permit"].int)
            _ = try await onThread { try first.call("permit.report", "{\"permit\":\(permit),\"succeeded\":false}") }
            try await eventually("the trial is let through") { try await ask(first)["error"] == .absent }
            let second = try WireClient(socket)
            #expect(try await ask(second)["error"]["data"]["reason"].string == "breaker.open")
            first.hangUp()
            try await eventually("another trial is let through") { try await ask(second)["error"] == .absent }
        }
    }

    @Test func jobsWaitForAnOpenBreakerAndAHandMayForceItOverARestartToo() async throws {
        let kinds = """
            kinds:
              - { name: pay, command: [/bin/sh, -c, "exit 75"], breaker: bank, attempts: 1 }
              - { name: look, command: [/bin/true], resources: [bank] }
            resources:
              - { name: bank, breaker: { failures: 2, pause: 1h } }
            """
        try await RunningRunner.run(kinds: kinds) { runner in
            for _ in 0..<2 { try await runner.finished(try await runner.submit("pay")) }
            let waiting = try await runner.submit("look")
            let reason = try await runner.reason(waiting, "breaker")
            #expect(reason["name"].string == "bank" && reason["until"].string != nil)
            #expect(try await runner.check("breaker", "list").contains("bank"))
            try await runner.check("breaker", "close", "bank")
            #expect(try await runner.finished(waiting)["state"].string == "succeeded")
            for _ in 0..<3 { try await runner.finished(try await runner.submit("pay")) }
            #expect(try await runner.finished(try await runner.submit("look"))["state"].string == "succeeded")

            try await runner.check("breaker", "open", "bank")
            try await runner.kill()
            try await runner.start()
            let held = try await runner.submit("look")
            let forced = try await runner.reason(held, "breaker")
            #expect(forced["until"] == .absent, "only a hand closes it: \(forced)")
            try await runner.check("breaker", "reset", "bank")
            #expect(try await runner.finished(held)["state"].string == "succeeded")
        }
    }

    @Test func retriesBeyondTheBudgetOfTheirKindWaitTheWholeWindow() async throws {
        let kinds = """
            kinds:
              - { name: poor, command: [/bin/sh, -c, "exit 75"], attempts: 2, backoff: 50min, retry-budget: 0 }
            """
        try await RunningRunner.run(kinds: kinds) { runner in
            // Full jitter is anywhere in the window; what exceeds the budget is at its very end. The budget begins with ten
            // and gains one a second.
            let begin = ContinuousClock.now
            var jobs: [Int] = []
            for _ in 0..<60 { jobs.append(try await runner.submit("poor")) }
            var early = 0
            for id in jobs {
                try await runner.reached("scheduled", id)
                let until = try #require(try await runner.reason(id, "retry")["until"].string)
                let elapsed = (ContinuousClock.now - begin) / .seconds(1)
                if try seconds(to: until) < 3_000 - elapsed - 1 { early += 1 }
            }
            let elapsed = (ContinuousClock.now - begin) / .seconds(1)
            #expect(Double(early) <= 11 + elapsed, "within \(elapsed) seconds")
        }
    }

    /// Seconds from now to a time as the runner writes it.
    private func seconds(to text: String) throws -> Double {
        try Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)).timeIntervalSinceNow
    }

    @Test func retryAfterIsHonouredAndOnlyWhatIsTransientIsTriedAgain() async throws {
        let kinds = """
            kinds:
              - name: told
                command: [/bin/sh, -c, "echo '{\\"retryAfterMs\\":3600000}'; exit 75"]
                backoff: 1ms
            """
        try await RunningRunner.run(kinds: kinds) { runner in
            let id = try await runner.submit("told")
            try await runner.reached("scheduled", id)
            let until = try #require(try await runner.reason(id, "retry")["until"].string)
            #expect((3_500...3_600).contains(try seconds(to: until)))
        }
    }
}
