import Foundation

/// What the runner uses when there is nothing to do, and what it keeps of jobs that are over.
enum IdleSuite {
    static func run(_ bench: Bench) throws {
        try processor(bench)
        try memory(bench)
    }

    /// With one process in its pool.
    private static func processor(_ bench: Bench) throws {
        let seconds = bench.quick ? 5.0 : 60.0
        let runner = try Runner(bench, state: "idle", workers: bench.product("noop-worker"))
        defer { runner.stop() }
        try runner.awaitNoop()
        let worker = try Int32(runner.call("worker.list")["workers"]?.elements?.first?["pid"]?.intValue ?? 0)
        guard worker > 0 else { throw BenchmarkError("the pool has no process") }
        // What the start left to do.
        sleep(2)
        let before = try (Usage.exactProcessor(of: runner.daemon.pid), Usage.exactProcessor(of: worker))
        usleep(UInt32(seconds * 1e6))
        let after = try (Usage.exactProcessor(of: runner.daemon.pid), Usage.exactProcessor(of: worker))
        let (ours, theirs) = ((after.0 - before.0) / seconds * 100, (after.1 - before.1) / seconds * 100)
        bench.report.add(
            Figure(
                "idle", "processor, runner and the worker of its pool, over \(Int(seconds)) s", ours + theirs, "%",
                goal: .valueAtMost(0.1), rounds: 1))
        bench.report.add(Figure("idle", "of it the worker", theirs, "%", rounds: 1))
    }

    /// Over many jobs that are forgotten as soon as they are over.
    private static func memory(_ bench: Bench) throws {
        let steps = bench.quick ? [5000, 10_000, 20_000] : [100_000, 500_000, 1_000_000]
        let runner = try Runner(bench, state: "memory", options: ["--keep-succeeded", "0"])
        defer { runner.stop() }
        try runner.setDurability("crash")
        let worker = try NoopWorker(bench, .least, for: runner)
        defer { _ = try? worker.stop() }
        var done = 0
        var first: Double?
        for step in steps {
            // In portions, so that the backlog stays small.
            while done < step {
                let portion = min(10_000, step - done)
                _ = try runner.load(
                    NoopJob.submit,
                    ["--connections", "4", "--window", "16", "--requests", "\(portion)", "--warmup", "0"])
                try runner.awaitLive(atMost: 0)
                done += portion
            }
            let resident = try Usage.resident(of: runner.daemon.pid)
            bench.report.add(
                Figure(
                    "idle", "resident after \(step) jobs", resident, "MiB", floor: first,
                    goal: first == nil ? nil : .ratioAtMost(1.1), rounds: 1))
            first = first ?? resident
        }
    }
}
