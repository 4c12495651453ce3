import Glibc
import Linux
import MillraceProtocol
import Telemetry
import TestSupport
import Testing
import WebClient

@Suite(.heavy, .enabled(if: RunningMetrics.isBuilt, "millrace-metrics is not built"))
struct HTTPTests {
    /// There is no runner here, which no suite can do without; the others may be absent.
    @Test func healthNamesWhatIsDownAndAnswers503() async throws {
        try await RunningMetrics.run { metrics in
            let all = try await metrics.get("/health")
            #expect(all.status == 503)
            let tree = try Tree(String(decoding: all.body, as: UTF8.self))
            #expect(tree["status"].string == "fail")
            #expect(tree["checks"].elements.compactMap { $0["name"].string } == ["memory", "sync-queue", "pool"])
            let runner = tree["services"].elements.first { $0["name"].string == "runner" }
            #expect(runner?["status"].string == "fail")
            #expect(runner?["reason"].string?.contains("runner.sock") == true)
            #expect(tree["services"].elements.first { $0["name"].string == "scheduler" }?["absent"].bool == true)

            let own = try await metrics.get("/health/metrics")
            #expect(own.status == 200)
            #expect(try await metrics.get("/ready").status == 503)
            #expect(try await metrics.get("/ready/metrics").status == 200)
            #expect(try await metrics.get("/health/nobody").status == 404)
        }
    }

    @Test func tooMuchMemoryAndTooManySyncsAreSeenAcrossServices() async throws {
        try await RunningMetrics.run { metrics in
            let registry = Registry(service: "runner", instance: "a", time: SystemTime())
            registry.gauge("process_memory_bytes", "Memory.", unit: "bytes", merging: .each).set(901e6)
            registry.gauge("sync_queue_active", "Active.").set(10)
            registry.gauge("browser_pool_total", "Sessions.").set(2)
            registry.gauge("browser_pool_in_use", "Sessions in use.").set(3)
            _ = try await metrics.publish(registry)
            let tree = try Tree(try await metrics.text("/health"))
            let verdicts = tree["checks"].elements.compactMap { $0["verdict"].string }
            #expect(verdicts == ["fail", "warn", "warn"])
        }
    }

    @Test func onlyThisMachinesNamesAreServedAndNothingCanBeChanged() async throws {
        try await RunningMetrics.run { metrics in
            #expect(try await metrics.get("/", method: .post).status == 405)
            #expect(try await metrics.get("/", method: .delete).status == 405)
            #expect(try await metrics.get("/nothing").status == 404)
            #expect(try await metrics.get("/jobs/abc").status == 404)
            let foreign = try await run([
                "curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--header",
                "Host: millrace.example", try metrics.address(),
            ])
            #expect(foreign.output == "421", "\(foreign)")
        }
    }

    @Test func thePageIsWholeWithoutAScriptAndLeansOnNothingOutside() async throws {
        try await RunningMetrics.run { metrics in
            let page = try await metrics.get("/")
            #expect(page.status == 200)
            let policy = try #require(page.headers.values("Content-Security-Policy").first)
            #expect(policy.hasPrefix("default-src 'none'"))
            let html = String(decoding: page.body, as: UTF8.self)
            for id in ["alerts", "services", "plots", "queues", "kinds", "jobs", "resources", "schedules"] {
                #expect(html.contains("<section id=\"\(id)\">"), "\(id)")
            }
            // The name of SVG itself is no address that anybody asks.
            let addresses = html.replacing("xmlns=\"http://www.w3.org/2000/svg\"", with: "").replacing(
                try metrics.address(), with: "")
            #expect(!addresses.contains("http://") && !addresses.contains("https://"))
            #expect(html.contains("runner"))
            #expect(try await metrics.get("/page.css").status == 200)
            #expect(try await metrics.get("/page.js").status == 200)
        }
    }

    @Test func eventsCarryAllPartsFirst() async throws {
        try await RunningMetrics.run { metrics in
            let client = try RunningProcess(["curl", "--silent", "--no-buffer", try metrics.address() + "events"])
            try await client.waitForOutput("event: parts", within: .seconds(30))
            try await client.waitForOutput("\"schedules\":", within: .seconds(30))
            client.signal(SIGTERM)
        }
    }
}
