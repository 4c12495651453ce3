import Foundation

/// Whole lives of jobs that do nothing: submit, lease, run, finish; through sockets and a worker process.
///
/// "Per core" is jobs by second of processor time that the runner and its worker used together: what one core does that
/// does nothing else. The client is not in it.
enum LifecycleSuite {
    static func run(_ bench: Bench) throws {
        try crash(bench)
        try starts(bench)
        try disk(bench)
    }

    // MARK: Crash class

    private struct Life {
        var rate: Double
        /// Microseconds of processor time for each job.
        var runner: Double
        var worker: Double
        var perCore: Double { 1e6 / (runner + worker) }
    }

    private static func crash(_ bench: Bench) throws {
        let rounds = bench.rounds(5)
        let count = bench.quick ? 5000 : 30_000
        let runner = try Runner(bench, state: "life-crash")
        defer { runner.stop() }
        try runner.setDurability("crash")
        func life(_ make: NoopWorker.Make) throws -> Life {
            let worker = try NoopWorker(bench, make, for: runner)
            let before = try (Usage.processor(of: runner.daemon.pid), Usage.processor(of: worker.pid))
            let start = ContinuousClock.now
            let load = try runner.load(
                NoopJob.submit, ["--connections", "8", "--window", "8", "--requests", "\(count)", "--warmup", "0"])
            try runner.awaitLive(atMost: 0)
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            let after = try (Usage.processor(of: runner.daemon.pid), Usage.processor(of: worker.pid))
            try worker.stop()
            return Life(
                rate: load.requests / seconds, runner: (after.0 - before.0) / load.requests * 1e6,
                worker: (after.1 - before.1) / load.requests * 1e6)
        }
        _ = try life(.library)
        var ours: [Life] = [], least: [Life] = []
        for _ in 0..<rounds {
            ours.append(try life(.library))
            least.append(try life(.least))
        }
        func add(_ figure: String, _ lives: [Life], _ part: KeyPath<Life, Double>, _ unit: String, _ goal: Goal? = nil)
        {
            bench.report.add(
                Figure(
                    "lifecycle", "crash class, \(figure)", median(lives.map { $0[keyPath: part] }), unit, goal: goal,
                    rounds: rounds))
        }
        add("a second of runner and worker", ours, \.perCore, "jobs", .valueAtLeast(8000))
        add("on all cores, with the client", ours, \.rate, "jobs/s")
        add("the runner's part", ours, \.runner, "us/job")
        add("the worker's part, made with the library", ours, \.worker, "us/job")
        add("a second of runner and a worker in C", least, \.perCore, "jobs")
    }

    /// From submit to start, one job at a time.
    private static func starts(_ bench: Bench) throws {
        let runner = try Runner(bench, state: "life-start")
        defer { runner.stop() }
        try runner.setDurability("crash")
        let rounds = bench.rounds(5)
        var p50: [Double] = [], p99: [Double] = []
        for _ in 0..<rounds {
            let worker = try NoopWorker(bench, .least, for: runner)
            _ = try runner.load(
                NoopJob.stamped, ["--requests", bench.quick ? "300" : "1000", "--interval", "1000", "--warmup", "0"])
            try runner.awaitLive(atMost: 0)
            guard let waits = try worker.stop() else { throw BenchmarkError("the worker told nothing") }
            p50.append(waits.p50)
            p99.append(waits.p99)
        }
        bench.report.add(
            Figure(
                "lifecycle", "crash class, submit to start p50", median(p50), "us", goal: .valueAtMost(1000),
                rounds: rounds))
        bench.report.add(Figure("lifecycle", "crash class, submit to start p99", median(p99), "us", rounds: rounds))
    }

    // MARK: Disk class

    private static let backlog = 100_000

    private static func disk(_ bench: Bench) throws {
        let rounds = bench.rounds(5)
        let seconds = bench.seconds(1)
        let count = bench.quick ? 5000 : 20_000
        let alone = try Runner(bench, state: "life-submit")
        defer { alone.stop() }
        try alone.declare("noop")
        try alone.pause()
        let runner = try Runner(bench, state: "life-disk")
        defer { runner.stop() }
        let worker = try NoopWorker(bench, .least, for: runner, capacity: 128)
        defer { _ = try? worker.stop() }
        try runner.pause()
        try runner.fill(backlog)

        func batches() throws -> Double {
            let requests = count / 100
            return try alone.load(NoopJob.batch(100), ["--window", "4", "--requests", "\(requests)", "--warmup", "0"])
                .rate * 100
        }
        /// So many jobs are submitted and so many end, while the others wait.
        func life() throws -> Double {
            let before = try runner.succeeded()
            let start = ContinuousClock.now
            try runner.resume()
            let load = try runner.load(
                NoopJob.batch(100), ["--window", "4", "--requests", "\(count / 100)", "--warmup", "0"])
            let submitted = load.requests * 100
            try runner.awaitSucceeded(before + submitted)
            let time = (ContinuousClock.now - start) / .seconds(1)
            try runner.pause()
            return submitted / time
        }
        let measured = try interleaved(
            rounds: rounds,
            [
                { try Command(bench.floor("fdatasync"), [runner.state, "\(seconds)"]).result(LoadResult.self).rate },
                batches, life,
            ])
        func add(_ figure: String, _ value: Double, _ unit: String, floor: Double? = nil, goal: Goal? = nil) {
            bench.report.add(Figure("lifecycle", figure, value, unit, floor: floor, goal: goal, rounds: rounds))
        }
        add("4 KiB overwrite and fdatasync", measured[0], "syncs/s")
        add("disk class, submits in batches of 100", measured[1], "jobs/s", floor: measured[0], goal: .ratioAtLeast(4))
        add(
            "disk class, life in batches of 100, 100,000 waiting",
            measured[2], "jobs/s", floor: measured[0], goal: .ratioAtLeast(1.5))
        try tail(bench, alone, rounds: rounds)
    }

    /// One commit after the other; checkpoints of the log are among them.
    private static func tail(_ bench: Bench, _ runner: Runner, rounds: Int) throws {
        var p50: [Double] = [], p999: [Double] = []
        for _ in 0..<rounds {
            let load = try runner.load(NoopJob.submit, ["--requests", bench.quick ? "1000" : "5000", "--warmup", "0"])
            p50.append(load.p50)
            p999.append(load.p999)
        }
        bench.report.add(
            Figure(
                "lifecycle", "disk class, one submit after the other, p999 with p50 as floor", median(p999), "us",
                floor: median(p50), goal: .ratioAtMost(20), rounds: rounds))
    }
}
