import Foundation

/// Submits that are on disk when they are answered, from many callers at once.
enum SubmitSuite {
    static let callers = 64

    /// A job that is not due for years: what is measured is the submit, not the run.
    static let request = """
        {"jsonrpc":"2.0","id":ID,"method":"job.submit","params":{"kind":"bench","runAt":"2099-01-01T00:00:00Z",\
        "params":\(payload)}}
        """
    static let payload = """
        {"month":"2026-10","contractor":"an.nguyen","project":"harbour-lights","force":false,"batch":15,\
        "hours":"47.25","attempt":3,"note":"reviewed by the lead on Friday, two entries were merged at month end",\
        "channel":null,"entries":128}
        """

    static func run(_ bench: Bench) throws {
        let runner = try Runner(bench, state: "submit")
        defer { runner.stop() }
        try runner.declare("bench")
        try rates(bench, runner)
        try syncs(bench, runner)
    }

    // MARK: Rates

    private static func rates(_ bench: Bench, _ runner: Runner) throws {
        let rounds = bench.rounds(5)
        let seconds = bench.seconds(1)
        let beanstalkd = optional(bench, "beanstalkd") { try Beanstalkd(bench) }
        defer { beanstalkd?.stop() }
        let postgres = optional(bench, "PostgreSQL") { try Postgres(bench) }
        defer { postgres?.stop() }

        func disk() throws -> Double {
            try Command(bench.floor("fdatasync"), [runner.state, "\(seconds)"]).result(LoadResult.self).rate
        }
        func submit(connections: Int, window: Int) throws -> LoadResult {
            let load = ["--connections", "\(connections)", "--window", "\(window)", "--seconds", "\(seconds)"]
            let line = [runner.socket, "--request", request, "--expect", #""durability":"disk""#] + load
            return try Command(bench.floor("client"), line).result()
        }
        let measured = try interleaved(
            rounds: rounds,
            [
                { try disk() },
                { try submit(connections: callers, window: 1).rate },
                { try submit(connections: 1, window: callers).rate },
                { try submit(connections: 1, window: 1).p50 },
                { try beanstalkd?.rate(callers: callers, seconds: seconds, body: payload) ?? 0 },
                { try postgres?.rate(callers: callers, seconds: seconds) ?? 0 },
            ])
        func add(_ figure: String, _ value: Double, _ unit: String, floor: Double? = nil, goal: Goal? = nil) {
            bench.report.add(Figure("submit", figure, value, unit, floor: floor, goal: goal, rounds: rounds))
        }
        add("4 KiB overwrite and fdatasync", measured[0], "syncs/s")
        add(
            "\(callers) callers, a connection each", measured[1], "jobs/s", floor: measured[0], goal: .ratioAtLeast(2.5)
        )
        add("\(callers) in flight on one connection", measured[2], "jobs/s", floor: measured[0])
        add("1 caller p50, one fdatasync as floor", measured[3], "us", floor: 1e6 / measured[0])
        if beanstalkd != nil { add("beanstalkd -f0, \(callers) callers", measured[4], "jobs/s", floor: measured[0]) }
        if postgres != nil { add("PostgreSQL insert, \(callers) callers", measured[5], "jobs/s", floor: measured[0]) }
        if beanstalkd != nil { add("ours, beanstalkd as floor", measured[1], "jobs/s", floor: measured[4]) }
        if postgres != nil { add("ours, PostgreSQL as floor", measured[1], "jobs/s", floor: measured[5]) }
    }

    private static func optional<T>(_ bench: Bench, _ name: String, _ start: () throws -> T) -> T? {
        do {
            return try start()
        } catch {
            bench.report.skip("submit", name, "\(error)")
            return nil
        }
    }

    // MARK: Syncs

    /// Counts what the kernel saw against what the runner says it committed. Few submits, so that no checkpoint of the
    /// write-ahead log falls into the count, which syncs on its own account; if one does, the sync of the database file
    /// tells, and two syncs of the log are its own.
    private static func syncs(_ bench: Bench, _ runner: Runner) throws {
        let trace = bench.path("syncs")
        func submit(_ requests: Int, connections: Int) throws {
            let load = ["--connections", "\(connections)", "--requests", "\(requests)"]
            try Command(bench.floor("client"), [runner.socket, "--request", request] + load).output()
        }
        try submit(10, connections: 1)
        let before = try runner.commits()
        let strace = try Strace(pid: runner.daemon.pid, calls: "fdatasync,fsync,sync_file_range", output: trace)
        try submit(40, connections: 1)
        try submit(1280, connections: callers)
        strace.stop()
        let commits = try runner.commits() - before
        let lines = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
        let log = lines.count { $0.contains("-wal>") }
        let checkpoints = lines.count { $0.contains(".sqlite>") }
        bench.report.add(
            Figure(
                "submit", "fdatasync per commit, \(Int(commits)) commits of 1320 jobs",
                (Double(log) - 2 * Double(checkpoints)) / commits, "syncs", goal: .valueExactly(1), rounds: 1))
    }
}
