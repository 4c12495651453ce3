import Linux
import Monitoring
import Telemetry
import Testing

/// An engine with a clock of its own, over gauges.
struct Bench {
    var engine: AlertEngine
    var now = Duration.zero
    var gauges: [String: [String: Double]] = [:]
    let start = Timestamp("2026-11-21T12:00:00Z")!

    init(
        _ rules: [AlertRule], inhibitions: [Inhibition] = [], wait: Duration = .zero, interval: Duration = .zero,
        limit: Int = 200
    ) {
        var options = AlertEngine.Options()
        options.wait = wait
        options.interval = interval
        options.limit = limit
        engine = AlertEngine(rules, inhibitions: inhibitions, options: options)
    }

    var wall: Timestamp { start + now }

    /// Moves the clock and looks.
    mutating func tick(_ seconds: Int = 10) -> [AlertNotice] {
        now += .seconds(seconds)
        let families = gauges.map { name, series in
            FamilySnapshot(
                FamilyDescription(name, "", .gauge, labels: ["service"]),
                series.map { SeriesSnapshot([$0.key], created: .epoch, .gauge($0.value)) })
        }
        return engine.tick(families, now: now, wall: wall)
    }

    /// Moves the clock, and nobody is told anything.
    mutating func quiet(_ seconds: Int = 10, at place: SourceLocation = #_sourceLocation) {
        let told = tick(seconds)
        #expect(told.isEmpty, sourceLocation: place)
    }

    /// Moves the clock, and so many groups are told of.
    mutating func tells(_ groups: Int, after seconds: Int = 10, at place: SourceLocation = #_sourceLocation) {
        let told = tick(seconds)
        #expect(told.count == groups, sourceLocation: place)
    }

    var states: [String: Alert.State] {
        Dictionary(
            uniqueKeysWithValues: engine.alerts.map { ($0.key.rule + "/" + ($0.key.labels["service"] ?? ""), $0.state) }
        )
    }
}

extension AlertRule {
    static func gauge(
        _ name: String, above limit: Double = 5, for holds: Duration = .zero, keep: Duration = .zero,
        again: Duration = .seconds(3600)
    ) -> AlertRule {
        var rule = AlertRule(name, "{service} has {value}.", .select(Selector(name)), .above(limit))
        rule.holds = holds
        rule.keepFiring = keep
        rule.again = again
        return rule
    }
}

struct AlertEngineTests {
    @Test func conditionHasToHoldForItsTime() throws {
        var bench = Bench([.gauge("q", for: .seconds(60))])
        bench.gauges["q"] = ["a": 6]
        bench.quiet()
        #expect(bench.states == ["q/a": .pending])
        bench.quiet(50)
        let told = bench.tick(10)
        #expect(told.map { $0.firing.map(\.summary) } == [["a has 6."]])
        #expect(told[0].group == ["service": "a"])
        let alert = try #require(bench.engine.alerts.first)
        #expect(alert.since == bench.start + .seconds(10))
        #expect(alert.fired == bench.start + .seconds(70))
    }

    @Test func conditionThatBreaksOffBeginsAnew() {
        var bench = Bench([.gauge("q", for: .seconds(60))])
        bench.gauges["q"] = ["a": 6]
        _ = bench.tick()
        bench.gauges["q"] = ["a": 5]
        _ = bench.tick(50)
        #expect(bench.states.isEmpty)
        bench.gauges["q"] = ["a": 6]
        _ = bench.tick()
        bench.quiet(50)
        bench.tells(1, after: 10)
    }

    @Test func goesOnFiringForItsTimeAndIsThenResolvedOnce() {
        var bench = Bench([.gauge("q", keep: .seconds(30))])
        bench.gauges["q"] = ["a": 6]
        bench.tells(1)
        bench.gauges["q"] = ["a": 1]
        bench.quiet()
        bench.quiet()
        #expect(bench.states == ["q/a": .firing])
        let told = bench.tick()
        #expect(told.count == 1)
        #expect(told.first?.resolved.map(\.key.rule) == ["q"])
        #expect(bench.states.isEmpty)
        bench.quiet()
    }

    @Test func vanishedSeriesResolves() {
        var bench = Bench([.gauge("q")])
        bench.gauges["q"] = ["a": 6, "b": 6]
        bench.tells(2)
        bench.gauges["q"] = ["b": 6]
        let news1 = bench.tick()
        #expect(news1.first?.resolved.map { $0.key.labels } == [["service": "a"]])
        bench.gauges["q"] = nil
        bench.tells(1)
    }

