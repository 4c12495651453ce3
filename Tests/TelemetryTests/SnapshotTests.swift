import JSONCodec
import Linux
import Telemetry
import TestSupport
import Testing

struct SnapshotTests {
    static func full() -> Registry {
        let registry = Registry.sample()
        registry.counters("millrace_calls", "Calls.", labels: ["method"], exemplars: true).with("a\"\n")
            .increment(correlation: "c-1")
        registry.gauge("millrace_depth", "Depth.").set(-.infinity)
        registry.gauge("millrace_ratio", "Ratio.", merging: .max).set(.nan)
        registry.histogram("millrace_wait_seconds", "Waits.").record(.milliseconds(7), correlation: "c-2")
        let distribution = registry.distribution("millrace_brief_seconds", "Briefs.")
        for second in 1...20 { distribution.record(.seconds(second)) }
        registry.info("millrace_build", "Build.", ["version": "1.2.3"])
        registry.stateSets("millrace_breaker_state", "Breaker.", states: ["closed", "open"], labels: ["name"])
            .with("chat").set("open")
        registry.read {
            [
                FamilySnapshot(
                    FamilyDescription("process_memory_bytes", "Memory.", .gauge, unit: "bytes", merging: .each),
                    [SeriesSnapshot(created: .epoch, .gauge(12))])
            ]
        }
        return registry
    }

    @Test func comesBackFromJSONAsItWas() throws {
        var snapshot = Self.full().snapshot()
        let text = JSON.text(snapshot)
        let back = try JSON.decode(Snapshot.self, from: text)
        #expect(JSON.text(back) == text)
        // NaN is not equal to itself.
        snapshot.families.removeAll { $0.description.name == "millrace_ratio" }
        var rest = back
        rest.families.removeAll { $0.description.name == "millrace_ratio" }
        #expect(rest == snapshot)
    }

    @Test func sequenceRisesAndFamiliesWithoutSeriesAreLeftOut() {
        let registry = Registry.sample()
        _ = registry.counters("millrace_calls", "Calls.", labels: ["method"])
        let first = registry.snapshot()
        #expect(first.families.isEmpty)
        #expect(registry.snapshot().sequence == first.sequence + 1)
    }

    @Test(arguments: [
        #"{"name":"a","help":"","type":"counter","series":[{"created":0,"counter":-1}]}"#,
        #"{"name":"a","help":"","type":"counter","series":[{"created":0,"counter":"NaN"}]}"#,
        #"{"name":"a","help":"","type":"counter","series":[{"created":0,"gauge":1}]}"#,
        #"{"name":"a","help":"","type":"gauge","labels":["x"],"series":[{"created":0,"gauge":1}]}"#,
        #"{"name":"a","help":"","type":"histogram","bounds":[1,2],"series":[{"created":0,"counts":[1,2],"sum":1}]}"#,
        #"{"name":"a","help":"","type":"distribution","series":[{"created":0,"buckets":[3,2],"counts":[1,1],"sum":1}]}"#,
        #"{"name":"a","help":"","type":"distribution","series":[{"created":0,"buckets":[999999],"counts":[1],"sum":1}]}"#,
        #"{"name":"a","help":"","type":"stateSet","states":["x"],"series":[{"created":0,"states":[]}]}"#,
        #"{"name":"a_total","help":"","type":"counter","series":[]}"#,
        #"{"name":"a","help":"","type":"what","series":[]}"#,
        #"{"name":"a","help":"","type":"gauge","series":[{"created":0,"gauge":1},{"created":0,"gauge":2}]}"#,
    ])
    func familyThatContradictsItselfIsRefused(_ text: String) {
        #expect(throws: JSONError.self) { try JSON.decode(FamilySnapshot.self, from: text) }
    }

    @Test func familyThatStandsTwiceIsRefused() {
        let family = #"{"name":"a","help":"","type":"gauge","series":[{"created":0,"gauge":1}]}"#
        let head = #"{"service":"s","instance":"i","started":0,"sequence":1,"taken":0,"families":"#
        #expect(throws: Never.self) { try JSON.decode(Snapshot.self, from: "\(head)[\(family)]}") }
        #expect(throws: JSONError.self) { try JSON.decode(Snapshot.self, from: "\(head)[\(family),\(family)]}") }
    }

    @Test(arguments: 1...20)
    func mergedIsAsIfOneHadCountedAll(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let (one, two, both) = (Registry.sample(), Registry.sample(), Registry.sample())
        for _ in 0..<300 {
            let part = Bool.random(using: &random) ? one : two
            let value = UInt64.random(in: 0..<20_000_000_000, using: &random)
            for registry in [part, both] {
                registry.counter("a", "A.").increment(by: value % 7)
                registry.histogram("h_seconds", "H.").record(ticks: value)
                registry.distribution("d_seconds", "D.").record(ticks: value)
            }
        }
        for family in both.snapshot().families {
            let name = family.description.name
            let parts = [one, two].compactMap { $0.snapshot()[name]?.series.first?.value }
            let merged = try #require(parts.count == 2 ? parts[0].adding(parts[1]) : parts.first)
            #expect(merged.isNearly(family.series[0].value))
            #expect(try #require(merged.since(parts[0])).isNearly(parts.count == 2 ? parts[1] : merged.since(merged)!))
        }
    }

    @Test func fewerThanBeforeIsANewBeginning() {
        let before = SeriesValue.counter(CounterValue(10))
        #expect(SeriesValue.counter(CounterValue(4)).since(before) == .counter(CounterValue(4)))
        let many = SeriesValue.histogram(HistogramValue(counts: [3, 1], sum: 4))
        let few = SeriesValue.histogram(HistogramValue(counts: [4, 0], sum: 2))
        #expect(few.since(many) == few)
        #expect(many.adding(before) == nil)
        #expect(SeriesValue.gauge(1).adding(.gauge(2)) == nil)
    }
}

extension SeriesValue {
    /// Sums of seconds are added in another order.
    func isNearly(_ other: SeriesValue) -> Bool {
        switch (self, other) {
        case (.counter(let one), .counter(let two)): one.value == two.value
        case (.histogram(let one), .histogram(let two)): one.counts == two.counts && abs(one.sum - two.sum) < 1e-6
        case (.distribution(let one), .distribution(let two)): one.counts == two.counts && abs(one.sum - two.sum) < 1e-6
        default: false
        }
    }
}
