import Exposition
import ExpositionReading
import Linux
import MillraceProtocol
import Telemetry
import TestSupport
import Testing
import WebClient

@Suite(.heavy, .enabled(if: RunningMetrics.isBuilt, "millrace-metrics is not built"))
struct MetricsTests {
    private func registry(_ service: String = "shop", instance: String = "a") -> Registry {
        Registry(service: service, instance: instance, time: SystemTime())
    }

    @Test func whatIsPublishedIsScrapedInTheFormatThatIsAskedFor() async throws {
        try await RunningMetrics.run { metrics in
            let registry = registry()
            registry.counter("shop_orders", "Orders.", exemplars: true).increment(by: 3, correlation: "abc")
            #expect(try await metrics.publish(registry) == .new)

            let plain = try await metrics.get("/metrics")
            #expect(plain.headers.values("Content-Type") == [ExpositionFormat.text.contentType])
            #expect(String(decoding: plain.body, as: UTF8.self).contains("shop_orders_total{service=\"shop\"} 3\n"))

            let rich = try await metrics.get(
                "/metrics", ["Accept": "text/plain;q=0.5, application/openmetrics-text;version=1.0.0"])
            #expect(rich.headers.values("Content-Type") == [ExpositionFormat.openMetrics.contentType])
            let text = String(decoding: rich.body, as: UTF8.self)
            #expect(text.contains("# {correlation_id=\"abc\"} 3"))
            #expect(text.hasSuffix("# EOF\n"))
            #expect(try await metrics.get("/metrics", ["Accept": "image/png"]).status == 406)
        }
    }

    @Test func everythingItTellsPassesOurOwnChecker() async throws {
        try await RunningMetrics.run { metrics in
            for format in ExpositionFormat.allCases {
                let answer = try await metrics.get("/metrics", ["Accept": format.contentType])
                let read = ExpositionReader.read(answer.body, format)
                let families = read.families
                #expect(read.problems.isEmpty, "\(read.problems)")
                #expect(families.contains { $0.name == "process_uptime_seconds" })
                #expect(families.contains { $0.name == "process_memory_bytes" })
            }
        }
    }

    /// The names that the earlier system's dashboards ask for, before the first sync and after some.
    @Test func syncsOfCalendarsHaveTheNamesTheyAlwaysHad() async throws {
        try await RunningMetrics.run { metrics in
            let registry = registry("runner")
            registry.counter("shop_orders", "Orders.").increment()
            _ = try await metrics.publish(registry)
            for name in ["sync_queue_active", "sync_queue_queued", "sync_duration_seconds_count"] {
                #expect(try await metrics.value("\(name){service=\"runner\"}") == 0)
            }
            let bounds = Bounds.long
            let durations = registry.histograms(
                "millrace_job_duration_seconds", "Jobs.", labels: ["kind"], bounds: bounds)
            durations.with("sync-schedule").record(.seconds(70))
            durations.with("other").record(.seconds(70))
            registry.gauges("millrace_kind_running", "Jobs.", labels: ["kind"]).with("sync-schedule").set(2)
            registry.gauges("millrace_kind_waiting", "Jobs.", labels: ["kind"]).with("sync-schedule").set(6)
            _ = try await metrics.publish(registry)
            #expect(try await metrics.value("sync_queue_active{service=\"runner\"}") == 2)
            #expect(try await metrics.value("sync_queue_queued{service=\"runner\"}") == 6)
            #expect(try await metrics.value("sync_duration_seconds_count{service=\"runner\"}") == 1)
            #expect(try await metrics.value("sync_duration_seconds_bucket{service=\"runner\",le=\"60.0\"}") == 0)
            let read = ExpositionReader.read(try await metrics.get("/metrics").body, .text)
            #expect(read.problems.isEmpty, "\(read.problems)")
        }
    }

