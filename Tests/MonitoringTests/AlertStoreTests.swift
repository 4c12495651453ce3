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
        var telling = AlertStore.Telling()
        telling.notices = bench.tick()
        try await store.record(telling, at: bench.wall)
        bench.gauges["q"] = ["a": 1]
        telling.notices = bench.tick()
        try await store.record(telling, at: bench.wall)

        let events = try await store.events()
        #expect(events.map(\.state) == [.resolved, .firing])
        #expect(events.map(\.key.rule) == ["q", "q"])
        #expect(events.last?.summary == "a has 9.")
        #expect(events.last?.time == bench.start + .seconds(10))
        #expect(try await store.events(limit: 1).count == 1)
    }

    @Test func whatWasToldAndWhatIsOnItsWayAreReadBack() async throws {
        let store = AlertStore(try .metrics(in: folder))
        var bench = Bench([.gauge("p"), .gauge("q")])
        bench.gauges = ["p": ["a": 9], "q": ["b": 9]]
        var telling = AlertStore.Telling()
        telling.notices = bench.tick()
        telling.told = bench.engine.told
        telling.deliveries = ["k1", "k2"].map {
            AlertDispatch(key: $0, sink: "job tell", topic: "{}", isSign: $0 == "k2", notice: "{\"version\":1}")
        }
        try await store.record(telling, at: bench.wall)
        let told = try await store.told()
        #expect(Set(told) == Set(bench.engine.told) && told.count == 2)
        #expect(try await store.deliveries() == telling.deliveries)

        // Told again: the same alert at another time.
        let again = ToldAlert(alert: told[0].alert, told: bench.wall + .seconds(60))
        var later = AlertStore.Telling()
        (later.told, later.over) = ([again], [told[1].alert.key])
        try await store.record(later, at: bench.wall)
        try await store.forget(["k1", "k9"])
        #expect(try await store.told() == [again])
        #expect(try await store.deliveries().map(\.key) == ["k2"])
    }
}
