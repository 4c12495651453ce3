import Glibc
import TestSupport

/// Kills of a scheduler and of the runner beside it, one after the other, each at a moment by chance.
struct ScheduleCrashes {
    enum Victim: String, CaseIterable { case scheduler, runner, both }

    private var scheduler: RunningProcess?
    /// By who was killed, and whether it was still starting.
    private var counts: [Victim: (serving: Int, starting: Int)] = [:]

    var kills: Int { counts.values.reduce(0) { $0 + $1.serving + $1.starting } }

    mutating func startScheduler(_ runner: RunningRunner, awaitingReadiness: Bool = true) async throws {
        let started = try RunningProcess(
            ["setpriv", "--pdeathsig", "KILL", Binary.path("millrace-scheduler"), "--state", runner.state],
            environment: ["NOTIFY_SOCKET": nil, "LISTEN_FDS": nil, "SWIFT_BACKTRACE": "enable=no"])
        scheduler = started
        if awaitingReadiness { try await started.waitForOutput("ready") }
    }

    /// Ends it as systemd does; it has to go well.
    mutating func endScheduler() async throws {
        scheduler?.signal(SIGTERM)
        let status = try await scheduler?.wait().status
        guard status == 0 else { throw TestFailure("the scheduler ended with \(status.map(String.init) ?? "nothing")") }
        scheduler = nil
    }

    /// Kills one of them within a second and a half, and starts it again; every fourth time that start is killed too.
    mutating func killOne(_ runner: RunningRunner, _ random: inout SeededGenerator) async throws {
        let victim: Victim = [.scheduler, .scheduler, .scheduler, .runner, .runner, .both].randomElement(
            using: &random)!
        try await pass(.milliseconds(Int.random(in: 0...1500, using: &random)))
        try await kill(victim, runner)
        counts[victim, default: (0, 0)].serving += 1
        if Int.random(in: 0..<4, using: &random) == 0 {
            try await start(victim, runner, awaitingReadiness: false)
            // A start takes some ten milliseconds, with the loader of a debug build some fifty.
            try await pass(.milliseconds(Int.random(in: 0...80, using: &random)))
            try await kill(victim, runner)
            counts[victim, default: (0, 0)].starting += 1
        }
        try await start(victim, runner, awaitingReadiness: true)
    }

    /// Waits until a time after now has its job.
    mutating func settle(_ runner: RunningRunner) async throws {
        func newest() async throws -> Int {
            try EverySecond.newest(try await check(EverySecond.newestCommand(runner.database, kind: "tick")))
        }
        let now = Int(time(nil))
        try await eventually("the times of meanwhile have their jobs", within: .seconds(60)) {
            try await newest() > now
        }
    }

    private func pass(_ time: Duration) async throws {
        // It ends early only if the scheduler ends by itself, which the next wait finds.
        _ = try? await scheduler?.progress.wait(within: time, for: "a moment") { $0.ending != nil }
    }

    private func kill(_ victim: Victim, _ runner: RunningRunner) async throws {
        if victim != .runner {
            scheduler?.signal(SIGKILL)
            let ending = try await scheduler?.wait(within: .seconds(10))
            guard ending == .killed(signal: SIGKILL) else {
                throw TestFailure("the scheduler had ended: \(ending as Any)")
            }
        }
        if victim != .scheduler { try await runner.kill() }
    }

    private mutating func start(_ victim: Victim, _ runner: RunningRunner, awaitingReadiness: Bool) async throws {
        if victim != .scheduler {
            if awaitingReadiness { try await runner.start() } else { try runner.launch() }
        }
        if victim != .runner { try await startScheduler(runner, awaitingReadiness: awaitingReadiness) }
    }

    func write(_ counted: EverySecond, _ conditions: CrashConditions, to path: String) throws {
        let rows = Victim.allCases.map { victim in
            let count = counts[victim] ?? (0, 0)
            return "| \(victim.rawValue) | \(count.serving) | \(count.starting) |"
        }
        let text = """
            # Schedules and `kill -9`

            Made by `make crash-schedules`; do not edit. \(conditions)

            **\(kills) kills of the scheduler and the runner, with a schedule of every second: \(counted.span) seconds from the \
            first nominal time to the last, \(counted.seconds) of them with a job, \(counted.jobs) jobs: \
            \(counted.span - counted.seconds) seconds lost, \(counted.jobs - counted.seconds) done twice.**

            | killed | while it served, up to 1.5 s after it was ready | while it started |
            | --- | ---: | ---: |
            \(rows.joined(separator: "\n"))

            The moments are by chance, by whole milliseconds. The schedule runs by `* * * * * *` (six fields of cron), jobs side by
            side, with everything caught up that was missed. The jobs are counted in the runner's database by the nominal time in their
            parameters, after all that came due meanwhile had begun.

            """
        try writeFile(text, to: path)
    }
}
