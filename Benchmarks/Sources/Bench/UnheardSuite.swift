import Foundation
import JSONCodec
import MillraceRPC

/// Whether the runner's jobs care for the metrics service: with it, without it, and with one that takes connections and answers
/// nothing. The runner publishes each second, fifteen times as often as it does by itself.
enum UnheardSuite {
    static func run(_ bench: Bench) throws {
        let rounds = bench.rounds(15)
        let count = bench.quick ? 5000 : 20_000
        let runner = try Runner(bench, state: "unheard", options: ["--publish-sec", "1"])
        defer { runner.stop() }
        try runner.setDurability("crash")
        let worker = try NoopWorker(bench, .least, for: runner)
        /// Jobs a second.
        func lives() throws -> Double {
            let start = ContinuousClock.now
            let load = try runner.load(
                NoopJob.submit, ["--connections", "8", "--window", "8", "--requests", "\(count)", "--warmup", "0"])
            try runner.awaitLive(atMost: 0)
            return load.requests / ((ContinuousClock.now - start) / .seconds(1))
        }
        func metrics() throws -> Daemon {
            try Daemon(
                Command(bench.product("millrace-metrics"), ["--state", runner.state, "--port", "0"]),
                log: bench.path("unheard.log"), socket: "\(runner.state)/run/metrics.sock")
        }
        /// Until the runner has published to it.
        func heard() throws -> Daemon {
            let metrics = try metrics()
            let client = try BlockingClient(socket: "\(runner.state)/run/metrics.sock")
            let end = ContinuousClock.now + .seconds(20)
            while ContinuousClock.now < end {
                let known: JSONValue = try client.callRaw("metrics.list", JSONRaw(validating: Array("{}".utf8)))
                    .decode()
                let names = known["families"]?.elements?.compactMap { $0["name"]?.stringValue } ?? []
                if names.contains("millrace_jobs_finished") { return metrics }
                usleep(50_000)
            }
            metrics.stop()
            throw BenchmarkError("the runner does not publish")
        }
        _ = try lives()
        var with: [Double] = [], stopped: [Double] = [], frozen: [Double] = []
        for _ in 0..<rounds {
            stopped.append(try lives())
            let metrics = try heard()
            defer {
                kill(metrics.pid, SIGCONT)
                metrics.stop()
            }
            with.append(try lives())
            kill(metrics.pid, SIGSTOP)
            frozen.append(try lives())
        }
        try worker.stop()
        func add(_ figure: String, _ value: [Double]) {
            bench.report.add(
                Figure(
                    "unheard", figure, median(value), "jobs/s", floor: median(with),
                    goal: .ratioAtLeast(0.98), rounds: rounds))
        }
        add("metrics stopped, running as floor", stopped)
        add("metrics frozen, running as floor", frozen)
    }
}
