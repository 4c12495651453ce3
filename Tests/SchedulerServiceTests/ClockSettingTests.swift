import Linux
import TestSupport
import Testing

/// What becomes of schedules in a real scheduler whose clock is set by an hour or a day.
@Suite(
    .serialized, .heavy, .enabled(if: MovedClock.hindrance == nil, "\(MovedClock.hindrance ?? "")"),
    .enabled(if: RunningRunner.isBuilt && Binary.exist("millrace-scheduler"), "the executables are not built"))
struct ClockSettingTests {
    private static let kinds = """
        kinds:
          - { name: tick, command: [/bin/true] }
          - { name: other, command: [/bin/true] }
        """
    private static let tick =
        #""name":"tick","job":{"kind":"tick"},"cronSeconds":["* * * * * *"],"zone":"UTC","whileRunning":"allow-all""#

    private func run(_ body: (RunningScheduler, MovedClock) async throws -> Void) async throws {
        try await RunningRunner(kinds: Self.kinds).use { runner in
            let clock = try MovedClock(runner.folder)
            let scheduler = RunningScheduler(runner, environment: clock.environment)
            try await scheduler.start()
            try await body(scheduler, clock)
            try await scheduler.stop()
        }
    }

    private func put(_ scheduler: RunningScheduler, _ members: String) async throws {
        _ = try await scheduler.call("schedule.put", "{\"schedule\":{\(members)}}")
    }

    private func runs(_ name: String, of scheduler: RunningScheduler) async throws -> Int {
        try await scheduler.call("schedule.show", "{\"name\":\"\(name)\"}")["schedule"]["runs"].int ?? -1
    }

    private func noticed(_ count: Int, _ scheduler: RunningScheduler) async throws {
        try await eventually("the setting of the clock is noticed", within: .seconds(30)) {
            try await scheduler.metric("clock_sets_total") >= count
        }
    }

    @Test(arguments: [3600, 86_400])
    func setForwardItDecidesAtOnceWhatWasPassedOver(seconds: Int64) async throws {
        try await run { scheduler, clock in
            let start = SystemTime().wall()
            // In the midst of what will be left out: its timer would wake it in half an hour at the earliest.
            let middle = start + .seconds(seconds / 2)
            for (name, policy) in [("caught-up", "last"), ("left-out", "none")] {
                try await put(
                    scheduler,
                    #""name":"\#(name)","job":{"kind":"other"},"at":["\#(middle)"],"catchUp":{"mode":"\#(policy)"}"#)
            }
            try await put(scheduler, Self.tick + #","catchUp":{"mode":"none"}"#)
            try await scheduler.until("two seconds", { ($0["schedule"]["runs"].int ?? 0) >= 2 }, "tick")

            try await clock.move(by: .seconds(seconds))

            try await noticed(1, scheduler)
            try await scheduler.until("it is caught up", { $0["schedule"]["runs"].int == 1 }, "caught-up")
            let caughtUp = try await scheduler.call("schedule.show", #"{"name":"caught-up"}"#)["history"].elements
            #expect(caughtUp.count == 1 && caughtUp[0]["cause"].string == "catch-up")
            try await scheduler.until(
                "it is missed", { $0["history"].elements.first?["outcome"].string == "missed" }, "left-out")
            #expect(try await runs("left-out", of: scheduler) == 0)
            // The next come at their times, by the clock of now.
            try await scheduler.until(
                "runs afterwards",
                { shown in
                    let nominal = shown["history"].elements.first.flatMap {
                        $0["nominal"].string.flatMap { Timestamp($0) }
                    }
                    return shown["history"].elements.first?["outcome"].string == "submitted"
                        && (nominal.map { $0 > start + .seconds(seconds) } ?? false)
                }, "tick")
            let history = try await scheduler.call("schedule.show", #"{"name":"tick","limit":1000}"#)["history"]
                .elements
            #expect(history.contains { $0["outcome"].string == "missed" && $0["note"].string != nil }, "\(history)")
            try await scheduler.runner.check("schedule", "pause", "tick")
            let counted = try EverySecond(try await check(EverySecond.command(scheduler.runner.database, kind: "tick")))
            #expect(counted.jobs == counted.seconds && counted.span > seconds - 120, "\(counted)")
        }
    }

    @Test(arguments: [3600, 86_400])
    func setBackItRepeatsNothingAndGoesOnWhenTheClockShowsTheNextAgain(seconds: Int64) async throws {
        try await run { scheduler, clock in
            try await put(scheduler, Self.tick + #","catchUp":{"mode":"all"}"#)
            try await scheduler.until("two seconds", { ($0["schedule"]["runs"].int ?? 0) >= 2 }, "tick")

            try await clock.move(by: .seconds(-seconds))

            try await noticed(1, scheduler)
            let before = try await runs("tick", of: scheduler)
            let start = SystemTime().wall()
            try await put(
                scheduler,
                #""name":"meanwhile","job":{"kind":"other"},"cronSeconds":["* * * * * *"],"zone":"UTC","limit":4,"#
                    + #""whileRunning":"allow-all""#)
            try await scheduler.until("four seconds of the other", { $0["schedule"]["runs"].int == 4 }, "meanwhile")
            let meanwhile = try await scheduler.call("schedule.show", #"{"name":"meanwhile"}"#)["schedule"]
            #expect(meanwhile["last"].string.flatMap { Timestamp($0) }.map { $0 < start } == true, "\(meanwhile)")
            #expect(try await runs("tick", of: scheduler) == before, "nothing is repeated")

            try await clock.move(by: .zero)

            try await noticed(2, scheduler)
            try await scheduler.until("it goes on", { ($0["schedule"]["runs"].int ?? 0) >= before + 6 }, "tick")
            try await scheduler.runner.check("schedule", "pause", "tick")
            let counted = try EverySecond(try await check(EverySecond.command(scheduler.runner.database, kind: "tick")))
            #expect(counted.isWhole, "\(counted)")
        }
    }
}
