import Foundation
import JSONCodec
import MillraceRPC

/// How late runs begin with 100,000 schedules, and how long the planning of briefs takes; scheduler, runner and back office are
/// the real ones.
enum ScheduleSuite {
    static func run(_ bench: Bench) throws {
        try lateness(bench)
        for users in bench.quick ? [10, 1000] : [10, 100, 1000, 100_000] { try planning(bench, users: users) }
    }

    // MARK: Lateness

    /// Schedules that fall due every five seconds.
    private struct Group {
        var letter: Character
        var title: String
        /// What goes before the five seconds' step, for the schedule of this number.
        var second: @Sendable (Int) -> String
        var policy: String
    }

    private static let groups = [
        Group(letter: "a", title: "at one instant, jobs side by side", second: { _ in "0" }, policy: "allow-all"),
        Group(
            letter: "b", title: "at one instant, each after a look at its last job", second: { _ in "0" },
            policy: "skip"),
        Group(
            letter: "c", title: "spread over a second, each after a look at its last job",
            second: { "0.\(String($0 % 1000 + 1000).dropFirst())" }, policy: "skip"),
    ]

    private static func lateness(_ bench: Bench) throws {
        let (due, all) = (1000, bench.quick ? 10_000 : 100_000)
        let runs = bench.quick ? 2 : 6
        let runner = try Runner(bench, state: "schedule")
        defer { runner.stop() }
        let scheduler = try Scheduler(bench, beside: runner)
        defer { scheduler.stop() }
        let worker = try NoopWorker(bench, .least, for: runner, capacity: 64)
        defer { _ = try? worker.stop() }

        let rest = all - due * groups.count
        let start = DispatchTime.now().uptimeNanoseconds
        try scheduler.put(rest) { number in
            // On a day of the year that is neither today nor tomorrow.
            let day =
                Calendar(identifier: .gregorian).date(byAdding: .day, value: 2 + number % 360, to: Date()) ?? Date()
            let parts = Calendar(identifier: .gregorian).dateComponents([.month, .day], from: day)
            let date = "*-\(parts.month ?? 1)-\(parts.day ?? 1) \(number % 24):\(number % 60)"
            return #""name":"z-\#(number)","onCalendar":["\#(date)"],"zone":"Europe/Berlin""#
        }
        let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
        bench.report.add(
            Figure("schedule", "schedules put one by one by 32 callers", Double(rest) / seconds, "per s", rounds: 1))

        for group in groups {
            // Time enough for all to be put, unless the disk is very slow; then there are fewer runs, which is seen.
            let first = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 / 5).rounded(.up) * 5 + 10)
            let from = ISO8601DateFormatter().string(from: first)
            try scheduler.put(due) { number in
                #""name":"\#(group.letter)-\#(number)","onCalendar":["*:*:\#(group.second(number))/5"],"#
                    + #""zone":"UTC","startAt":"\#(from)","limit":\#(runs),"whileRunning":"\#(group.policy)""#
            }
            guard Date() < first else { throw BenchmarkError("putting \(due) schedules took longer than ten seconds") }
            try scheduler.await(due * runs * (groups.firstIndex { $0.letter == group.letter }! + 1))
        }
        try runner.awaitLive(atMost: 0, within: 30)
        scheduler.stop()
        for group in groups {
            let acknowledged = try scheduler.latenesses(group.letter)
            let began = try scheduler.starts(group.letter, runner)
            guard acknowledged.count == due * runs, began.count == due * runs else {
                throw BenchmarkError("\(acknowledged.count) runs and \(began.count) jobs of \(due * runs)")
            }
            func add(_ what: String, _ value: Double, goal: Goal? = nil) {
                bench.report.add(
                    Figure(
                        "schedule", "\(due) of \(all) due \(group.title): \(what)", value, "ms", goal: goal,
                        rounds: runs))
            }
            add("late p50", acknowledged[acknowledged.count / 2])
            add("late p99", acknowledged[acknowledged.count * 99 / 100], goal: .valueAtMost(50))
            add("late at most", acknowledged[acknowledged.count - 1])
            add("the worker's start p99", began[began.count * 99 / 100])
        }
    }

    // MARK: Planning

    /// All of them want a brief within the hour: nobody is left out, a job for each.
    private static func planning(_ bench: Bench, users: Int) throws {
        let environment = ["ENGAGEMENT_BACKOFF_ENABLED": "true"]
        let runner = try Runner(
            bench, state: "plan-\(users)", workers: "millrace-backoffice", environment: environment)
        defer { runner.stop() }
        func millctl(_ arguments: [String]) throws -> String {
            try Command(bench.product("millctl"), arguments + ["--state", runner.state]).output()
        }
        let now = "2026-11-21T08:00:00Z"
        let people = (1...users).map { #"{"id":"u\#($0)","last_visit":"2026-11-20T20:00:00Z"}"# }
        let wishes = (1...users).map {
            #"{"user_id":"u\#($0)","is_active":true,"time_of_day":"08:\#($0 % 30 + 29)","timezone":"UTC"}"#
        }
        let document = "\(runner.state)/briefs.json"
        try #"{"users":[\#(people.joined(separator: ","))],"preferences":[\#(wishes.joined(separator: ","))]}"#
            .write(toFile: document, atomically: true, encoding: .utf8)
        _ = try millctl(["brief", "import", document])
        // So that the worker is there.
        _ = try millctl(["brief", "plan", "--dry-run", "--now", "2026-11-21T02:00:00Z", "--json"])
        let start = DispatchTime.now().uptimeNanoseconds
        let answer = try JSON.decode(JSONValue.self, from: millctl(["brief", "plan", "--now", now, "--json"]))
        let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
        let result = answer["job"]?["result"] ?? answer["result"] ?? answer
        guard result["queued"]?.intValue == users else {
            throw BenchmarkError("not all \(users) briefs were queued: \(JSON.text(answer).prefix(400))")
        }
        let goals: [Int: Double] = [10: 0.5, 100: 5, 1000: 30]
        bench.report.add(
            Figure(
                "schedule", "an hour's briefs of \(users) users planned and queued, each a job on disk", seconds, "s",
                goal: goals[users].map(Goal.valueAtMost), rounds: 1))
    }
}

