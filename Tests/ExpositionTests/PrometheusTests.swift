import Exposition
import Glibc
import Linux
import Telemetry
import TestSupport
import Testing

/// A real Prometheus scrapes what is written here, and answers questions with the right numbers.
@Suite(.enabled(if: RunningPrometheus.program != nil, "no prometheus (Debian: prometheus)"), .heavy)
struct PrometheusTests {
    /// Serves two files by what is asked for, as the service does.
    private static let server = """
        import http.server, sys
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                open(sys.argv[3], "a").write(self.headers.get("Accept", "") + "\\n")
                self.send_response(200)
                self.send_header("Content-Type", sys.argv[2])
                self.end_headers()
                self.wfile.write(open(sys.argv[1], "rb").read())
            def log_message(self, *arguments):
                pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        print("port", server.server_address[1], flush=True)
        server.serve_forever()
        """

    @Test(arguments: ExpositionFormat.allCases)
    func answersWithTheRightNumbers(_ format: ExpositionFormat) async throws {
        let registry = Registry(service: "runner", instance: "i", time: SystemTime())
        let calls = registry.counters("millrace_calls", "Calls.", labels: ["method"], exemplars: true)
        calls.with("job.submit").increment(by: 40, correlation: "c-77")
        calls.with("Đà Nẵng \"☃\" \\ \n").increment(by: 2)
        let waits = registry.histogram("millrace_wait_seconds", "Waits.")
        for milliseconds in 1...100 { waits.record(.milliseconds(milliseconds), correlation: "c-78") }
        let briefs = registry.distribution("millrace_brief_duration_seconds", "Briefs.")
        for second in 1...100 { briefs.record(.seconds(second)) }
        registry.stateSets("millrace_breaker_state", "Breakers.", states: ["closed", "open"], labels: ["name"]).with(
            "chat"
        )
        .set("open")
        registry.info("millrace_build", "Build.", ["version": "1.2.3"])
        registry.gauge("millrace_depth", "Depth.").set(-.infinity)

        let folder = TemporaryDirectory()
        let file = folder.write(ExpositionWriter.bytes(registry.snapshot().families, format), to: "metrics")
        let asked = folder.file("asked")
        let page = try RunningProcess(["/usr/bin/env", "python3", "-c", Self.server, file, format.contentType, asked])
        defer { page.signalGroup(SIGTERM) }
        try await page.waitForOutput("\n")
        let target = try #require(page.progress.value.outputText.split(whereSeparator: \.isWhitespace).last)
        let prometheus = try await RunningPrometheus(scraping: "127.0.0.1:\(target)")
        for (query, expected) in [
            ("sum(millrace_calls_total)", 42.0), (#"millrace_calls_total{method="Đà Nẵng \"☃\" \\ \n"}"#, 2),
            ("millrace_wait_seconds_count", 100), (#"millrace_wait_seconds_bucket{le="0.05"}"#, 50),
            ("histogram_quantile(0.5, millrace_wait_seconds_bucket)", 0.05),
            (#"millrace_breaker_state{millrace_breaker_state="open"}"#, 1),
            (#"millrace_build_info{version="1.2.3"}"#, 1),
            ("millrace_depth", -.infinity),
        ] {
            #expect(try await prometheus.numbers(query) == [expected], "\(query)")
        }
        let sum = try #require(await prometheus.numbers("millrace_wait_seconds_sum").first)
        #expect(abs(sum - 5.05) < 1e-9)
        let p95 = try #require(await prometheus.numbers(#"millrace_brief_duration_seconds{quantile="0.95"}"#).first)
        #expect(abs(p95 - 95) < 1.5)
        #expect(
            ExpositionFormat.negotiated(accept: text(of: asked)?.split(separator: "\n").first.map(String.init))
                == .openMetrics)
        if format == .openMetrics {
            let exemplars = try await prometheus.ask("query_exemplars", "millrace_calls_total")
            #expect(exemplars.contains("c-77"))
            #expect(try await prometheus.numbers(#"millrace_calls_created{method="job.submit"}"#).count == 1)
        }
    }
}
