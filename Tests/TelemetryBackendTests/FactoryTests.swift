import CoreMetrics
import Linux
import Telemetry
import TelemetryBackend
import Testing

struct FactoryTests {
    let registry = Registry(service: "backoffice", instance: "i", time: ManualTime())

    @Test func librariesCountIntoOurFamilies() throws {
        let factory = TelemetryFactory(registry)
        let counter = factory.makeCounter(
            label: "http.client.requests_total", dimensions: [("method", "GET"), ("le", "x")])
        counter.increment(by: 3)
        counter.increment(by: -9)
        factory.makeFloatingPointCounter(label: "cost", dimensions: []).increment(by: 1.5)
        factory.makeTimer(label: "http.client.duration", dimensions: []).recordNanoseconds(2_000_000_000)
        let meter = factory.makeMeter(label: "pool", dimensions: [])
        meter.set(4.0)
        meter.decrement(by: 1)
        factory.makeRecorder(label: "size", dimensions: [], aggregate: true).record(50.0)
        factory.makeRecorder(label: "level", dimensions: [], aggregate: false).record(Int64(9))

        let families = Dictionary(
            uniqueKeysWithValues: registry.snapshot().families.map { ($0.description.name, $0) })
        #expect(families["http_client_requests"]?.description.labels == ["method", "of_le"])
        #expect(families["http_client_requests"]?.series[0].value == .counter(CounterValue(3)))
        #expect(families["cost"]?.series[0].value == .counter(CounterValue(1.5)))
        #expect(families["pool"]?.series[0].value == .gauge(3))
        #expect(families["level"]?.series[0].value == .gauge(9))
        let time = try #require(families["http_client_duration_seconds"]?.series[0].value.distribution)
        let size = try #require(families["size"]?.series[0].value.histogram)
        #expect(time.count == 1)
        #expect(time.max == 2)
        #expect(size.counts[2] == 1)
    }

    @Test func whatFitsNoFamilyIsCountedAsRefused() {
        let factory = TelemetryFactory(registry)
        factory.makeCounter(label: "a", dimensions: [("x", "1")]).increment(by: 1)
        factory.makeCounter(label: "a", dimensions: [("y", "1")]).increment(by: 1)
        factory.makeCounter(label: "b", dimensions: [("x", "1"), ("x", "2")]).increment(by: 1)
        let refused = registry.snapshot().families.first { $0.description.name == "millrace_metrics_foreign_refused" }
        #expect(refused?.series[0].value == .counter(CounterValue(2)))
    }
}
