import Histogram
import Linux
import Telemetry
import TestSupport
import Testing

struct InstrumentTests {
    @Test func countsOfManyTasksAreAllThere() async throws {
        let registry = Registry.sample()
        let counter = registry.counter("millrace_things", "Things.")
        let histogram = registry.histogram("millrace_wait_seconds", "Waits.")
        let gauge = registry.gauge("millrace_depth", "Depth.")
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<10_000 {
                        counter.increment()
                        counter.add(0.5)
                        histogram.record(.milliseconds(3))
                        gauge.add(1)
                    }
                }
            }
        }
        #expect(counter.value == 120_000)
        #expect(gauge.value == 80_000)
        let value = try #require(histogram.read().histogram)
        #expect(value.count == 80_000)
        #expect(abs(value.sum - 240) < 1e-6)
    }

    @Test(arguments: [-1.0, .nan, .infinity, 0])
    func counterPassesOverWhatIsNoGrowth(_ amount: Double) {
        let counter = Registry.sample().counter("millrace_things", "Things.")
        counter.add(2.5)
        counter.add(amount)
        #expect(counter.value == 2.5)
    }

    @Test func valueOnABoundBelongsToTheBucketBelow() throws {
        let histogram = Registry.sample().histogram("millrace_wait_seconds", "Waits.", bounds: [0.01, 0.05])
        for duration in [0, 10, 11, 50, 51] { histogram.record(.milliseconds(duration)) }
        histogram.record(.milliseconds(-5))
        let value = try #require(histogram.read().histogram)
        #expect(value.counts == [3, 2, 1])
    }

    @Test func bucketsOfHighRangeCoverEveryValueOnce() {
        var next: UInt64 = 0
        for index in 0..<2000 {
            #expect(LogLinear.lowest(index) == next)
            let highest = LogLinear.highest(index)
            #expect(LogLinear.index(of: LogLinear.lowest(index)) == index)
            #expect(LogLinear.index(of: highest) == index)
            #expect(highest - next <= max(0, next / 64))
            next = highest + 1
        }
    }

    /// hdrhistogram-swift, with three digits, is the measure.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func percentilesAreThoseOfAnHDRHistogram(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var oracle = Histogram<UInt64>(
            highestTrackableValue: Distribution.greatest, numberOfSignificantValueDigits: .three)
        let ours = Registry.sample().distribution("millrace_wait_seconds", "Waits.")
        for _ in 0..<20_000 {
            let value = UInt64.random(in: 0..<(1 << UInt64.random(in: 1...40, using: &random)), using: &random)
            oracle.record(value)
            ours.record(ticks: value)
        }
        let value = try #require(ours.read().distribution)
        #expect(value.count == 20_000)
        for percent in [0.0, 1, 50, 90, 95, 99, 99.9, 100] {
            let expected = Double(oracle.valueAtPercentile(percent))
            let found = try #require(value.quantile(percent / 100, scale: 1e-9)) * 1e9
            #expect(abs(found - expected) <= expected / 50 + 1, "p\(percent): \(found), not \(expected)")
        }
    }

    @Test func whatIsTooLargeCountsAsTheGreatest() throws {
        let distribution = Registry.sample().distribution("millrace_wait_seconds", "Waits.")
        distribution.record(ticks: .max)
        distribution.record(-1.0)
        distribution.record(Double.nan)
        let value = try #require(distribution.read().distribution)
        #expect(value.count == 3)
        #expect(value.counts.map(\.bucket) == [0, LogLinear.index(of: Distribution.greatest)])
    }

    @Test func aQuantileOfSortedValuesIsOneThatWasThere() {
        let quantiles = Quantiles((1...1000).shuffled())
        #expect(quantiles[0.5] == 500 && quantiles[0.99] == 990 && quantiles[0.999] == 999 && quantiles[1] == 1000)
        #expect(Quantiles([7])[0.001] == 7)
        #expect(Quantiles<Int>([])[0.5] == nil && quantiles.count == 1000)
    }

    @Test func quantileOfAHistogramLiesInItsBucket() throws {
        let value = HistogramValue(counts: [50, 40, 9, 1], sum: 0)
        #expect(value.quantile(0.5, bounds: [1, 2, 4]) == 1)
        #expect(value.quantile(0.7, bounds: [1, 2, 4]) == 1.5)
        #expect(value.quantile(1, bounds: [1, 2, 4]) == 4)
        #expect(HistogramValue(counts: [0, 0], sum: 0).quantile(0.5, bounds: [1]) == nil)
    }

    @Test func exemplarNamesTheLastRequestOfItsBucket() throws {
        let time = ManualTime(wall: Timestamp(milliseconds: 5000))
        let histogram = Registry.sample(time).histogram("millrace_wait_seconds", "Waits.", bounds: [0.01])
        histogram.record(.milliseconds(1), correlation: "a")
        histogram.record(.milliseconds(2), correlation: "b")
        histogram.record(.milliseconds(20), correlation: String(repeating: "x", count: 200))
        let value = try #require(histogram.read().histogram)
        #expect(value.exemplars == [0: Exemplar(correlation: "b", value: 0.002, time: Timestamp(milliseconds: 5000))])
        #expect(value.counts == [2, 1])
    }
}

extension InstrumentTests {
    @Test(arguments: [
        (Duration.zero, 0), (.nanoseconds(999), 999), (.seconds(18), 18_000_000_000), (.seconds(19), 19_000_000_000),
        (.seconds(4000) + .nanoseconds(1), 4_000_000_000_001), (.nanoseconds(-1), 0), (.seconds(-100), 0),
    ])
    func durationsAreCountedToTheNanosecond(_ duration: Duration, _ ticks: Double) throws {
        let histogram = Registry.sample().histogram("millrace_wait_seconds", "Waits.")
        histogram.record(duration)
        let value = try #require(histogram.read().histogram)
        #expect(abs(value.sum * 1e9 - ticks) < 0.01)
        histogram.record(.seconds(Int64.max / 2))
    }
}
