import Foundation
import TestSupport
import Testing

/// Which job comes when: priorities, keys in order, unique keys, times, dependencies, gates.
@Suite(.serialized, .heavy, .enabled(if: RunningRunner.isBuilt, "the runner is not built"))
struct OrderTests {
    private let folder = TemporaryDirectory()

    /// `held` waits for a line from the pipe, one job at a time; `note` writes its params to a file.
    private func kinds(_ gate: HoldingPipe, _ more: String = "") -> String {
        """
        kinds:
          - { name: held, command: [/bin/sh, -c, "read -r line <\(gate.path)"], concurrency: 1 }
          - { name: note, command: [/bin/sh, -c, "cat >>\(folder.file("notes")); echo >>\(folder.file("notes"))"], concurrency: 1 }
          - { name: fail, command: [/bin/false], attempts: 1 }
          - { name: ok, command: [/bin/true] }
        \(more)
        """
    }

    private var notes: [String] {
        (text(of: folder.file("notes")) ?? "").split(separator: "\n").map(String.init)
    }

    @Test func theHigherPriorityRunsFirstAndAmongEqualsTheOlder() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        try await RunningRunner.run(kinds: kinds(gate)) { runner in
            try await runner.check("kind", "pause", "note")
            var jobs: [Int] = []
            for (number, priority) in [0, 5, -3, 5, 0].enumerated() {
                jobs.append(try await runner.submit("note", "\(number)", ",\"priority\":\(priority)"))
            }
            try await runner.check("kind", "resume", "note")
            for job in jobs { try await runner.finished(job) }
            #expect(notes == ["1", "3", "0", "4", "2"])
        }
    }

    @Test func aPriorityIsWorthSoMuchWaitingSoNobodyWaitsForEver() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        // A point of priority is worth 10 ms here.
        try await RunningRunner.run(kinds: kinds(gate), settings: "[Queue]\nAgeing=0.01\n") { runner in
            try await runner.check("kind", "pause", "note")
            let old = try await runner.submit("note", "\"old\"", ",\"priority\":-2")
            let submitted = try #require(try await runner.job(old)["submittedAt"].string)
            try await eventually("20 ms are over") {
                try Date(submitted, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
                    .timeIntervalSinceNow < -0.03
            }
            let new = try await runner.submit("note", "\"new\"")
            try await runner.check("kind", "resume", "note")
            for job in [old, new] { try await runner.finished(job) }
            #expect(notes == ["\"old\"", "\"new\""])
        }
    }

    @Test func jobsOfAnOrderedKeyRunStrictlyOneAfterTheOtherAlsoOverARetry() async throws {
        let tries = folder.file("tries")
        let script = "p=$(cat); echo \"$p\" >>\(tries); [ $p != 1 ] || [ $MILLRACE_ATTEMPT = 3 ] || exit 75"
        let kinds = """
            kinds:
              - name: strict
                command: [/bin/sh, -c, '\(script)']
                key: { ordered: true, waiting: 100 }
                attempts: 3
                backoff: 1ms
            """
        try await RunningRunner.run(kinds: kinds) { runner in
            var jobs: [Int] = []
            for number in 0..<5 { jobs.append(try await runner.submit("strict", "\(number)", ",\"key\":\"a\"")) }
            for job in jobs { #expect(try await runner.finished(job)["state"].string == "succeeded") }
            #expect((text(of: tries) ?? "") == "0\n1\n1\n1\n2\n3\n4\n")
        }
    }

    @Test func keysTakeTurnsSoOneWithManyJobsDoesNotKeepTheOthersWaiting() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        let kinds = """
            kinds:
              - { name: note, command: [/bin/sh, -c, "cat >>\(folder.file("notes")); echo >>\(folder.file("notes"))"], concurrency: 1, key: { running: 1, waiting: 100 } }
            """
        try await RunningRunner.run(kinds: kinds) { runner in
            try await runner.check("kind", "pause", "note")
            var jobs: [Int] = []
            for number in 0..<8 { jobs.append(try await runner.submit("note", "\"a\(number)\"", ",\"key\":\"a\"")) }
            for number in 0..<2 { jobs.append(try await runner.submit("note", "\"b\(number)\"", ",\"key\":\"b\"")) }
            try await runner.check("kind", "resume", "note")
            for job in jobs { try await runner.finished(job) }
            let order = notes
            #expect(order.prefix(4) == ["\"a0\"", "\"b0\"", "\"a1\"", "\"b1\""], "\(order)")
            withExtendedLifetime(gate) {}
        }
    }

    @Test func aUniqueKeyRejectsReplacesOrKeepsWhoeverComesSecond() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        try await RunningRunner.run(kinds: kinds(gate)) { runner in
            try await runner.check("kind", "pause", "ok")
            let unique = ",\"uniqueKey\":\"nightly\""
            let first = try await runner.submit("ok", "1", unique)
            let rejected = try await runner.request("job.submit", "{\"kind\":\"ok\"\(unique)}")
            #expect(rejected["error"]["data"]["status"].string == "ALREADY_EXISTS")
            #expect(rejected["error"]["data"]["reason"].string == "job.uniqueTaken")

            let kept = try await runner.call("job.submit", "{\"kind\":\"ok\"\(unique),\"uniqueMode\":\"keep\"}")
            #expect(kept["id"].int == first && kept["duplicate"].bool == true)

            let second = try await runner.call("job.submit", "{\"kind\":\"ok\"\(unique),\"uniqueMode\":\"replace\"}")
            #expect(second["replaced"].int == first)
            #expect(try await runner.job(first)["state"].string == "cancelled")
            #expect(try await runner.why(first) == ["replaced"])

            try await runner.check("kind", "resume", "ok")
            try await runner.finished(try #require(second["id"].int))
            // When it is over the key is free again.
            #expect(
                try await runner.finished(try await runner.submit("ok", "2", unique))["state"].string == "succeeded")
        }
    }

    @Test func aJobBeginsNotBeforeItsTimeAndThenByItselfAlsoAfterARestart() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        try await RunningRunner.run(kinds: kinds(gate)) { runner in
            func time(_ seconds: Double) -> String {
                Date(timeIntervalSinceNow: seconds).formatted(
                    Date.ISO8601FormatStyle(includingFractionalSeconds: true))
            }
            let far = try await runner.submit("ok", "1", ",\"runAt\":\"\(time(3600))\"")
            let soon = time(1.2)
            let near = try await runner.submit("ok", "1", ",\"runAt\":\"\(soon)\"")
            #expect(try await runner.why(near) == ["time"])
            let reason = try await runner.reason(far, "time")
            #expect(reason["until"].string != nil)
            try await runner.kill()
            try await runner.start()
            let done = try await runner.finished(near)
            #expect(try #require(done["startedAt"].string) >= soon)
            #expect(try await runner.job(far)["state"].string == "scheduled")
            try await runner.check("job", "edit", "\(far)", "--run-at", "now")
            #expect(try await runner.finished(far)["state"].string == "succeeded")
        }
    }

    @Test func aJobComesAfterOthersOnSuccessOrAlways() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        try await RunningRunner.run(kinds: kinds(gate)) { runner in
            let held = try await runner.submit("held")
            let after = try await runner.submit("ok", "{}", ",\"after\":[\(held)]")
            let reason = try await runner.reason(after, "dependency")
            #expect(reason["jobs"].elements.map(\.int) == [held])
            gate.release()
            #expect(try await runner.finished(after)["state"].string == "succeeded")

            let fail = try await runner.submit("fail", "{}", ",\"runAt\":\"2999-01-01T00:00:00Z\"")
            let never = try await runner.submit("ok", "{}", ",\"after\":[\(held),\(fail)]")
            let further = try await runner.submit("ok", "{}", ",\"after\":[\(never)]")
            let anyway = try await runner.submit("ok", "{}", ",\"after\":[\(fail)],\"afterMode\":\"always\"")
            try await runner.check("job", "edit", "\(fail)", "--run-at", "now")
            #expect(try await runner.finished(anyway)["state"].string == "succeeded")
            #expect(try await runner.finished(never)["state"].string == "cancelled")
            #expect(try await runner.why(never) == ["dependencyFailed"])
            #expect(try await runner.finished(further)["state"].string == "cancelled")
            let late = try await runner.finished(try await runner.submit("ok", "{}", ",\"after\":[\(fail)]"))
            #expect(late["state"].string == "cancelled", "what it comes after has failed already")
            let unknown = try await runner.request("job.submit", "{\"kind\":\"ok\",\"after\":[4711]}")
            #expect(unknown["error"]["data"]["status"].string == "NOT_FOUND")
        }
    }

    @Test(arguments: ["queue", "kind"])
    func aPausedGateTakesJobsInAndHoldsThemADrainingOneTakesNoneAndEmptiesItself(scope: String) async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        try await RunningRunner.run(kinds: kinds(gate)) { runner in
            let name = scope == "queue" ? "default" : "ok"
            try await runner.check(scope, "pause", name, "--reason", "inventory")
            let held = try await runner.submit("ok")
            #expect(try await runner.why(held) == [scope + "Paused"])
            try await runner.kill()
            try await runner.start()
            #expect(try await runner.why(held) == [scope + "Paused"], "a pause outlasts the runner")
            #expect(try await runner.check("queue", "list").contains("inventory"))

            try await runner.check(scope, "drain", name)
            #expect(try await runner.finished(held)["state"].string == "succeeded")
            let refused = try await runner.request("job.submit", "{\"kind\":\"ok\"}")
            #expect(refused["error"]["data"]["status"].string == "FAILED_PRECONDITION")
            #expect(refused["error"]["data"]["reason"].string == scope + ".draining")
            try await runner.check(scope, "resume", name)
            #expect(try await runner.finished(try await runner.submit("ok"))["state"].string == "succeeded")

            // A pause until a time ends by itself.
            try await runner.check(scope, "pause", name, "--until", "+1s")
            let waiting = try await runner.submit("ok")
            #expect(try await runner.finished(waiting)["state"].string == "succeeded")
        }
    }

    @Test func aWaitingJobIsEditedAndARunningOneIsNot() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        try await RunningRunner.run(kinds: kinds(gate)) { runner in
            try await runner.check("kind", "pause", "note")
            let id = try await runner.submit("note", "\"before\"")
            try await runner.check("job", "edit", "\(id)", "--params", "\"after\"", "--priority", "9", "--key", "k")
            let edited = try await runner.job(id)
            #expect(edited["params"].string == "after" && edited["priority"].int == 9 && edited["key"].string == "k")
            try await runner.check("kind", "resume", "note")
            try await runner.finished(id)
            #expect(notes == ["\"after\""])

            let running = try await runner.submit("held")
            try await runner.reached("running", running)
            let refused = try await runner.request("job.edit", "{\"id\":\(running),\"priority\":1}")
            #expect(refused["error"]["data"]["reason"].string == "job.notWaiting")
            gate.release()
            try await runner.finished(running)
        }
    }

    @Test func aBuriedJobLiesUntilItIsRedrivenAndFailedOnesAreRedrivenTogether() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        let mended = folder.file("mended")
        let more = "  - { name: broken, command: [/bin/sh, -c, \"test -e \(mended)\"], attempts: 1 }"
        try await RunningRunner.run(kinds: kinds(gate, more)) { runner in
            try await runner.check("kind", "pause", "ok")
            let id = try await runner.submit("ok")
            try await runner.check("job", "bury", "\(id)", "--reason", "not this month")
            try await runner.check("kind", "resume", "ok")
            #expect(try await runner.finished(try await runner.submit("ok"))["state"].string == "succeeded")
            #expect(try await runner.why(id) == ["buried"])
            #expect(try await runner.reason(id, "buried")["message"].string?.contains("not this month") == true)
            try await runner.check("job", "redrive", "\(id)")
            #expect(try await runner.finished(id)["state"].string == "succeeded")

            var failed: [Int] = []
            for _ in 0..<5 { failed.append(try await runner.submit("broken")) }
            for job in failed { #expect(try await runner.finished(job)["state"].string == "failed") }
            folder.write("", to: "mended")
            let redriven = try await runner.call("job.redrive", "{\"kind\":\"broken\",\"limit\":3}")
            #expect(redriven["redriven"].int == 3 && redriven["more"].bool == true)
            #expect(try await runner.call("job.redrive", "{\"kind\":\"broken\"}")["redriven"].int == 2)
            for job in failed { try await runner.reached("succeeded", job) }
        }
    }

    @Test func jobsAreForgottenWhenTheirTimeIsOver() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        let runner = RunningRunner(kinds: kinds(gate), settings: "[Retention]\nKeepSucceeded=1\nKeepFailed=1h\n")
        try await runner.use { runner in
            let ok = try await runner.submit("ok")
            let fail = try await runner.submit("fail")
            try await runner.finished(ok)
            try await runner.finished(fail)
            // The sweep looks every half minute, and at the start.
            try await eventually("a second is over") {
                guard let ended = try await runner.job(ok)["finishedAt"].string else { return false }
                return try Date(ended, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
                    .timeIntervalSinceNow < -1.1
            }
            try await runner.stop()
            try await runner.start()
            try await eventually("the job is forgotten") {
                try await runner.request("job.show", "{\"id\":\(ok)}")["error"]["data"]["status"].string == "NOT_FOUND"
            }
            #expect(try await runner.job(fail)["state"].string == "failed")
        }
    }

    @Test func anAttachedJobEndsWithItsClientAndAnotherDoesNot() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        try await RunningRunner.run(kinds: kinds(gate)) { runner in
            let socket = runner.socket
            let client = try WireClient(socket)
            func submit(_ more: String) async throws -> Int {
                try await onThread {
                    try client.call("job.submit", "{\"kind\":\"held\"\(more)}")["id"].int ?? 0
                }
            }
            let attached = try await submit(",\"attached\":true")
            let waiting = try await submit(",\"attached\":true")
            let free = try await submit("")
            try await runner.reached("running", attached)
            client.hangUp()
            #expect(try await runner.finished(attached)["state"].string == "cancelled")
            #expect(try await runner.finished(waiting)["state"].string == "cancelled")
            gate.release()
            #expect(try await runner.finished(free)["state"].string == "succeeded")

            let command = try runner.begin("job", "submit", "held", "--attached", "--wait")
            try await command.waitForOutput("processing")
            let id = try #require(try await runner.call("job.list")["jobs"][0]["id"].int)
            command.signal(SIGKILL)
            #expect(try await runner.finished(id)["cause"].string?.contains("hung up") == true)
        }
    }

    @Test func slotsAndJobsOfTheMachineAreResizedAtOnce() async throws {
        try await RunningRunner.run { runner in
            let worker = try TestWorker(runner.socket)
            let id = try await runner.submit("test.held", "{\"items\":6,\"slots\":2}")
            _ = try await worker.hold(2)
            #expect(worker.history.value.held.count == 2)
            try await runner.check("pool", "resize", "--job", "\(id)", "--slots", "5")
            let held = try await worker.hold(5)
            #expect(held.count == 5)
            try await runner.check("pool", "resize", "--jobs", "1")
            let next = try await runner.submit("test.held", "{\"items\":1}")
            #expect(try await runner.reason(next, "jobSlots")["limit"].int == 1)
            try await runner.check("pool", "resize", "--jobs", "2")
            let six = try await worker.hold(6)
            #expect(six.contains { $0.job == next })
            for item in six { try worker.succeed(item) }
            try worker.succeed(try await worker.hold(1)[0])
            for job in [id, next] { #expect(try await runner.finished(job)["state"].string == "succeeded") }
        }
    }
}
