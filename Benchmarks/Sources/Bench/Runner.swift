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

    init(_ bench: Bench, state name: String, environment: [String: String] = [:]) throws {
        for folder in ["run", "data", "log"] { _ = try bench.folder("\(name)/\(folder)") }
        state = bench.path(name)
        socket = "\(state)/run/runner.sock"
        let runner = try bench.product("millrace-runner")
        daemon = try Daemon(
            Command(runner, ["--state", state], environment: environment.merging(["MILLRACE_STATE": state]) { $1 }),
            log: "\(state)/log/runner.log", socket: socket)
    }

    func stop() {
        daemon.stop()
    }

    func call(_ method: String, _ params: String = "{}") throws -> JSONValue {
        let client = try BlockingClient(socket: socket)
        defer { client.close() }
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
    func commits() throws -> Double {
        let metrics = try call("service.metrics")["metrics"]?.elements ?? []
        let commits = metrics.first { $0["name"]?.stringValue == "millrace_runner_store_transactions_total" }
        guard let value = commits?["value"]?.doubleValue else {
            throw BenchmarkError("the runner does not say how often it commits")
        }
        return value
    }
}
