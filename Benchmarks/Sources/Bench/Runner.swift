import Foundation
import JSONCodec
import MillraceRPC

/// A runner with a state folder of its own.
final class Runner {
    /// What its socket unit calls the socket that systemd hands over.
    static let listenName = "runner"

    let state: String
    let socket: String
    let daemon: Daemon
    private var worker: BlockingClient?
    private var control: BlockingClient?
    private let bench: Bench

    /// - Parameters:
    ///   - workers: commands of processes that the runner keeps.
    ///   - options: settings, as on the command line.
    init(
        _ bench: Bench, state name: String, workers: String = "", options: [String] = [],
        environment: [String: String] = [:]
    ) throws {
        self.bench = bench
        for folder in ["run", "data", "log"] { _ = try bench.folder("\(name)/\(folder)") }
        state = bench.path(name)
        socket = "\(state)/run/runner.sock"
        let runner = try bench.product("millrace-runner")
        daemon = try Daemon(
            Command(
                runner, ["--state", state, "--commands", workers] + options,
                environment: environment.merging(["MILLRACE_STATE": state]) { $1 }),
            log: "\(state)/log/runner.log", socket: socket)
    }

    func stop() {
        daemon.stop()
    }

    func call(_ method: String, _ params: String = "{}") throws -> JSONValue {
        let client = try control ?? BlockingClient(socket: socket)
        control = client
        return try client.callRaw(method, JSONRaw(validating: Array(params.utf8))).decode()
    }

    /// Makes a kind known, by a worker that stays connected and gets no work as long as no job of it is due.
    func declare(_ kind: String) throws {
        let client = try BlockingClient(socket: socket)
        let params = #"{"name":"bench","kinds":[{"name":"\#(kind)","stages":["process"]}],"capacity":1}"#
        _ = try client.callRaw("worker.register", JSONRaw(validating: Array(params.utf8)))
        worker = client
    }

    /// How many transactions the runner has committed since it started.
    func commits() throws -> Double { try metric("millrace_store_commit_duration_seconds_count") }

    /// Jobs that are not over.
    func live() throws -> Double {
        guard let live = try call("service.status")["figures"]?["jobs_live"]?.doubleValue else {
            throw BenchmarkError("the runner does not tell how many jobs it has")
        }
        return live
    }

    /// Jobs that have succeeded since the start.
    func succeeded() throws -> Double { try metric("millrace_jobs_ended_total", ["state": "succeeded"]) }

    /// One of the figures the runner keeps of itself.
    private func metric(_ name: String, _ labels: [String: String] = [:]) throws -> Double {
        let metrics = try call("service.metrics", #"{"names":["\#(name)"]}"#)["metrics"]?.elements ?? []
        let one = metrics.first { one in labels.allSatisfy { one["labels"]?[$0]?.stringValue == $1 } }
        guard let number = one?["value"]?.doubleValue else { throw BenchmarkError("the runner does not tell \(name)") }
        return number
    }

    // MARK: Jobs that do nothing

    /// The durability of the queue that jobs go to when they name none.
    func setDurability(_ durability: String) throws {
        _ = try call("queue.set", #"{"queue":"default","durability":"\#(durability)"}"#)
    }

    func pause() throws { _ = try call("queue.pause", #"{"queue":"default"}"#) }

    func resume() throws { _ = try call("queue.resume", #"{"queue":"default"}"#) }

    /// Loads the runner with requests and returns when all are answered.
    func load(_ request: String, _ options: [String]) throws -> LoadResult {
        try Command(bench.floor("client"), [socket, "--request", request] + options).result()
    }

    /// Submits at least `count` jobs that do nothing, 1,000 a transaction.
    func fill(_ count: Int) throws {
        let requests = (count + 999) / 1000
        _ = try load(NoopJob.batch(1000), ["--requests", "\(requests)", "--warmup", "0"])
    }

    /// Waits until at most `count` jobs are not over.
    func awaitLive(atMost count: Int, within limit: Double = 600) throws {
        try poll(within: limit, "jobs to end") { try live() <= Double(count) }
    }

    /// Waits until `count` jobs have succeeded since the start.
    func awaitSucceeded(_ count: Double, within limit: Double = 600) throws {
        try poll(within: limit, "jobs to succeed") { try succeeded() >= count }
    }

    private func poll(within limit: Double, _ what: String, until isSo: () throws -> Bool) throws {
        let end = ContinuousClock.now + .seconds(limit)
        while try !isSo() {
            guard ContinuousClock.now < end else { throw BenchmarkError("waited \(limit) s for \(what)") }
            usleep(10_000)
        }
    }

    /// Waits until no worker is connected and no process of a pool is left.
    func awaitNoWorker() throws {
        try poll(within: 10, "the workers to end") {
            guard try call("worker.list")["workers"]?.elements?.isEmpty == true else { return false }
            let pools = try call("pool.list")["pools"]?.elements ?? []
            return pools.allSatisfy { $0["running"]?.elements?.isEmpty ?? true }
        }
    }

    /// Waits until a worker offers the kind `noop`.
    func awaitNoop() throws {
        try poll(within: 10, "the worker") {
            let kinds = try call("kind.list")["kinds"]?.elements ?? []
            return kinds.contains { $0["name"]?.stringValue == "noop" && ($0["workers"]?.intValue ?? 0) > 0 }
        }
    }
}
