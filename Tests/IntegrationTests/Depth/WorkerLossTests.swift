import Glibc
import TestSupport
import Testing

/// What becomes of an item when its worker dies, freezes or goes.
@Suite(
    .serialized, .heavy, .enabled(if: RunningRunner.isBuilt, "the runner is not built"),
    .enabled(if: PythonWorker.isThere, "python3 not there"))
struct WorkerLossTests {
    private let folder = TemporaryDirectory()

    private func pool(_ more: String = "") -> String {
        let worker = PythonWorker.write(to: folder)
        return """
            kinds:
              - { name: task, worker: python }
            workers:
              - { name: python, command: [/usr/bin/python3, \(worker), task, "1"], processes: 2, warm: 2\(more) }
            """
    }

    private func ready(_ runner: RunningRunner, _ count: Int) async throws {
        try await eventually("\(count) workers are there", within: .seconds(30)) {
            try await runner.call("worker.list")["workers"].elements.count == count
        }
    }

    private func number(in file: String) async throws -> pid_t {
        let path = folder.file(file)
        try await eventually("\(file) is written", within: .seconds(20)) { text(of: path)?.isEmpty == false }
        return try #require(text(of: path).flatMap { pid_t($0) })
    }

    private func waiting(_ mark: String, _ gate: HoldingPipe) -> String {
        "{\"do\":\"wait\",\"mark\":\"\(folder.file(mark))\",\"gate\":\"\(gate.path)\"}"
    }

    @Test func theItemOfAKilledWorkerRunsAgainElsewhereWithinMillisecondsAndIsCountedOnce() async throws {
        try await RunningRunner.run(kinds: pool()) { runner in
            try await ready(runner, 2)
            let gate = try HoldingPipe(folder.file("gate"))
            let id = try await runner.submit("task", waiting("mark", gate))
            let first = try await number(in: "mark")
            unlink(folder.file("mark"))
            let clock = ContinuousClock()
            let killed = clock.now
            kill(first, SIGKILL)
            let second = try await number(in: "mark")
            print("killed worker: the item is at work elsewhere after \(clock.now - killed)")
            #expect(second != first)
            gate.release(2)
            let job = try await runner.finished(id)
            #expect(job["state"].string == "succeeded")
            #expect(job["result"]["pid"].int == Int(second))
            let tries = try await runner.attempts(id)
            #expect(tries.map { $0["cause"].string } == ["lost", "succeeded"])
            #expect(job["items"]["succeeded"].int == 1)
        }
    }

    @Test func aWorkerThatWasStoppedPastItsPingIsReplacedAndItsLateAnswerCountsForNothing() async throws {
        try await RunningRunner.run(kinds: pool(", ping: 100ms, grace: 1h")) { runner in
            try await ready(runner, 2)
            let gate = try HoldingPipe(folder.file("gate"))
            let id = try await runner.submit("task", waiting("mark", gate))
            let first = try await number(in: "mark")
            unlink(folder.file("mark"))
            kill(first, SIGSTOP)
            // Its lease is gone with its answer to the ping, and somebody else is at the item.
            let second = try await number(in: "mark")
            #expect(second != first)
            // Both have a line now; the one that woke answers into a connection that nobody reads.
            gate.release(2)
            kill(first, SIGCONT)
            let job = try await runner.finished(id)
            #expect(job["state"].string == "succeeded")
            #expect(job["result"]["pid"].int == Int(second))
            let tries = try await runner.attempts(id)
            #expect(tries.map { $0["cause"].string } == ["lost", "succeeded"])
            #expect(try #require(tries[1]["fence"].int) > (try #require(tries[0]["fence"].int)))
            try await eventually("the frozen one is gone") { !ProcessLook.isAlive(first) }
        }
    }

    @Test func aFrozenOutsideWorkerIsDroppedWhenTheGraceIsOverAndRefusedWhenItWakes() async throws {
        let worker = PythonWorker.write(to: folder)
        let kinds = "kinds: [{ name: task, item-timeout: 3s, attempts: 5, backoff: 1ms }]\n"
        try await RunningRunner.run(kinds: kinds, settings: "[Pool]\nGrace=1\n") { runner in
            let frozen = try RunningProcess(["/usr/bin/python3", worker, "task", "1", runner.socket])
            try await ready(runner, 1)
            let gate = try HoldingPipe(folder.file("gate"))
            let id = try await runner.submit("task", waiting("mark", gate))
            #expect(try await number(in: "mark") == frozen.pid)
            frozen.signal(SIGSTOP)
            // Its item timed out, it did not heed that, and its connection was closed: the item is free.
            try await eventually("the frozen one is dropped") {
                try await runner.call("worker.list")["workers"].elements.isEmpty
            }
            #expect(try await runner.why(id).contains("noWorker"))
            unlink(folder.file("mark"))
            let second = try RunningProcess(["/usr/bin/python3", worker, "task", "1", runner.socket])
            #expect(try await number(in: "mark") == second.pid)
            gate.release(2)
            let job = try await runner.finished(id)
            #expect(job["result"]["pid"].int == Int(second.pid))
            frozen.signal(SIGCONT)
            try await frozen.wait(within: .seconds(20))
            #expect(try await runner.job(id)["result"]["pid"].int == Int(second.pid))
            let attempts = try await runner.attempts(id)
            #expect(attempts.map { $0["cause"].string } == ["lost", "succeeded"])
            #expect(try #require(attempts[1]["fence"].int) > (try #require(attempts[0]["fence"].int)))
        }
    }

