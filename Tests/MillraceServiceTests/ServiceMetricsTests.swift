import Linux
import MillraceProtocol
import Telemetry
import TestSupport
import Testing

@testable import MillraceService

struct ServiceMetricsTests {
    private let registry = Registry(service: "shop", instance: "a", time: ManualTime())

    private func told(_ names: Set<String>? = nil) -> [ServiceMetrics.Metric] {
        ServiceMetrics.Result(registry.snapshot(), names: names).metrics
    }

    @Test func aHistogramIsItsBucketsAndTheirTotals() {
        let waits = registry.histogram("shop_wait_seconds", "Waits.", bounds: [0.5, 2])
        waits.record(.milliseconds(250))
        waits.record(.seconds(1))
        waits.record(.seconds(10))
        #expect(
            told() == [
                .init("shop_wait_seconds_bucket", .counter, 1, labels: ["le": "0.5"]),
                .init("shop_wait_seconds_bucket", .counter, 2, labels: ["le": "2.0"]),
                .init("shop_wait_seconds_bucket", .counter, 3, labels: ["le": "+Inf"]),
                .init("shop_wait_seconds_sum", .counter, 11.25), .init("shop_wait_seconds_count", .counter, 3),
            ])
    }

    @Test func whatIsNoNumberIsLeftOut() {
        registry.gauge("shop_rate", "A rate.").set(.nan)
        let times = registry.distributions("shop_time_seconds", "Times.", labels: ["till"]).with("1")
        #expect(told().map(\.name) == ["shop_time_seconds_sum", "shop_time_seconds_count"])
        times.record(.seconds(0))
        #expect(told().first == .init("shop_time_seconds", .gauge, 0, labels: ["till": "1", "quantile": "0.5"]))
    }

    @Test func statesAndFactsAreGauges() {
        registry.info("shop_build", "What runs.", ["version": "1"])
        registry.stateSets("shop_door", "The doors.", states: ["open", "shut"], labels: ["door"]).with("back").set(
            "shut")
        #expect(
            told() == [
                .init("shop_build_info", .gauge, 1, labels: ["version": "1"]),
                .init("shop_door", .gauge, 0, labels: ["door": "back", "shop_door": "open"]),
                .init("shop_door", .gauge, 1, labels: ["door": "back", "shop_door": "shut"]),
            ])
        #expect(told(["shop_build_info", "shop"]).map(\.name) == ["shop_build_info"])
    }
}