    @Test func groupWaitsForOthersThenForItsInterval() {
        var bench = Bench([.gauge("p"), .gauge("q"), .gauge("r")], wait: .seconds(30), interval: .seconds(300))
        bench.gauges["p"] = ["a": 6]
        bench.quiet()
        bench.gauges["q"] = ["a": 6, "b": 6]
        bench.quiet()
        let first = bench.tick(20)
        #expect(first.map { $0.firing.map(\.key.rule) } == [["p", "q"]])
        let news2 = bench.tick(10)
        #expect(news2.map(\.group) == [["service": "b"]])
        bench.gauges["r"] = ["a": 6]
        bench.quiet(200)
        let news3 = bench.tick(90)
        #expect(news3.first?.firing.map(\.key.rule) == ["p", "q", "r"])
    }

    @Test func firingAlertIsToldAgainAfterItsTimeOnly() {
        var bench = Bench([.gauge("q", again: .seconds(100))])
        bench.gauges["q"] = ["a": 6]
        bench.tells(1)
        bench.quiet(90)
        bench.tells(1, after: 10)
        bench.quiet(90)
    }

    @Test func silencesStandByTheirNumbersInWhateverOrderTheyCome() {
        var engine = AlertEngine([])
        func silence(_ id: Int64, _ comment: String = "") -> Silence {
            Silence(id: id, rule: nil, until: Timestamp(milliseconds: 1 << 50), by: "ana", comment: comment)
        }
        for id: Int64 in [4, 2, 9, 7, 1] { engine.silence(silence(id)) }
        engine.silence(silence(7, "again"))
        #expect(engine.silences.map(\.id) == [1, 2, 4, 7, 9])
        #expect(engine.silences[3].comment == "again")
        #expect(engine.endSilence(4) && !engine.endSilence(4) && !engine.endSilence(10))
        #expect(engine.silences.map(\.id) == [1, 2, 7, 9])
    }

    @Test func silenceMutesUntilItEnds() {
        var bench = Bench([.gauge("q")])
        bench.gauges["q"] = ["a": 6, "b": 6]
        bench.engine.silence(
            Silence(
                id: 7, rule: "q", labels: ["service": "a"], until: bench.start + .seconds(100), by: "ana", comment: ""))
        let news4 = bench.tick()
        #expect(news4.map(\.group) == [["service": "b"]])
        #expect(bench.engine.alerts.first { $0.key.labels["service"] == "a" }?.muted == "silence 7")
        bench.quiet(80)
        let news5 = bench.tick(10)
        #expect(news5.map(\.group) == [["service": "a"]])
        #expect(bench.engine.silences.isEmpty)
    }

    @Test func whatWasMutedAllItsLifeIsNotToldAsResolved() {
        var bench = Bench([.gauge("q")])
        bench.engine.silence(Silence(id: 1, rule: nil, until: bench.start + .seconds(3600), by: "ana", comment: ""))
        bench.gauges["q"] = ["a": 6]
        bench.quiet()
        bench.gauges["q"] = ["a": 1]
        bench.quiet()
        let ended = [bench.engine.endSilence(1), bench.engine.endSilence(1)]
        #expect(ended == [true, false])
        bench.quiet()
        #expect(bench.states.isEmpty)
    }

    @Test func causeMutesItsEffectsOfTheSameService() {
        var bench = Bench(
            [.gauge("down"), .gauge("slow")],
            inhibitions: [Inhibition(source: "down", targets: ["slow"], same: ["service"])])
        bench.gauges = ["down": ["a": 6], "slow": ["a": 6, "b": 6]]
        let told = bench.tick()
        #expect(told.map { $0.firing.map(\.key.rule) } == [["down"], ["slow"]])
        #expect(
            bench.engine.alerts.first { $0.key.rule == "slow" && $0.key.labels["service"] == "a" }?.muted
                == "alert down")
        bench.gauges["down"] = [:]
        let news6 = bench.tick()
        #expect(news6.first?.firing.map(\.key.rule) == ["slow"])
    }

    @Test func signOfLifeIsToldInTimeWhateverTheGroupWaitsFor() {
        var rule = AlertRule("heartbeat", "Alive.", .now, .above(0))
        rule.severity = .none
        rule.again = .seconds(60)
        var bench = Bench([rule], wait: .seconds(30), interval: .seconds(300))
        var told = 0
        for _ in 0..<60 { told += bench.tick(10).count }
        #expect(told == 10)
    }

    @Test func alertsOfARuleAreBounded() {
        var bench = Bench([.gauge("q")], limit: 3)
        bench.gauges["q"] = Dictionary(uniqueKeysWithValues: (0..<10).map { ("s\($0)", 9.0) })
        bench.tells(3)
        #expect(bench.engine.passedOver == 7)
        #expect(bench.engine.alerts.count == 3)
    }

    @Test func flappingIsToldAsOneAlert() {
        var bench = Bench([.gauge("q")], interval: .seconds(300))
        var told: [AlertNotice] = []
        for step in 0..<20 {
            bench.gauges["q"] = ["a": step % 2 == 0 ? 9 : 1]
            told += bench.tick(10)
        }
        #expect(told.count == 1)
    }
}