    @Test func aWorkerThatIsFrozenWhileTheRunnerRestartsIsRefusedWhenItWakes() async throws {
        let worker = PythonWorker.write(to: folder)
        try await RunningRunner.run(kinds: "kinds: [{ name: task, attempts: 5, backoff: 1ms }]\n") { runner in
            let frozen = try RunningProcess(["/usr/bin/python3", worker, "task", "1", runner.socket])
            try await ready(runner, 1)
            let gate = try HoldingPipe(folder.file("gate"))
            let id = try await runner.submit("task", waiting("mark", gate))
            #expect(try await number(in: "mark") == frozen.pid)
            frozen.signal(SIGSTOP)
            try await runner.kill()
            unlink(folder.file("mark"))
            try await runner.start()
            let second = try RunningProcess(["/usr/bin/python3", worker, "task", "1", runner.socket])
            #expect(try await number(in: "mark") == second.pid)
            gate.release(2)
            let job = try await runner.finished(id)
            #expect(job["result"]["pid"].int == Int(second.pid))
            frozen.signal(SIGCONT)
            try await frozen.wait(within: .seconds(20))
            #expect(try await runner.job(id)["result"]["pid"].int == Int(second.pid))
            let causes = try await runner.attempts(id).map { $0["cause"].string }
            #expect(causes == ["restart", "succeeded"])
        }
    }

