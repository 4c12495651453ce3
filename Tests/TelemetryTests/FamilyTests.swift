import Linux
import Telemetry
import TestSupport
import Testing

struct FamilyTests {
    @Test func sameLabelsAreTheSameHandle() {
        let family = Registry.sample().counters("millrace_calls", "Calls.", labels: ["method"])
        #expect(family.with("a") === family.with("a"))
        #expect(family.with("a") !== family.with("b"))
    }

    @Test func pastTheLimitOneSeriesCountsForAllAndTheWidestLabelIsNamed() {
        let registry = Registry.sample()
        let family = registry.counters("millrace_calls", "Calls.", labels: ["method", "user"], limit: 3)
        for user in 0..<10 { family.with("list", "u\(user)").increment() }

        let snapshot = registry.snapshot()["millrace_calls"]
        #expect(snapshot?.series.count == 4)
        #expect(snapshot?["_other", "_other"] == .counter(CounterValue(7)))
        #expect(
            snapshot?.guarding
                == GuardReport(series: 3, limit: 3, refused: 7, widest: .init(label: "user", values: 3)))
    }

    @Test func idleSeriesIsDroppedUnlessSomebodyHoldsIt() {
        let time = ManualTime()
        let registry = Registry.sample(time)
        let family = registry.counters("millrace_calls", "Calls.", labels: ["method"], idle: .seconds(60))
        let held = family.with("held")
        family.with("gone").increment()
        family.with("busy").increment()
        _ = registry.snapshot()

        time.advance(by: .seconds(40))
        family.with("busy").increment()
        _ = registry.snapshot()
        time.advance(by: .seconds(40))
        let after = registry.snapshot()["millrace_calls"]

        #expect(after?.series.map(\.labels) == [["held"], ["busy"]])
        #expect(after?.guarding?.expired == 1)
        held.increment()
        #expect(registry.snapshot()["millrace_calls"]?["held"] == .counter(CounterValue(1)))
        family.with("gone").increment()
        let again = registry.snapshot()["millrace_calls"]?.series.first { $0.labels == ["gone"] }
        #expect(again?.value == .counter(CounterValue(1)))
        #expect(again?.created == Timestamp(milliseconds: 80_000))
    }

    @Test func longLabelIsCutAtACharacter() {
        let registry = Registry.sample()
        registry.gauges("millrace_depth", "Depth.", labels: ["q"]).with(String(repeating: "ệ", count: 300)).set(1)
        let label = registry.snapshot()["millrace_depth"]?.series[0].labels[0] ?? ""
        #expect(label.utf8.count <= 200)
        #expect(label.hasSuffix("ệ…"))
    }

    @Test(arguments: [
        (FamilyDescription("1a", "", .gauge), "metric name"), (FamilyDescription("a-b", "", .gauge), "metric name"),
        (FamilyDescription("a_total", "", .counter), "_total"), (FamilyDescription("a_bucket", "", .gauge), "_bucket"),
        (FamilyDescription("a", "", .gauge, unit: "seconds"), "unit"),
        (FamilyDescription("a", "", .gauge, labels: ["le"]), "itself"),
        (FamilyDescription("a", "", .gauge, labels: ["__x"]), "label name"),
        (FamilyDescription("a", "", .gauge, labels: ["x", "x"]), "twice"),
        (FamilyDescription("a", "", .histogram), "bounds"),
        (FamilyDescription("a", "", .histogram, bounds: [2, 1]), "bounds"),
        (FamilyDescription("a", "", .stateSet), "states"),
    ])
    func familyThatCannotBeShownSaysWhy(_ description: FamilyDescription, _ word: String) throws {
        #expect(try #require(description.problem).contains(word))
    }
}
