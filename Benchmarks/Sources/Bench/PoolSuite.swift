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

    /// Work done by a process that is there already, and by one that is started for it.
    ///
    /// What a call costs is the round trip of a request at a socket of the runner. What a process costs besides is the
    /// difference of two kinds of jobs that take the same way through the runner: those of a command against those of a warm
    /// worker, job to job; and those that find no worker against those that find one, submit to end.
    ///
    /// Each under the conditions that are best for it. While calls are timed no core is let halt, for a call is little more
    /// than two wake-ups. What keeps the cores from it would more than double what a process costs, so that there is none
    /// while processes are timed.
    private static func spawns(_ bench: Bench) throws {
        let rounds = bench.rounds(5)
        let count = bench.quick ? 100 : 500
        let cold = try Cold(bench)
        defer { cold.runner.stop() }
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
            let before = try runner.succeeded()
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
                {
                    let awake = try Daemon(Command(bench.floor("awake")), log: bench.path("awake.log"))
                    defer { awake.stop() }
                    return try runner.load(ping, ["--seconds", "0.5"]).p50
                },
                { try runner.load(ping, ["--seconds", "0.5"]).p50 },
                { try Command(bench.floor("spawn"), ["\(count)"]).result(Spawn.self).spawn_us },
                { try cold.life(times: bench.quick ? 10 : 30, worker: .warm) },
                { try cold.life(times: bench.quick ? 5 : 10, worker: .cold) },
            ])
        let call = measured[2]
        func add(_ figure: String, _ value: Double, floor: Double? = nil, goal: Goal? = nil) {
            bench.report.add(Figure("pool", figure, value, "us", floor: floor, goal: goal, rounds: rounds))
        }
        add("job to job, a call to a warm worker each", measured[1])
        add("job to job, a process each", measured[0], floor: measured[1])
        add("a request and its answer at a socket of the runner, no core halting", call)
        add("the same with cores that halt when nothing is to be done", measured[3])
        add("posix_spawn and wait in C", measured[4])
        add(
            "a process and its end, a warm call as floor", measured[0] - measured[1] + call, floor: call,
            goal: .ratioAtLeast(20))
        add("submit to end, the worker there", measured[5])
        add("submit to end, the worker started for it", measured[6], floor: measured[5])
        add(
            "a worker of the pool started and called, a warm call as floor", measured[6] - measured[5] + call,
            floor: call, goal: .ratioAtLeast(20))
    }

    /// A pool of one worker made with the library, which is there only while there is work for it.
    private struct Cold {
        enum State { case warm, cold }

        let runner: Runner

        init(_ bench: Bench) throws {
            for state in ["pool", "pool-cold"] { _ = try bench.folder("\(state)/etc/kinds.d") }
            func declare(_ kinds: String, for state: String) throws {
                try kinds.write(
                    toFile: bench.path("\(state)/etc/kinds.d/bench.yaml"), atomically: true, encoding: .utf8)
            }
            try declare("kinds: [{ name: process, command: [/bin/true], concurrency: 1 }]\n", for: "pool")
            let program = try bench.product("noop-worker")
            try declare(
                "kinds: [{ name: noop, worker: { command: [\(program)], processes: 1, warm: 0, capacity: 1 } }]\n",
                for: "pool-cold")
            runner = try Runner(bench, state: "pool-cold")
            try runner.setDurability("crash")
        }

        /// Microseconds from the submit of a job until its end is told, the median of some.
        func life(times: Int, worker: State) throws -> Double {
            if worker == .warm { _ = try life() }
            return median(
                try (0..<times).map { _ in
                    if worker == .cold { try endWorkers() }
                    return try life()
                })
        }

        private func life() throws -> Double {
            let start = ContinuousClock.now
            guard let id = try runner.call("job.submit", #"{"kind":"noop"}"#)["id"]?.intValue else {
                throw BenchmarkError("a submission was not answered with an id")
            }
            let end = try runner.call("job.watch", #"{"id":\#(id)}"#)
            guard end["job"]?["state"]?.stringValue == "succeeded" else {
                throw BenchmarkError("a job did not succeed: \(end)")
            }
            return (ContinuousClock.now - start) / .microseconds(1)
        }

        private func endWorkers() throws {
            for worker in try runner.call("worker.list")["workers"]?.elements ?? [] {
                if let pid = worker["pid"]?.intValue { kill(Int32(pid), SIGTERM) }
            }
            try runner.awaitNoWorker()
        }
    }
}
