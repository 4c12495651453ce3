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
        return engine.tick(families, now: now, wall: WallReading(wall))
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

    @Test(arguments: [true, false]) func whatWasToldAndThenSilencedIsToldAsOverOnce(restarts: Bool) {
        var bench = Bench([.gauge("q", again: .seconds(60))])
        bench.gauges["q"] = ["a": 6]
        bench.tells(1)
        let silence = Silence(id: 1, rule: "q", until: bench.start + .seconds(3600), by: "ana", comment: "")
        bench.engine.silence(silence)
        bench.quiet(100)
        #expect(bench.engine.alerts.map(\.muted) == ["silence 1"])
        if restarts {
            bench = restarted(bench, [.gauge("q", again: .seconds(60))])
            bench.engine.silence(silence)
            bench.quiet()
        }
        bench.gauges["q"] = ["a": 1]
        let told = bench.tick()
        #expect(told.map { $0.resolved.map(\.key.rule) } == [["q"]] && told.first?.firing == [])
        #expect(bench.states.isEmpty && bench.engine.told.isEmpty)
        // It burns again and ends within the silence: nobody was told of that.
        bench.gauges["q"] = ["a": 6]
        bench.quiet()
        bench.gauges["q"] = ["a": 1]
        bench.quiet()
        let ended = bench.engine.endSilence(1)
        #expect(ended)
        bench.quiet()
    }

    @Test func whatEndsWithinASilenceWaitsForItsGroupAndIsToldAsOverAfterTheSilenceToo() {
        var bench = Bench([.gauge("p"), .gauge("q")], interval: .seconds(300))
        bench.gauges = ["p": ["a": 6], "q": ["a": 6]]
        bench.tells(1)
        bench.engine.silence(Silence(id: 1, rule: "q", until: bench.start + .seconds(60), by: "ana", comment: ""))
        bench.gauges["q"] = [:]
        bench.quiet(20)
        #expect(bench.states == ["p/a": .firing, "q/a": .resolved])
        bench.quiet(100)
        #expect(bench.engine.silences.isEmpty)
        let told = bench.tick(180)
        #expect(told.map { $0.resolved.map(\.key.rule) } == [["q"]])
        bench.quiet(300)
    }

    @Test func theEndOfWhatWasToldIsNotMutedByItsCause() {
        var bench = Bench(
            [.gauge("down"), .gauge("slow")],
            inhibitions: [Inhibition(source: "down", targets: ["slow"], same: ["service"])])
        bench.gauges["slow"] = ["a": 6]
        bench.tells(1)
        bench.gauges["down"] = ["a": 6]
        let cause = bench.tick()
        #expect(cause.map { $0.firing.map(\.key.rule) } == [["down"]])
        bench.gauges["slow"] = [:]
        let told = bench.tick()
        #expect(told.map { $0.resolved.map(\.key.rule) } == [["slow"]])
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

    @Test func aSignOfLifeMakesNoAlertWithoutLabelsWaitLonger() {
        var heartbeat = AlertRule("heartbeat", "Alive.", .now, .above(0))
        heartbeat.severity = .none
        heartbeat.again = .seconds(300)
        var critical = AlertRule("budget", "Fails.", .aggregate(.sum, by: [], .select(Selector("q"))), .above(5))
        critical.severity = .critical
        var bench = Bench([heartbeat, critical], wait: .seconds(30), interval: .seconds(300))
        bench.tells(1)
        bench.gauges["q"] = ["a": 6]
        bench.quiet(10)
        bench.quiet(20)
        let told = bench.tick(10)
        #expect(told.map { $0.firing.map(\.key.rule) } == [["budget"]])
        #expect(told.map(\.group) == [[:]])
    }

    private let budget = AlertRule.burn(
        "budget", "{kind}", errors: Selector("failed"), total: Selector("finished"), objective: 0.99, by: ["kind"],
        least: 3)

    private func runs(failed: Double, finished: Double) -> [FamilySnapshot] {
        [("failed", failed), ("finished", finished)].map { name, count in
            FamilySnapshot(
                FamilyDescription(name, "", .counter, labels: ["kind"]),
                [SeriesSnapshot(["rare"], created: .epoch, .counter(CounterValue(count)))])
        }
    }

    @Test func aShareOfFewIsAWarningAndCriticalOnlyWithEnoughOfThem() {
        var engine = AlertEngine(budget)
        var firing: [[String]] = []
        for failed in [0.0, 1, 2, 3] {
            let now = Duration.seconds(60 + Int(failed) * 60)
            _ = engine.tick(runs(failed: failed, finished: failed), now: now, wall: WallReading(.epoch + now))
            firing.append(engine.alerts.filter { $0.state == .firing }.map(\.key.rule))
        }
        let (slow, both) = (["budget-slow"], ["budget-fast", "budget-slow"])
        #expect(firing == [[], slow, slow, both])
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

    // MARK: Restarts and other rules

    private func telling(_ rules: [AlertRule]) -> Bench {
        var bench = Bench(rules)
        bench.gauges = ["p": ["a": 6], "q": ["a": 6]]
        bench.tells(1)
        return bench
    }

    /// Another run on what the first one told, and on figures that may be others.
    private func restarted(_ bench: Bench, _ rules: [AlertRule], settling: Duration = .zero) -> Bench {
        var next = Bench(rules)
        next.now = bench.now
        next.gauges = bench.gauges
        next.engine.takeUp(bench.engine.told, now: next.now, wall: next.wall, settling: settling)
        return next
    }

    @Test func whatWasToldIsToldAsOverAfterARestart() throws {
        let before = telling([.gauge("p"), .gauge("q")])
        var bench = restarted(before, [.gauge("p"), .gauge("q")], settling: .seconds(60))
        bench.gauges["q"] = [:]
        bench.quiet(50)
        #expect(bench.states == ["p/a": .firing, "q/a": .firing], "figures may not be there yet")
        let told = bench.tick(10)
        #expect(told.map { $0.resolved.map(\.key.rule) } == [["q"]])
        let alert = try #require(bench.engine.alerts.first)
        #expect(alert.since == bench.start + .seconds(10) && alert.fired == bench.start + .seconds(10))
        #expect(bench.engine.told.map(\.alert.key.rule) == ["p"])
    }

    @Test func whatWasToldIsToldAgainInItsTimeAcrossARestart() {
        let rules = [AlertRule.gauge("p", again: .seconds(100))]
        var first = telling(rules)
        first.quiet(60)
        var bench = restarted(first, rules)
        bench.quiet(30)
        bench.tells(1, after: 10)
    }

    private let growing = AlertRule(
        "grows", "{service}", .growth(Selector("q"), window: .seconds(600), perSecond: false), .above(3))

    private func counted(_ value: Double) -> [FamilySnapshot] {
        [
            FamilySnapshot(
                FamilyDescription("q", "", .counter, labels: ["service"]),
                [SeriesSnapshot(["a"], created: .epoch, .counter(CounterValue(value)))])
        ]
    }

    @Test func whatCountsWithinATimeIsNotOverBeforeThatTimeHasPassed() {
        var options = AlertEngine.Options()
        (options.wait, options.interval) = (.zero, .zero)
        var engine = AlertEngine([growing], options: options)
        func tick(_ value: Double, at seconds: Int) -> [AlertNotice] {
            engine.tick(counted(value), now: .seconds(seconds), wall: WallReading(.epoch))
        }
        let firing = (tick(1, at: 10), tick(9, at: 20))
        #expect(firing.0.isEmpty && firing.1.count == 1)

        // Other rules beside it change nothing for it.
        engine.put([growing, .gauge("p")], inhibitions: [], options: options, now: .seconds(25))
        let reloaded = tick(9, at: 30)
        #expect(reloaded.isEmpty)
        #expect(engine.alerts.first?.value == 8)

        let told = engine.told
        engine = AlertEngine([growing], options: options)
        engine.takeUp(told, now: .seconds(40), wall: .epoch, settling: .zero)
        let restarted = (tick(9, at: 40), tick(9, at: 630), tick(9, at: 640))
        #expect(restarted.0.isEmpty && restarted.1.isEmpty)
        #expect(restarted.2.first?.resolved.count == 1)
    }

    /// Runs that fail are few after the restart, or none within the short time. The rule has a label that its value has not.
    @Test(arguments: [2, 10]) func aBudgetThatGoesOnBurningAcrossARestartIsOneAlert(minutesBetween pause: Int) {
        let rules = budget.map { rule in
            var rule = rule
            rule.labels = ["service": "runner"]
            return rule
        }
        var options = AlertEngine.Options()
        (options.wait, options.interval) = (.zero, .zero)
        var engine = AlertEngine(rules, options: options)
        /// Each run fails until the 60th minute; from then on there is one a minute that does not.
        func minutes(_ range: Range<Int>) -> [(minute: Int, notice: AlertNotice)] {
            range.flatMap { minute in
                let now = Duration.seconds(minute * 60)
                let failed = Double(min(minute, 60) / pause)
                let families = runs(failed: failed, finished: failed + Double(max(0, minute - 60)))
                return engine.tick(families, now: now, wall: WallReading(.epoch + now)).map { (minute, $0) }
            }
        }
        let first = minutes(0..<40)
        #expect(first.flatMap { $0.notice.firing.map(\.key.rule) }.contains("budget-fast"))
        #expect(first.allSatisfy { $0.notice.resolved.isEmpty })

        let told = engine.told
        engine = AlertEngine(rules, options: options)
        engine.takeUp(told, now: .seconds(2400), wall: .epoch + .seconds(2400), settling: .zero)
        let second = minutes(40..<120)
        #expect(second.map { $0.notice.resolved.map(\.key.rule) } == [["budget-fast"], ["budget-slow"]])
        #expect(second.first?.minute == 65)
    }

    @Test func whatARuleIsNewForDidNotGrowFromNothing() {
        var engine = AlertEngine([.gauge("p")])
        _ = engine.tick(counted(9), now: .seconds(10), wall: WallReading(.epoch))
        engine.put([growing], inhibitions: [], options: engine.options, now: .seconds(15))
        _ = engine.tick(counted(9), now: .seconds(20), wall: WallReading(.epoch))
        #expect(engine.alerts.isEmpty)
    }

    @Test func anAlertWhoseRuleIsGoneIsOver() {
        let before = telling([.gauge("p"), .gauge("q")])
        var reloaded = before
        reloaded.engine.put([.gauge("p")], inhibitions: [], options: before.engine.options, now: before.now)
        for var bench in [reloaded, restarted(before, [.gauge("p")], settling: .seconds(60))] {
            let told = bench.tick()
            #expect(told.map { $0.resolved.map(\.key.rule) } == [["q"]])
            #expect(told.map { $0.firing.map(\.key.rule) } == [["p"]])
            #expect(bench.engine.told.map(\.alert.key.rule) == ["p"])
        }
    }

    @Test func anotherLimitIsJudgedByWithoutTellingOfTheAlertAnew() {
        var bench = telling([.gauge("p")])
        let options = bench.engine.options
        bench.engine.put([.gauge("p", above: 3)], inhibitions: [], options: options, now: bench.now)
        bench.quiet()
        bench.engine.put([.gauge("p", above: 8)], inhibitions: [], options: options, now: bench.now)
        let told = bench.tick()
        #expect(told.map { $0.resolved.map(\.key.rule) } == [["p"]])
    }

    @Test func whatBeganAnewBeforeItWasToldAsOverIsToldAsOverInTheEnd() {
        var bench = Bench([.gauge("q", for: .seconds(20))], interval: .seconds(300))
        bench.gauges["q"] = ["a": 6]
        bench.quiet()
        bench.quiet()
        bench.tells(1)
        for value in [1.0, 6] {
            bench.gauges["q"] = ["a": value]
            bench.quiet()
        }
        bench.gauges["q"] = ["a": 1]
        let told = bench.tick()
        #expect(told.first?.resolved.map(\.key.rule) == ["q"])
        #expect(bench.states.isEmpty)
    }

    @Test func aSilenceOutlivesAClockThatWasWrong() {
        var bench = Bench([.gauge("q")])
        bench.gauges["q"] = ["a": 6]
        bench.engine.silence(
            Silence(id: 7, rule: nil, until: bench.start + .seconds(3600), by: "ana", comment: ""))
        bench.quiet()
        var clock = WallClock()
        _ = clock.read(wall: bench.wall, boot: bench.now)
        bench.now += .seconds(10)
        let wrong = clock.read(wall: bench.wall + .seconds(9 * 365 * 86_400), boot: bench.now)
        _ = bench.engine.tick([], now: bench.now, wall: wrong)
        #expect(bench.engine.silences.map(\.id) == [7])
        _ = bench.tick()
        #expect(bench.engine.alerts.first?.muted == "silence 7")
    }
}
