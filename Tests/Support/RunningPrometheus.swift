import Foundation

/// A real Prometheus that scrapes one address every second.
public final class RunningPrometheus: Sendable {
    public static let program = outsideProgram("prometheus", variable: "MILLRACE_PROMETHEUS")

    private let folder = TemporaryDirectory()
    private let port: String
    private let process: RunningProcess

    private static let freePort = """
        import socket
        s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])
        """

    /// - Parameter target: "127.0.0.1:9464"
    public init(scraping target: String) async throws {
        guard let program = Self.program else { throw TestFailure("no prometheus") }
        port = try await check(["/usr/bin/env", "python3", "-c", Self.freePort]).filter(\.isNumber)
        let settings = folder.write(
            """
            global: {scrape_interval: 1s}
            scrape_configs:
            - job_name: suite
              static_configs: [{targets: ["\(target)"]}]
            """, to: "prometheus.yml")
        process = try RunningProcess([
            program, "--config.file=\(settings)", "--storage.tsdb.path=\(folder.file("data"))",
            "--web.listen-address=127.0.0.1:\(port)", "--enable-feature=exemplar-storage", "--log.level=warn",
        ])
        try await eventually("a scrape", within: .seconds(60), every: .milliseconds(250)) {
            try await numbers("up").first == 1
        }
    }

    deinit { process.signalGroup(SIGTERM) }

    /// What an API path answers to a query.
    public func ask(_ path: String, _ query: String) async throws -> String {
        var components = URLComponents(string: "http://127.0.0.1:\(port)/api/v1/\(path)")!
        components.queryItems = [URLQueryItem(name: "query", value: query)]
        let script = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())"
        return try await run(["/usr/bin/env", "python3", "-c", script, components.url!.absoluteString]).output
    }

    /// The values of an instant query; none while the server does not answer.
    public func numbers(_ query: String) async throws -> [Double] {
        guard let answer = try? Tree(await ask("query", query)) else { return [] }
        return answer["data"]["result"].elements.compactMap { $0["value"][1].string.flatMap { Double($0) } }
    }
}
