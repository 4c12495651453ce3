import Glibc
import TestSupport
import Testing

/// `kill -9` of the scheduler and of the runner at random moments, with a schedule of every second. A few in every test run; the
/// project's own bar by `make crash-schedules`.
@Suite(
    .serialized, .heavy,
    .enabled(if: RunningRunner.isBuilt && Binary.exist("millrace-scheduler"), "the executables are not built"))
struct ScheduleCrashTests {
    /// `MILLRACE_SCHEDULE_KILLS`; 500 are the bar.
    static let kills = environment("MILLRACE_SCHEDULE_KILLS").flatMap(Int.init) ?? 12
    /// `MILLRACE_CRASH_SEED` repeats the moments, as far as time can be repeated.
    static let seed = environment("MILLRACE_CRASH_SEED").flatMap(UInt64.init) ?? UInt64.random(in: 0...9_999)
    /// `MILLRACE_SCHEDULE_CRASHES` is the file that the result is written to.
    static let document = environment("MILLRACE_SCHEDULE_CRASHES")

    @Test func everySecondHasExactlyOneJobWhoeverIsKilled() async throws {
        let clock = ContinuousClock()
        let begun = clock.now
        let runner = RunningRunner(kinds: "kinds:\n  - { name: tick, command: [/bin/true] }\n")
        var random = SeededGenerator(seed: Self.seed)
        var course = ScheduleCrashes()
        try await runner.use { runner in
            try await course.startScheduler(runner)
            try await runner.check(
                "schedule", "put", "every-second", "--kind", "tick", "--cron", "* * * * * *", "--seconds",
                "--while-running", "allow-all", "--catch-up", "all")
            while course.kills < Self.kills { try await course.killOne(runner, &random) }
            // All that came due meanwhile is caught up.
            try await course.settle(runner)
            try await runner.check("schedule", "pause", "every-second", "--reason", "enough")
            try await course.endScheduler()
            let counted = try EverySecond(try await check(EverySecond.command(runner.database, kind: "tick")))
            if let document = Self.document {
                let conditions = CrashConditions(
                    seed: Self.seed, took: clock.now - begun, command: "make crash-schedules")
                try course.write(counted, conditions, to: document)
            }
            #expect(counted.jobs > Self.kills / 4, "seed \(Self.seed): \(counted)")
            #expect(counted.isWhole, "seed \(Self.seed): \(counted)")
        }
    }
}