    /// Totals: what an instance counted stays when it and the service die, and nothing counts twice.
    @Test func noCountIsLostWhenThePublisherAndTheServiceAreKilled() async throws {
        try await RunningMetrics.run { metrics in
            var published: UInt64 = 0
            for round in 0..<4 {
                let registry = registry(instance: "run-\(round)")
                let counter = registry.counter("shop_orders", "Orders.")
                for _ in 0..<25 {
                    counter.increment(by: 7)
                    published += 7
                    _ = try await metrics.publish(registry)
                }
                try await metrics.kill()
                try await metrics.start()
                #expect(try await metrics.publish(registry) == .newer)
                #expect(try await metrics.value("shop_orders_total{service=\"shop\"}") == Double(published))
            }
            #expect(try await metrics.value("millrace_service_restarts_total{service=\"shop\"}") == 0)
        }
    }

    @Test func aNewInstanceIsARestartAndTheLastWordsOfTheOldOneCount() async throws {
        try await RunningMetrics.run { metrics in
            let (old, new) = (registry(instance: "old"), registry(instance: "new"))
            let (before, after) = (old.counter("shop_orders", "Orders."), new.counter("shop_orders", "Orders."))
            before.increment(by: 5)
            _ = try await metrics.publish(old)
            after.increment(by: 1)
            #expect(try await metrics.publish(new) == .restart)
            before.increment(by: 2)
            #expect(try await metrics.publish(old, last: true) == .newer)
            #expect(try await metrics.value("shop_orders_total{service=\"shop\"}") == 8)
            #expect(try await metrics.value("millrace_service_restarts_total{service=\"shop\"}") == 1)
        }
    }

    @Test func aSilentServiceKeepsItsValuesAndIsMarkedStale() async throws {
        try await RunningMetrics.run(options: ["--stale-sec", "2", "--tick-sec", "1"]) { metrics in
            let registry = registry()
            registry.gauge("shop_open", "Shops that are open.").set(4)
            _ = try await metrics.publish(registry)
            #expect(try await metrics.value("millrace_service_up{service=\"shop\",instance=\"0\"}") == 1)
            try await eventually("it is stale", within: .seconds(30), every: .milliseconds(100)) {
                try await metrics.value("millrace_service_up{service=\"shop\",instance=\"0\"}") == 0
            }
            #expect(try await metrics.value("shop_open{service=\"shop\"}") == 4)
        }
    }

    @Test func whatIsNoSnapshotIsRefusedByName() async throws {
        try await RunningMetrics.run { metrics in
            let error = await #expect(throws: RPCError.self) {
                try await metrics.call(MetricsPublish.self, .init(snapshot: .emptyObject))
            }
            #expect(error?.field == "snapshot")
            #expect(error?.status == .invalidArgument)
        }
    }

    @Test func expressionsAreAnsweredAndWrongOnesSayWhatIsWrong() async throws {
        try await RunningMetrics.run { metrics in
            let registry = registry()
            let family = registry.gauges("shop_open", "Shops.", labels: ["town"])
            family.with("Hanoi").set(2)
            family.with("Hue").set(5)
            _ = try await metrics.publish(registry)
            let sum = try await metrics.call(MetricsQuery.self, .init(expression: "sum(shop_open) * 2"))
            #expect(sum.values == [MetricValue(labels: [:], value: 14)])
            let each = try await metrics.call(MetricsQuery.self, .init(expression: "shop_open{town=\"Hue\"}"))
            #expect(each.values.map(\.value) == [5])
            let wrong = await #expect(throws: RPCError.self) {
                try await metrics.call(MetricsQuery.self, .init(expression: "sum(shop_open"))
            }
            #expect(wrong?.reason == "metrics.expression")
            let far = await #expect(throws: RPCError.self) {
                try await metrics.call(MetricsQuery.self, .init(expression: "rate(shop_open[1d])"))
            }
            #expect(far?.reason == "metrics.window")
        }
    }

    @Test func aMistakeInTheAlertsStopsTheStartWithItsPlace() async throws {
        let metrics = RunningMetrics()
        metrics.folder.write(
            "alerts:\n- {name: a, summary: A., value: 'rate(x[', above: 1}\n", to: "etc/alerts.d/a.yaml")
        let finished = try await run([Binary.path("millrace-metrics"), "--state", metrics.state, "--port", "0"])
        #expect(finished.ending == .exited(78))
        #expect(finished.errors.contains("a.yaml:2"), "\(finished)")
    }
}