    @Test func aKilledRunnerTakesItsWorkersAndCommandsWithItAndItsNextRunFreesEverythingAtOnce() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        try await RunningRunner.run(kinds: pool()) { runner in
            runner.declare(
                "kinds: [{ name: held, command: [/bin/sh, -c, \"read -r line <\(gate.path)\"] }]\n", in: "held.yaml")
            try await runner.reload()
            try await ready(runner, 2)
            let task = try await runner.submit("task", waiting("mark", gate))
            let held = try await runner.submit("held")
            try await runner.reached("running", held)
            let first = try await number(in: "mark")
            unlink(folder.file("mark"))
            // A job runs from when it is taken, a moment before its command does.
            try await eventually("two workers and a command") { ProcessLook.descendants(of: runner.pid).count == 3 }
            let family = ProcessLook.descendants(of: runner.pid)
            try await runner.kill()
            try await eventually("nothing of it is left") { family.filter(ProcessLook.isAlive).isEmpty }
            try await runner.start()
            #expect(try await number(in: "mark") != first)
            try await runner.reached("running", held)
            gate.release(2)
            for job in [task, held] {
                #expect(try await runner.finished(job)["state"].string == "succeeded")
                #expect(try await runner.attempts(job).map { $0["cause"].string } == ["restart", "succeeded"])
            }
        }
    }

    @Test func anItemThatKillsItsWorkerThreeTimesFailsForThatCauseApartFromErrors() async throws {
        try await RunningRunner.run(kinds: pool()) { runner in
            try await ready(runner, 2)
            let id = try await runner.submit("task", "{\"do\":\"die\"}", ",\"maxAttempts\":1")
            let job = try await runner.finished(id)
            #expect(job["state"].string == "failed")
            #expect(job["error"]["data"]["reason"].string == "worker.lost")
            #expect(try await runner.attempts(id).map { $0["cause"].string } == ["lost", "lost", "lost"])
            #expect(try await runner.why(id) == ["crashed"])
            // The pool is whole again and serves others.
            let next = try await runner.finished(try await runner.submit("task", "{\"do\":\"pid\"}"))
            #expect(next["state"].string == "succeeded")
        }
    }

    @Test func anOutsideWorkerJoinsServesLeavesAndItsKindStaysKnown() async throws {
        let worker = PythonWorker.write(to: folder)
        try await RunningRunner.run { runner in
            let unknown = try await runner.request("job.submit", "{\"kind\":\"task\"}")
            #expect(unknown["error"]["data"]["reason"].string == "kind.unknown")

            let process = try RunningProcess(["/usr/bin/python3", worker, "task", "3", runner.socket])
            try await ready(runner, 1)
            let listed = try await runner.call("worker.list")["workers"][0]
            #expect(listed["name"].string == "python" && listed["pid"].int == Int(process.pid))
            #expect(listed["capacity"].int == 3)
            #expect(listed["kinds"].elements.map(\.string) == ["task"])
            let job = try await runner.finished(try await runner.submit("task"))
            #expect(job["result"]["pid"].int == Int(process.pid))

            process.signal(SIGTERM)
            try await ready(runner, 0)
            let waiting = try await runner.submit("task")
            #expect(try await runner.why(waiting) == ["noWorker"])
            let again = try RunningProcess(["/usr/bin/python3", worker, "task", "3", runner.socket])
            #expect(try await runner.finished(waiting)["result"]["pid"].int == Int(again.pid))
        }
    }

    @Test func aWorkerMaySnoozeWithoutAnAttemptBeingCounted() async throws {
        try await RunningRunner.run(kinds: pool()) { runner in
            let params = "{\"do\":\"snooze\",\"mark\":\"\(folder.file("slept"))\",\"ms\":3600000}"
            let id = try await runner.submit("task", params, ",\"maxAttempts\":1")
            try await runner.reached("scheduled", id)
            let reason = try await runner.reason(id, "snoozed")
            #expect(reason["until"].string != nil)
            // Not in an hour but now: it is a waiting job, so it can be edited.
            try await runner.check("job", "edit", "\(id)", "--run-at", "now")
            let job = try await runner.finished(id)
            #expect(job["state"].string == "succeeded")
            #expect(job["result"]["attempt"].int == 1, "the same try again")
            #expect(try await runner.attempts(id).map { $0["cause"].string } == ["snoozed", "succeeded"])
        }
    }

    @Test func whatAWorkerSaysOfItsProgressIsSeenByThoseWhoWatch() async throws {
        try await RunningRunner.run(kinds: pool()) { runner in
            let gate = try HoldingPipe(folder.file("gate"))
            let blocked = try HoldingPipe(folder.file("before"))
            // Both places are taken until the watch is there, so nothing said is missed.
            for name in ["a", "b"] { _ = try await runner.submit("task", waiting(name, blocked)) }
            let params = "{\"do\":\"tell\",\"text\":\"page 3 of 9\",\"gate\":\"\(gate.path)\"}"
            let id = try await runner.submit("task", params)
            let watch = try runner.begin("job", "watch", "\(id)", "--json")
            try await watch.waitForOutput("\"ready\"")
            blocked.release(2)
            try await watch.waitForOutput("page 3 of 9")
            gate.release()
            #expect(try await watch.wait() == .exited(0))
        }
    }

    @Test func processesAreStartedBeforeTheyAreNeededAndNotMoreThanThereMayBe() async throws {
        try await RunningRunner.run(kinds: pool()) { runner in
            try await ready(runner, 2)
            let warm = Set(try await runner.call("worker.list")["workers"].elements.compactMap { $0["pid"].int })
            let gate = try HoldingPipe(folder.file("gate"))
            var jobs: [Int] = []
            for number in 0..<6 { jobs.append(try await runner.submit("task", waiting("mark\(number)", gate))) }
            for mark in ["mark0", "mark1"] { #expect(warm.contains(Int(try await number(in: mark)))) }
            #expect(try await runner.why(jobs[5]).contains("workersBusy"))
            #expect(try await runner.call("worker.list")["workers"].elements.count == 2)
            let pool = try await runner.call("pool.list")["pools"][0]
            #expect(pool["processes"].int == 2 && pool["running"].elements.count == 2)
            gate.release(6)
            for job in jobs { #expect(try await runner.finished(job)["state"].string == "succeeded") }
        }
    }

    @Test func aProcessThatWasIdleForTooLongIsEndedDownToTheWarmOnes() async throws {
        let worker = PythonWorker.write(to: folder)
        let kinds = """
            kinds: [{ name: task, worker: python }]
            workers:
              - { name: python, command: [/usr/bin/python3, \(worker), task, "1"], processes: 3, warm: 1, idle: 1s }
            """
        try await RunningRunner.run(kinds: kinds) { runner in
            try await ready(runner, 1)
            let gate = try HoldingPipe(folder.file("gate"))
            var jobs: [Int] = []
            for number in 0..<3 { jobs.append(try await runner.submit("task", waiting("mark\(number)", gate))) }
            try await ready(runner, 3)
            gate.release(3)
            for job in jobs { try await runner.finished(job) }
            try await ready(runner, 1)
            #expect(try await runner.finished(try await runner.submit("task"))["state"].string == "succeeded")
        }
    }

    @Test func aPoolIsResizedAtOnce() async throws {
        try await RunningRunner.run(kinds: pool()) { runner in
            try await ready(runner, 2)
            let gate = try HoldingPipe(folder.file("gate"))
            var jobs: [Int] = []
            for number in 0..<4 { jobs.append(try await runner.submit("task", waiting("mark\(number)", gate))) }
            _ = try await number(in: "mark1")
            try await runner.check("pool", "resize", "python", "--processes", "4")
            for mark in ["mark2", "mark3"] { _ = try await number(in: mark) }
            let grown = try await runner.call("pool.list")["pools"][0]
            #expect(grown["processes"].int == 4 && grown["running"].elements.count == 4)
            try await runner.check("pool", "resize", "python", "--processes", "1")
            gate.release(4)
            for job in jobs { #expect(try await runner.finished(job)["state"].string == "succeeded") }
            try await ready(runner, 1)
        }
    }
}
