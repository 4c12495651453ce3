import Glibc
import TestSupport
import Testing

/// `kill -9` of the scheduler and of the runner at random moments, with a schedule of every second.
@Suite(
    .serialized, .heavy,
    .enabled(if: RunningRunner.isBuilt && Binary.exist("millrace-scheduler"), "the executables are not built"))
struct ScheduleCrashTests {
    /// `MILLRACE_SCHEDULE_KILLS`; the project's own bar is 500.
    static let kills = environment("MILLRACE_SCHEDULE_KILLS").flatMap(Int.init) ?? 12
    /// `MILLRACE_CRASH_SEED` repeats the moments, as far as time can be repeated.
    static let seed = environment("MILLRACE_CRASH_SEED").flatMap(UInt64.init) ?? UInt64.random(in: 0...9_999)

    private static func scheduler(_ runner: RunningRunner) throws -> RunningProcess {
        try RunningProcess(
            ["setpriv", "--pdeathsig", "KILL", Binary.path("millrace-scheduler"), "--state", runner.state],
            environment: ["NOTIFY_SOCKET": nil, "LISTEN_FDS": nil, "SWIFT_BACKTRACE": "enable=no"])
    }

    @Test func everySecondHasExactlyOneJobWhoeverIsKilled() async throws {
        let kinds = "kinds:\n  - { name: tick, command: [/bin/true] }\n"
        let runner = RunningRunner(kinds: kinds)
        var random = SeededGenerator(seed: Self.seed)
        try await runner.use { runner in
            var scheduler = try Self.scheduler(runner)
            try await scheduler.waitForOutput("ready")
            try await runner.check(
                "schedule", "put", "every-second", "--kind", "tick", "--cron", "* * * * * *", "--seconds",
                "--while-running", "allow-all", "--catch-up", "all")
            for kill in 0..<Self.kills {
                // Whole milliseconds around the second, where something happens.
                let limit = Duration.milliseconds(Int.random(in: 0...1500, using: &random))
                _ = try? await scheduler.progress.wait(within: limit, for: "a moment") { $0.ending != nil }
                if kill % 2 == 0 || Bool.random(using: &random) {
                    scheduler.signal(SIGKILL)
                    try await scheduler.wait(within: .seconds(10))
                    if kill % 3 == 0 {
                        try await runner.kill()
                        try await runner.start()
                    }
                    scheduler = try Self.scheduler(runner)
                    try await scheduler.waitForOutput("ready")
                } else {
                    try await runner.kill()
                    try await runner.start()
                }
            }
            // All that came due meanwhile is caught up.
            try await runner.check("schedule", "pause", "every-second", "--reason", "enough")
            scheduler.signal(SIGTERM)
            #expect(try await scheduler.wait().status == 0)
            try await Self.judge(runner)
        }
    }

    /// From the first to the last, no second without a job and none with two.
    private static func judge(_ runner: RunningRunner) async throws {
        let rows = try await check([
            "sqlite3", "-readonly", runner.database,
            """
            WITH tick AS (SELECT unixepoch(json_extract(params, '$.nominal')) AS second FROM job WHERE kind = 'tick')
            SELECT count(*), count(DISTINCT second), max(second) - min(second) + 1 FROM tick
            """,
        ])
        let counts = rows.split(separator: "\n").first?.split(separator: "|").compactMap { Int($0) } ?? []
        try #require(counts.count == 3, "\(rows)")
        #expect(counts[0] > kills / 4, "seed \(seed): \(rows)")
        #expect(counts[0] == counts[1], "seed \(seed): a second has two jobs: \(rows)")
        #expect(counts[1] == counts[2], "seed \(seed): a second has none: \(rows)")
    }
}