/// A scheduler on the state folder of a runner.
private final class Scheduler {
    private let daemon: Daemon
    private let socket: String
    private let database: String

    init(_ bench: Bench, beside runner: Runner) throws {
        socket = "\(runner.state)/run/scheduler.sock"
        database = "\(runner.state)/data/scheduler.sqlite"
        daemon = try Daemon(
            Command(
                try bench.product("millrace-scheduler"), ["--state", runner.state],
                environment: ["MILLRACE_STATE": runner.state]),
            log: "\(runner.state)/log/scheduler.log", socket: socket)
    }

    func stop() { daemon.stop() }

    /// Puts schedules of jobs that do nothing, given by their other members, from many connections.
    func put(_ count: Int, _ members: @escaping @Sendable (Int) -> String) throws {
        let callers = 32
        let (socket, faults) = (socket, Faults())
        DispatchQueue.concurrentPerform(iterations: callers) { caller in
            do {
                let client = try BlockingClient(socket: socket)
                for number in stride(from: caller, to: count, by: callers) {
                    let params = #"{"schedule":{\#(members(number)),"job":{"kind":"noop"}}}"#
                    _ = try client.callRaw("schedule.put", JSONRaw(validating: Array(params.utf8)))
                }
            } catch {
                faults.add("\(error)")
            }
        }
        if let fault = faults.first { throw BenchmarkError(fault) }
    }

    /// Waits until so many runs have been submitted.
    func await(_ count: Int) throws {
        let client = try BlockingClient(socket: socket)
        let end = ContinuousClock.now + .seconds(120)
        while true {
            let answer: JSONValue = try client.callRaw("service.metrics", JSONRaw(validating: Array("{}".utf8)))
                .decode()
            let submitted = answer["metrics"]?.elements?.first {
                $0["name"]?.stringValue == "millrace_scheduler_runs_total"
                    && $0["labels"]?["outcome"]?.stringValue == "submitted"
            }
            if let value = submitted?["value"]?.doubleValue, value >= Double(count) { return }
            guard ContinuousClock.now < end else { throw BenchmarkError("not \(count) runs within two minutes") }
            usleep(200_000)
        }
    }

    /// What the scheduler wrote down: milliseconds from the nominal time to the runner's acknowledgement, in order.
    func latenesses(_ letter: Character) throws -> [Double] {
        try numbers(
            database,
            """
            SELECT run.lateness FROM run JOIN schedule ON schedule.id = run.schedule
            WHERE schedule.name GLOB '\(letter)-*' AND run.outcome = 'submitted' ORDER BY 1
            """)
    }

    /// What the runner wrote down: milliseconds from the nominal time to the start of the job, in order.
    func starts(_ letter: Character, _ runner: Runner) throws -> [Double] {
        try numbers(
            "\(runner.state)/data/runner.sqlite",
            """
            SELECT started_at - round((julianday(json_extract(params, '$.nominal')) - 2440587.5) * 86400000) FROM job
            WHERE json_extract(params, '$.schedule') GLOB '\(letter)-*' ORDER BY 1
            """)
    }

    private func numbers(_ database: String, _ query: String) throws -> [Double] {
        try Command("sqlite3", ["-readonly", database, query]).output().split(separator: "\n").map {
            guard let number = Double($0) else { throw BenchmarkError("no number: \($0)") }
            return number
        }
    }
}

/// What went wrong in some of many threads.
private final class Faults: @unchecked Sendable {
    private let lock = NSLock()
    private var all: [String] = []

    func add(_ fault: String) { lock.withLock { all.append(fault) } }

    var first: String? { lock.withLock { all.first } }
}
