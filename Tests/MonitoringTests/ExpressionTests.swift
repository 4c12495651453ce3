import Linux
import Monitoring
import Telemetry
import TestSupport
import Testing

struct ExpressionTests {
    @Test(arguments: [
        "1", "-2.5", "500_000", "now() - a", "a{x=\"y\", z=\"\"}", "sum by (a, b) (rate(x_total[5min]))", "max(a)",
        "least(a - 1000, increase(b[1h]))", "quantile(0.95, a{q=\"1\"}[30s]) / (2 * 3)", "absent(a)", "sum",
        "rate(a[1d])",
    ])
    func isRead(_ text: String) throws {
        _ = try ExpressionParser.parse(text)
    }

    @Test(arguments: [
        ("", "at the end"), ("1 +", "at the end"), ("(1", ")"), ("rate(a)", "["), ("rate(a[5])", "10s"),
        ("rate(a[x])", "10s"),
        ("quantile(2, a[5min])", "0 to 1"), ("a{x=1}", "\""), ("a{x=\"1}", "quote"), ("a{x=\"1\",x=\"2\"}", "twice"),
        ("1 2", "should end"), ("sum by a (b)", "("), ("é", "should stand"),
        (String(repeating: "(", count: 50), "too deep"),
        (String(repeating: "1+", count: 2000), "longer"),
    ])
    func isRefusedWithItsPlace(_ text: String, _ word: String) {
        do {
            _ = try ExpressionParser.parse(text)
            Issue.record("\(text) was read")
        } catch {
            #expect(error.description.contains(word), "\(error)")
        }
    }

    @Test func totalMayBeLeftOut() throws {
        #expect(try ExpressionParser.parse("rate(a_total[1min])") == ExpressionParser.parse("rate(a[1min])"))
    }

    /// Readings of a minute, one every ten seconds.
    func readings(_ text: String, _ fill: (Registry, Int) -> Void) throws -> (Readings, Expression) {
        let expression = try ExpressionParser.parse(text)
        var readings = Readings(expression.needs)
        let time = ManualTime(wall: Timestamp(milliseconds: 1_000_000))
        let registry = Registry(service: "s", instance: "i", time: time)
        for step in 0...6 {
            fill(registry, step)
            readings.add(registry.snapshot().families, now: .seconds(step * 10), wall: time.wall())
            time.advance(by: .seconds(10))
        }
        return (readings, expression)
    }

    @Test(
        arguments: [
            ("rate(c[1min])", 2.0), ("increase(c_total[1min])", 120), ("increase(c[20s])", 40), ("c", 120),
            ("g * 2 - 1", 11),
            ("quantile(0.5, d_seconds[1min])", 0.35), ("rate(d_seconds[1min])", 0.1), ("now()", 1060), ("max(l)", 4),
            ("sum(l) / 2", 3.5), ("min(l)", 1), ("avg(l)", 7.0 / 3), ("l{x=\"2\"}", 2), ("least(g, 5)", 5),
            ("b{b=\"open\"}", 1), ("i", 1), ("absent(nothing)", 1), ("increase(late[1min])", 3),
        ] as [(String, Double)])
    func comesTo(_ text: String, _ expected: Double) throws {
        let (readings, expression) = try readings(text) { registry, step in
            let counter = registry.counter("c", "C.")
            if step > 0 { counter.increment(by: 20) }
            registry.gauge("g", "G.").set(step)
            if step > 0 { registry.distribution("d_seconds", "D.").record(.milliseconds(step * 100 + 45)) }
            if step == 0 { _ = registry.distribution("d_seconds", "D.") }
            for (label, value) in [("1", 1), ("2", 2), ("4", 4)] {
                registry.gauges("l", "L.", labels: ["x"]).with(label).set(value)
            }
            registry.stateSets("b", "B.", states: ["closed", "open"], labels: []).with([]).set("open")
            registry.info("i", "I.", ["version": "1"])
            if step == 4 { registry.counter("late", "Late.").increment(by: 3) }
        }
        let values = readings.evaluate(expression)
        let value = try #require(values.values.first)
        #expect(values.count == 1)
        #expect(abs(value - expected) <= expected / 50)
    }

    @Test(arguments: ["nothing", "g / 0", "rate(g[1min])", "quantile(0.5, g[1min])", "absent(g)", "g / nothing"])
    func comesToNothing(_ text: String) throws {
        let (readings, expression) = try readings(text) { registry, step in registry.gauge("g", "G.").set(step) }
        #expect(readings.evaluate(expression).isEmpty)
    }

    @Test func aSeriesThatBeginsAnewCountsItsWholeValue() throws {
        let expression = try ExpressionParser.parse("increase(c[1min])")
        var readings = Readings(expression.needs)
        for (step, value) in [10.0, 30, 5].enumerated() {
            let family = FamilySnapshot(
                FamilyDescription("c", "C.", .counter), [SeriesSnapshot(created: .epoch, .counter(CounterValue(value)))]
            )
            readings.add([family], now: .seconds(step * 30), wall: .epoch)
        }
        #expect(readings.evaluate(expression) == [[:]: 5])
    }

    @Test func longWindowsAreKeptWithFewReadings() throws {
        let expression = try ExpressionParser.parse("increase(c[6h])")
        var readings = Readings(expression.needs)
        for step in 0..<4000 {
            let family = FamilySnapshot(
                FamilyDescription("c", "C.", .counter),
                [SeriesSnapshot(created: .epoch, .counter(CounterValue(Double(step))))])
            readings.add([family], now: .seconds(step * 15), wall: .epoch)
        }
        let increase = try #require(readings.evaluate(expression)[[:]])
        #expect(abs(increase - 1440) <= 8)
        #expect(readings.count <= 60 + 361 + 10)
    }
}
