import Linux
import Telemetry
import TestSupport
import Testing

@testable import MetricsService

struct UnitFactsTests {
    @Test func blocksOfSystemctlBecomeFamilies() throws {
        let text = """
            Id=millrace-runner.service
            ActiveState=active
            NRestarts=2
            MemoryCurrent=12345678
            CPUUsageNSec=1500000000
            TasksCurrent=7
            WatchdogTimestampMonotonic=90000000

            Id=millrace-preloader.service
            ActiveState=failed
            NRestarts=0
            MemoryCurrent=[not set]
            CPUUsageNSec=18446744073709551615
            TasksCurrent=[not set]
            WatchdogTimestampMonotonic=0
            """
        let families = UnitFacts.families(text, wall: .epoch, monotonic: .seconds(100))
        func values(_ name: String) -> [String: SeriesValue] {
            let series = families.first { $0.description.name == name }?.series ?? []
            return Dictionary(uniqueKeysWithValues: series.map { ($0.labels[0], $0.value) })
        }
        let (runner, preloader) = ("millrace-runner.service", "millrace-preloader.service")
        #expect(
            values("millrace_unit_restarts") == [
                runner: .counter(CounterValue(2)), preloader: .counter(CounterValue(0)),
            ])
        #expect(values("millrace_unit_memory_bytes") == [runner: .gauge(12_345_678)])
        #expect(values("millrace_unit_cpu_seconds") == [runner: .counter(CounterValue(1.5))])
        #expect(values("millrace_unit_tasks") == [runner: .gauge(7)])
        #expect(values("millrace_unit_watchdog_age_seconds") == [runner: .gauge(10)])
        #expect(values("millrace_unit_state")[runner] == .states([true, false, false, false, false, false]))
        #expect(values("millrace_unit_state")[preloader] == .states([false, false, false, false, false, true]))
        #expect(families.allSatisfy { $0.description.problem == nil })
    }
}

struct DayBookTests {
    /// What was counted before the day is no part of it.
    @Test func slowestKindsAreThoseOfTheLastDay() throws {
        let time = ManualTime()
        let registry = Registry(service: "runner", instance: "a", time: time)
        let family = registry.histograms(DayBook.durations, "Jobs.", labels: ["kind"], bounds: Bounds.long)
        let failed = registry.counters(DayBook.failures, "Failed.", labels: ["kind"])
        var book = DayBook()
        for _ in 0..<100 { family.with("old").record(.seconds(300)) }
        book.note(registry.snapshot().families, now: time.boot())
        time.advance(by: .seconds(3600))
        for _ in 0..<10 { family.with("slow").record(.seconds(40)) }
        for _ in 0..<10 { family.with("quick").record(.milliseconds(20)) }
        failed.with("slow").increment(by: 3)
        let kinds = book.kinds(registry.snapshot().families)
        #expect(kinds.map(\.name) == ["slow", "quick"])
        #expect(kinds.first?.finished == 10)
        #expect(kinds.first?.failed == 3)
        #expect((kinds.first?.median ?? 0) > 10)
    }
}
