import Foundation

/// What it costs to hand out work: the dispatcher's part of each item, and a call to a warm worker against a process.
enum PoolSuite {
    private struct Times: Decodable {
        var item: Double
        var plain: Double
    }

    private struct Spawn: Decodable {
        var spawn_us: Double
    }

    static func run(_ bench: Bench) throws {
        try dispatcher(bench)
        try spawns(bench)
    }

    private static func dispatcher(_ bench: Bench) throws {
        let rounds = bench.rounds(9)
        let times: Times = try Command(bench.product("inside-times"), ["dispatch", "\(rounds)"]).result()
        bench.report.add(
            Figure(
                "pool", "the dispatcher's part of an item, lease to checkpoint", times.item / 1000, "us",
                goal: .valueAtMost(1), rounds: rounds))
        bench.report.add(
            Figure(
                "pool", "the dispatcher's part of a plain job, claim to end", times.plain / 1000, "us", rounds: rounds))
    }

    /// Jobs one after the other, each either a call to a warm worker or a process of its own. What they share is taken
    /// off by what a request and its answer cost on a socket of the runner.
    private static func spawns(_ bench: Bench) throws {
        let rounds = bench.rounds(5)
        let count = bench.quick ? 100 : 500
        _ = try bench.folder("pool/etc/kinds.d")
        let kinds = "kinds: [{ name: process, command: [/bin/true], concurrency: 1 }]\n"
        try kinds.write(toFile: bench.path("pool/etc/kinds.d/bench.yaml"), atomically: true, encoding: .utf8)
        let runner = try Runner(bench, state: "pool")
        defer { runner.stop() }
        try runner.setDurability("crash")
        let worker = try NoopWorker(bench, .least, for: runner, capacity: 1)
        defer { _ = try? worker.stop() }

        /// Microseconds from job to job.
        func jobs(_ kind: String) throws -> Double {
            try runner.pause()
            let batch = NoopJob.batch(count).replacing(#""kind":"noop""#, with: #""kind":"\#(kind)""#)
            _ = try runner.load(batch, ["--requests", "1", "--warmup", "0"])
            let before = try runner.metric("jobs_succeeded_total")
            let start = ContinuousClock.now
            try runner.resume()
            try runner.awaitSucceeded(before + Double(count))
            return (ContinuousClock.now - start) / .microseconds(1) / Double(count)
        }
        let ping = #"{"jsonrpc":"2.0","id":ID,"method":"service.ping","params":{}}"#
        let measured = try interleaved(
            rounds: rounds,
            [
                { try jobs("process") }, { try jobs("noop") },
                { try runner.load(ping, ["--seconds", "0.5"]).p50 },
                { try Command(bench.floor("spawn"), ["\(count)"]).result(Spawn.self).spawn_us },
            ])
        func add(_ figure: String, _ value: Double, floor: Double? = nil, goal: Goal? = nil) {
            bench.report.add(Figure("pool", figure, value, "us", floor: floor, goal: goal, rounds: rounds))
        }
        add("job to job, a call to a warm worker each", measured[1])
        add("job to job, a process each", measured[0], floor: measured[1])
        add("a request and its answer at a socket of the runner", measured[2])
        add("posix_spawn and wait in C", measured[3])
        add(
            "a process, a warm call as floor", measured[0] - measured[1] + measured[2], floor: measured[2],
            goal: .ratioAtLeast(20))
    }
}
