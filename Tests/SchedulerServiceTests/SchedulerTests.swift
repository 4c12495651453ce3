import Foundation
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import SchedulerService

@Suite(
    .serialized, .heavy,
    .enabled(if: RunningRunner.isBuilt && Binary.exist("millrace-scheduler"), "the executables are not built"))
struct SchedulerTests {
    private static let kinds = """
        kinds:
          - { name: ok, command: [/bin/cat] }
          - { name: fail, command: [/bin/false], attempts: 1 }
        """

    private func run(_ body: (RunningScheduler) async throws -> Void) async throws {
        try await RunningRunner(kinds: Self.kinds).use { runner in
            let scheduler = RunningScheduler(runner)
            try await scheduler.start()
            try await body(scheduler)
            try await scheduler.stop()
        }
    }

    private func put(_ scheduler: RunningScheduler, _ members: String) async throws -> Tree {
        try await scheduler.call("schedule.put", "{\"schedule\":{\(members)}}")
    }

    @Test func aScheduleRunsAtItsTimesAndItsJobKnowsTheNominalTime() async throws {
        try await run { scheduler in
            _ = try await put(
                scheduler,
                #""name":"tick","job":{"kind":"ok","params":{"at":"${nominal}"}},"every":"1s","limit":3,"whileRunning":"allow-all""#
            )
            try await scheduler.until("three runs", { $0["schedule"]["runs"].int == 3 }, "tick")
            let shown = try await scheduler.call("schedule.show", #"{"name":"tick"}"#)
            #expect(shown["history"].elements.allSatisfy { $0["outcome"].string == "submitted" })
            let why = try await scheduler.call("schedule.why", #"{"name":"tick"}"#)
            #expect(why["reasons"].elements.first?["word"].string == "over")
            let last = try #require(shown["history"].elements.first)
            let job = try await scheduler.runner.call("job.show", "{\"id\":\(last["job"].int ?? 0)}")
            let nominal = try #require(last["nominal"].string.flatMap { Timestamp($0) })
            #expect(job["job"]["params"]["at"].string.flatMap { Timestamp($0) } == nominal)
        }
    }

    @Test func aPauseWhileARunIsOnItsWayStays() async throws {
        try await run { scheduler in
            _ = try await put(
                scheduler, #""name":"tick","job":{"kind":"ok"},"every":"1s","whileRunning":"allow-all""#)
            try await scheduler.until("it runs", { ($0["schedule"]["runs"].int ?? 0) > 0 }, "tick")
            kill(scheduler.runner.pid, SIGSTOP)
            defer { kill(scheduler.runner.pid, SIGCONT) }
            try await eventually("a run is on its way") {
                let why = try await scheduler.call("schedule.why", #"{"name":"tick"}"#)
                return why["reasons"].elements.first?["word"].string == "due"
            }
            _ = try await put(
                scheduler, #""name":"later","job":{"kind":"ok"},"every":"1s","whileRunning":"allow-all""#)
            _ = try await scheduler.call("schedule.pause", #"{"name":"tick"}"#)
            kill(scheduler.runner.pid, SIGCONT)

            // One turn at a time: the one of before is over.
            try await scheduler.until("another runs", { ($0["schedule"]["runs"].int ?? 0) > 1 }, "later")
            #expect(try await scheduler.call("schedule.show", #"{"name":"tick"}"#)["schedule"]["paused"].bool == true)
        }
    }

    @Test func aRunThatWasNotWrittenDownIsTheSameJobUnderAnotherCause() async throws {
        try await run { scheduler in
            let shown = try await put(
                scheduler,
                #""name":"daily","job":{"kind":"ok","params":{"why":"${cause}"}},"onCalendar":["daily"],"zone":"UTC""#)
            let created = try #require(shown["createdAt"].string.flatMap { Timestamp($0) })
            let today = Timestamp("\(SystemTime().wall().date)T00:00:00Z")!
            // As the turn that was killed had submitted it.
            let key = "schedule/daily/\(created.milliseconds)/\(today.milliseconds * 1000)"
            let job = try await scheduler.runner.call(
                "job.submit", "{\"kind\":\"ok\",\"params\":{\"why\":\"due\"},\"idempotencyKey\":\"\(key)\"}")["id"].int
            let done = try await scheduler.call(
                "schedule.backfill", #"{"name":"daily","from":"\#(today)","to":"\#(today + .milliseconds(1))"}"#)
            #expect(done["runs"].elements.map { $0["job"].int } == [job] && job != nil)
            #expect(done["runs"].elements.first?["outcome"].string == "submitted")
        }
    }

    @Test func whileTheRunnerIsAwayRunsWaitAndSayWhyAndThenHaveOneJobEach() async throws {
        try await run { scheduler in
            try await scheduler.runner.kill()
            _ = try await put(
                scheduler, #""name":"tick","job":{"kind":"ok"},"every":"1s","limit":2,"whileRunning":"allow-all""#)
            try await eventually("it says why", within: .seconds(20)) {
                let why = try await scheduler.call("schedule.why", #"{"name":"tick"}"#)
                return why["reasons"].elements.first?["word"].string == "runner-away"
            }
            try await scheduler.runner.start()
            try await scheduler.until("both runs", { $0["schedule"]["runs"].int == 2 }, "tick")
            let jobs = try await scheduler.runner.call("job.list", #"{"kind":"ok"}"#)
            #expect(jobs["jobs"].elements.count == 2)
        }
    }

    @Test func whatIsPutOffAfterAMissedRunStillTellsItsNextTimeAndItsFigures() async throws {
        try await RunningRunner(kinds: Self.kinds).use { runner in
            let scheduler = RunningScheduler(runner, environment: ["MILLRACE_SCHEDULER_GRACE": "1s"])
            try await scheduler.start()
            _ = try await put(
                scheduler,
                #""name":"tick","job":{"kind":"ok"},"every":"1s","whileRunning":"allow-all""#)
            try await scheduler.until("it ran", { ($0["schedule"]["runs"].int ?? 0) > 0 }, "tick")
            try await runner.kill()
            try await scheduler.until(
                "a run is missed", { $0["history"].elements.contains { $0["outcome"].string == "missed" } }, "tick")
            try await scheduler.until("the next time is told", { $0["schedule"]["next"].string != nil }, "tick")
            let metrics = try await scheduler.call("service.metrics")["metrics"].elements
            func value(_ name: String) -> Int? {
                metrics.first {
                    $0["name"].string == "millrace_scheduler_\(name)" && $0["labels"]["schedule"].string == "tick"
                }?["value"].decimal.map { NSDecimalNumber(decimal: $0).intValue }
            }
            let last = try #require(value("last_run_timestamp_seconds"))
            #expect(last > 1_000_000_000)
            #expect(value("period_seconds") == 60)
            try await runner.start()
            try await scheduler.stop()
        }
    }

    @Test func failuresInARowPauseItAndResumingForgetsThem() async throws {
        try await run { scheduler in
            _ = try await put(
                scheduler, #""name":"bad","job":{"kind":"fail"},"every":"1s","pauseAfterFailures":2"#)
            try await scheduler.until("its pause", { $0["schedule"]["paused"].bool == true }, "bad")
            let shown = try await scheduler.call("schedule.show", #"{"name":"bad"}"#)
            #expect(shown["schedule"]["failures"].int == 2 && shown["schedule"]["next"].string == nil)
            let resumed = try await scheduler.call("schedule.resume", #"{"name":"bad"}"#)
            #expect(resumed["paused"].bool == false && resumed["failures"].int == 0)
        }
    }

    @Test func aPauseByHandAHandRunAndABackfillDoWhatTheySay() async throws {
        try await run { scheduler in
            _ = try await put(
                scheduler, #""name":"daily","job":{"kind":"ok"},"onCalendar":["daily"],"zone":"UTC""#)
            let now = SystemTime().wall()
            let range = #""name":"daily","from":"\#(now - .seconds(3 * 86_400))","to":"\#(now)""#
            let rehearsal = try await scheduler.call("schedule.backfill", "{\(range),\"dryRun\":true}")
            #expect(
                rehearsal["runs"].elements.count == 3 && rehearsal["runs"].elements.allSatisfy { $0["job"].int == nil })
            let done = try await scheduler.call("schedule.backfill", "{\(range)}")
            #expect(done["runs"].elements.filter { $0["job"].int != nil }.count == 3)
            let again = try await scheduler.call("schedule.backfill", "{\(range)}")
            #expect(again["runs"].elements.isEmpty && again["already"].int == 3)
            _ = try await scheduler.call("schedule.pause", #"{"name":"daily","reason":"holidays"}"#)
            let why = try await scheduler.call("schedule.why", #"{"name":"daily"}"#)
            #expect(why["reasons"].elements.first?["text"].string == "holidays")
            let byHand = try await scheduler.call("schedule.run", #"{"name":"daily"}"#)
            #expect(byHand["run"]["cause"].string == "manual" && byHand["run"]["job"].int != nil)
            let next = try await scheduler.call("schedule.next", #"{"name":"daily","count":2}"#)
            #expect(next["runs"].elements.count == 2 && next["zone"].string == "UTC")
            let load = try await scheduler.call("schedule.load", #"{"steps":25}"#)
            #expect(load["counts"].elements.compactMap(\.int).reduce(0, +) == 0, "what is paused does not count")
            let soon = SystemTime().wall() + .seconds(3600)
            _ = try await scheduler.call(
                "schedule.put",
                #"{"schedule":{"name":"few","job":{"kind":"ok"},"every":"1s","limit":3,"startAt":"\#(soon)"}}"#)
            let few = try await scheduler.call("schedule.load", #"{"steps":25}"#)
            #expect(few["counts"].elements.compactMap(\.int).reduce(0, +) == 3, "no more than its limit")
            _ = try await scheduler.call("schedule.remove", #"{"name":"few"}"#)
            _ = try await scheduler.call("schedule.remove", #"{"name":"daily"}"#)
            #expect(try await scheduler.call("schedule.list")["total"].int == 0)
        }
    }

    /// A caller who did not hear the answer asks again.
    @Test func aRunByHandRepeatedWithItsKeyIsOneRunWithOneAnswer() async throws {
        try await run { scheduler in
            _ = try await put(scheduler, #""name":"daily","job":{"kind":"ok"},"onCalendar":["daily"],"zone":"UTC""#)
            func byHand(_ key: String?) async throws -> Tree {
                try await scheduler.call(
                    "schedule.run", #"{"name":"daily"}"#, meta: key.map { "{\"idempotencyKey\":\"\($0)\"}" })["run"]
            }
            let first = try await byHand("k1")
            let again = try await byHand("k1")
            #expect(first["job"].int != nil && again == first, "\(again)")
            async let left = byHand("k2")
            async let right = byHand("k2")
            let sideBySide = try await (left, right)
            #expect(sideBySide.0 == sideBySide.1, "\(sideBySide)")
            let unkeyed = [try await byHand(nil), try await byHand(nil)]
            let history = try await scheduler.call("schedule.show", #"{"name":"daily"}"#)["history"].elements
            let expected = [first, sideBySide.0] + unkeyed
            #expect(history.map { $0["job"].int } == expected.reversed().map { $0["job"].int }, "\(history)")
            #expect(Set(history.compactMap { $0["job"].int }).count == 4)
        }
    }

    @Test func filesDeclareSchedulesAndTakeThemBack() async throws {
        try await RunningRunner(kinds: Self.kinds).use { runner in
            mkdir(runner.state + "/etc/schedules.d", 0o755)
            let file = runner.state + "/etc/schedules.d/a.yaml"
            try Files.write(file, "{ name: declared, job: { kind: ok }, cron: 0 9 * * * }\n")
            let scheduler = RunningScheduler(runner)
            try await scheduler.start()
            let listed = try await scheduler.call("schedule.list")
            #expect(listed["schedules"].elements.first?["file"].string == file)
            let schedule = #"{"schedule":{"name":"declared","job":{"kind":"ok"},"every":"1h"}}"#
            for (method, params, field) in [
                ("schedule.remove", #"{"name":"declared"}"#, "name"), ("schedule.put", schedule, "schedule.name"),
            ] {
                let reply = try await scheduler.request(method, params)
                let data = reply["error"]["data"]
                #expect(data["reason"].string == "schedule.declared" && data["field"].string == field, "\(reply)")
            }
            try Files.write(file, "{ name: declared, job: { kind: ok }, cron: 0 99 * * * }\n")
            _ = try await scheduler.call("service.reload")
            #expect(try await scheduler.call("schedule.list")["total"].int == 1, "what was in force goes on")
            try Files.remove(file)
            _ = try await scheduler.call("service.reload")
            #expect(try await scheduler.call("schedule.list")["total"].int == 0)
            try await scheduler.stop()
        }
    }
}

struct RunnerAnswerTests {
    private func word(_ answer: RunnerDesk.Answer) -> String {
        switch answer {
        case .taken: "taken"
        case .beside: "beside"
        case .refused: "refused"
        case .later: "later"
        case .away: "away"
        }
    }

    @Test(arguments: [
        (StatusWord.unavailable, "connection.refused", "away"), (.unavailable, "service.stopping", "away"),
        (.deadlineExceeded, "deadline.exceeded", "away"), (.notFound, "kind.unknown", "later"),
        (.alreadyExists, "job.uniqueTaken", "beside"), (.invalidArgument, "params.invalid", "refused"),
        (.resourceExhausted, "queue.full", "later"), (.internal, "store.failed", "later"),
    ])
    func eachAnswerOfTheRunnerHasItsMeaning(status: StatusWord, reason: String, meaning: String) {
        #expect(word(RunnerDesk.answer(RPCError(status, "no", reason: reason))) == meaning)
    }
}
