import Linux
import MillraceStore
import Monitoring
import TestSupport
import Testing

struct AlertStoreTests {
    let folder = TemporaryDirectory()
    let start = Timestamp("2026-11-21T12:00:00Z")!

    @Test func silencesSurviveAndEnd() async throws {
        let store = AlertStore(try .metrics(in: folder))
        let short = try await store.add(rule: nil, labels: [:], until: start + .seconds(60), by: "ana", comment: "")
        let long = try await store.add(
            rule: "memory", labels: ["service": "runner"], until: start + .seconds(3600), by: "ana", comment: "known")
        #expect(try await store.silences(now: start) == [short, long])
        #expect(try await store.silences(now: start + .seconds(60)) == [long])
        #expect(try await store.endSilence(long.id))
        #expect(try await !store.endSilence(long.id))
        let next = try await store.add(rule: nil, labels: [:], until: start + .seconds(60), by: "ana", comment: "")
        #expect(next.id > long.id)
    }

    @Test func whatIsToldIsWrittenDownSignsOfLifeAreNot() async throws {
        let store = AlertStore(try .metrics(in: folder))
        var rules = [AlertRule.gauge("q"), AlertRule("heartbeat", "Alive.", .now, .above(0))]
        rules[1].severity = .none
        var bench = Bench(rules)
        bench.gauges["q"] = ["a": 9]
        try await store.record(bench.tick(), at: bench.wall)
        bench.gauges["q"] = ["a": 1]
        try await store.record(bench.tick(), at: bench.wall)

        let events = try await store.events()
        #expect(events.map(\.state) == [.resolved, .firing])
        #expect(events.map(\.key.rule) == ["q", "q"])
        #expect(events.last?.summary == "a has 9.")
        #expect(events.last?.time == bench.start + .seconds(10))
        #expect(try await store.events(limit: 1).count == 1)
    }
}
