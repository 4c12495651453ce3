import Glibc
import JSONCodec
import Linux
import MillraceProtocol
import MillraceRPC
import Telemetry
import TestSupport
import WebClient

/// A metrics service by itself, in a state folder of its own.
final class RunningMetrics: Sendable {
    static let isBuilt = Binary.exist("millrace-metrics")

    let folder: TemporaryDirectory
    private let options: [String]
    private let process = Watched<RunningProcess?>(nil)
    private let web = WebDoor()

    var state: String { folder.path }
    var socket: String { state + "/run/metrics.sock" }
    /// What it has said.
    var log: String { process.value?.progress.value.errorText ?? "" }
    var pid: pid_t { process.value?.pid ?? 0 }

    init(options: [String] = []) {
        folder = TemporaryDirectory()
        self.options = options
        for name in ["etc", "etc/alerts.d", "data"] { mkdir(folder.file(name), 0o755) }
    }

    /// Runs `body` with a service that answers, and ends it whatever happens.
    static func run<Result: Sendable>(
        alerts: String? = nil, options: [String] = [], _ body: (RunningMetrics) async throws -> Result
    ) async throws -> Result {
        let metrics = RunningMetrics(options: options)
        if let alerts { metrics.folder.write(alerts, to: "etc/alerts.d/test.yaml") }
        do {
            try await metrics.start()
            let result = try await body(metrics)
            try await metrics.end()
            if metrics.log.contains("Sanitizer:") { throw TestFailure("a sanitizer found something") }
            return result
        } catch {
            metrics.process.value?.signal(SIGKILL)
            throw TestFailure("\(error)\nthe log of the metrics service:\n\(metrics.log.suffix(6000))")
        }
    }

    /// Starts it and returns when it answers; again after ``kill()``.
    func start() async throws {
        let started = try RunningProcess(
            ["setpriv", "--pdeathsig", "KILL", Binary.path("millrace-metrics"), "--state", state, "--port", "0"]
                + options,
            environment: [
                "MILLRACE_STATE": nil, "NOTIFY_SOCKET": nil, "WATCHDOG_USEC": nil, "LISTEN_FDS": nil,
                "SWIFT_BACKTRACE": "enable=no", "CREDENTIALS_DIRECTORY": nil,
            ])
        process.update { $0 = started }
        try await started.waitForOutput("ready")
    }

    func kill() async throws {
        process.value?.signal(SIGKILL)
        _ = try await process.value?.wait(within: .seconds(20))
    }

    private func end() async throws {
        process.value?.signal(SIGTERM)
        await web.close()
        if let ending = try await process.value?.wait(within: .seconds(45)), ending != .exited(0) {
            throw TestFailure("it ended with \(ending)")
        }
    }

    /// "http://127.0.0.1:40123/"
    func address() throws -> String {
        guard let start = log.ranges(of: "address=").last?.upperBound else { throw TestFailure("no address in \(log)") }
        return String(log[start...].prefix { !$0.isWhitespace })
    }

    func get(
        _ path: String, _ headers: WebHeaders = WebHeaders(), method: WebRequest.Method = .get
    ) async throws -> WebResponse {
        let url = try WebURL(try address() + path.dropFirst())
        return try await web.client().send(WebRequest(method, url, headers: headers, answer: .whole(limit: 64 << 20)))
    }

    func text(_ path: String, _ headers: WebHeaders = WebHeaders()) async throws -> String {
        String(decoding: try await get(path, headers).body, as: UTF8.self)
    }

    func call<M: RPCMethod>(_ method: M.Type, _ params: M.Params) async throws -> M.Result {
        let client = RPCClient(socket: socket)
        defer { client.close() }
        return try await client.call(method, params, options: CallOptions(timeout: .seconds(30)))
    }

    func publish(_ registry: Registry, last: Bool = false) async throws -> SnapshotAcceptance {
        try await call(MetricsPublish.self, .init(snapshot: JSONRaw(registry.snapshot()), last: last)).acceptance
    }

    /// The value of a line of `/metrics` that begins so.
    func value(_ series: String) async throws -> Double? {
        let line = try await text("/metrics").split(separator: "\n").first { $0.hasPrefix(series + " ") }
        return line.flatMap { Double($0.split(separator: " ")[1]) }
    }
}
