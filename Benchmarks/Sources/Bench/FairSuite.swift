import Foundation

/// Two users at one runner: one with a hundred thousand jobs, the other with one now and then.
///
/// The greedy one's jobs take some 50 ms each and fill every place there is for them. What is measured is how long the other's
/// jobs take from submit to start, with that backlog and without, in turns.
enum FairSuite {
    private static let greedy = 100_000
    private static let user = "nobody"

    static func run(_ bench: Bench) throws {
        guard geteuid() == 0 else {
            return bench.report.skip("fair", "all", "needs root, to submit as two users")
        }
        let rounds = bench.rounds(5)
        for capacity in [64, 256] {
            let measured = try starts(bench, rounds: rounds, capacity: capacity)
            func add(_ figure: String, _ with: Double, _ without: Double, goal: Goal? = nil) {
                bench.report.add(
                    Figure(
                        "fair", "\(capacity) places, submit to start \(figure) beside 100,000 jobs, alone as floor",
                        with, "us", floor: without, goal: goal, rounds: rounds))
            }
            add("p50", measured.with.p50, measured.without.p50)
            add("p99", measured.with.p99, measured.without.p99, goal: .ratioAtMost(2))
        }
    }

    private struct Starts {
        var p50: Double
        var p99: Double

        init(_ rounds: [LoadResult]) {
            p50 = median(rounds.map(\.p50))
            p99 = median(rounds.map(\.p99))
        }
    }

    private static func starts(_ bench: Bench, rounds: Int, capacity: Int) throws -> (with: Starts, without: Starts) {
        let group = try Command("id", ["-gn", user]).output().trimmingCharacters(in: .whitespacesAndNewlines)
        func runner(_ name: String) throws -> Runner {
            let runner = try Runner(bench, state: "fair-\(name)-\(capacity)", options: ["--group", group])
            try runner.setDurability("crash")
            try runner.declare("noop")
            try runner.pause()
            return runner
        }
        let alone = try runner("alone")
        defer { alone.stop() }
        let shared = try runner("shared")
        defer { shared.stop() }
        try Command("chgrp", [group, shared.socket]).output()
        // Where the greedy user may start it.
        let client = bench.path("client-\(capacity)")
        try FileManager.default.copyItem(atPath: bench.floor("client"), toPath: client)

        /// Makes the greedy user's backlog whole again.
        func refill() throws {
            let missing = max(0, greedy - Int(try shared.live()))
            let work = NoopJob.batch(1000, params: #"{"work":50}"#)
            let line = [client, shared.socket, "--request", work, "--requests", "\(missing / 1000 + 1)"]
            let user = ["--reuid=\(user)", "--regid=\(group)", "--clear-groups"]
            try Command("setpriv", user + line + ["--warmup", "0"]).output()
        }
        func measure(_ runner: Runner) throws -> LoadResult {
            let worker = try NoopWorker(bench, .least, for: runner, capacity: capacity)
            try runner.resume()
            usleep(200_000)
            _ = try runner.load(
                NoopJob.stamped, ["--requests", bench.quick ? "200" : "600", "--interval", "5000", "--warmup", "0"])
            try runner.pause()
            guard let waits = try worker.stop() else { throw BenchmarkError("the worker told nothing") }
            return waits
        }
        var with: [LoadResult] = [], without: [LoadResult] = []
        for _ in 0..<rounds {
            try refill()
            without.append(try measure(alone))
            with.append(try measure(shared))
        }
        return (Starts(with), Starts(without))
    }
}
