import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import MillraceStore
import Monitoring
import Simulators
import Telemetry
import TestSupport
import Testing
import WebClient

@testable import MetricsService

struct AlertDeskTests {
    private let folder = TemporaryDirectory()
    private let time = ManualTime()
    private let web = WebDoor()

    private func store() throws -> AlertStore {
        AlertStore(
            try Database.open(folder.file("metrics.sqlite"), migrations: Metrics.migrations, durability: .crash))
    }

    /// A desk as a start of the service makes it.
    private func desk(
        _ store: AlertStore, _ catalog: AlertCatalog = AlertCatalog(), silenceLimit: Int = AlertDesk.silenceLimit,
        registry: Registry? = nil, time: (any TimeSource)? = nil
    ) async throws -> AlertDesk {
        let time = time ?? self.time
        let log = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let sinks = AlertSinks(
            web: web, runner: RPCClient(socket: folder.file("none.sock"), patience: .zero), log: log, time: time,
            registry: registry ?? Registry(service: "metrics", instance: "test", time: time))
        let desk = AlertDesk(catalog, store: store, sinks: sinks, time: time, log: log, silenceLimit: silenceLimit)
        try await desk.load(at: WallReading(time.wall()))
        return desk
    }

    /// Rules that fire while the gauge of their name is above 5, told at once to a hook.
    private func catalog(_ hook: HTTPSimulator, _ rules: String...) -> AlertCatalog {
        var catalog = AlertCatalog()
        catalog.rules = rules.map { AlertRule($0, "\($0) has {value}.", .select(Selector($0)), .above(5)) }
        catalog.sinks = [.hook(url: hook.url("/alerts"))]
        (catalog.options.wait, catalog.options.interval) = (.zero, .zero)
        return catalog
    }

    /// Moves the clock and looks at the gauges.
    private func judge(_ desk: AlertDesk, _ gauges: [String: Double], after seconds: Int = 10) async {
        time.advance(by: .seconds(seconds))
        let families = gauges.map { name, value in
            FamilySnapshot(
                FamilyDescription(name, "", .gauge, labels: ["service"]),
                [SeriesSnapshot([name], created: .epoch, .gauge(value))])
        }
        await desk.judge(families, at: WallReading(time.wall()))
    }

    /// The names of rules in a notice.
    private func rules(_ call: HTTPCall, _ state: String) throws -> [String] {
        try Tree(String(decoding: call.body, as: UTF8.self))[state].elements.compactMap { $0["rule"].string }
    }

    @Test func whatWasToldIsToldAsOverAfterARestartAndWhenItsRuleIsGone() async throws {
        try await HTTPSimulator.run(answers: [HTTPAnswer(204)]) { hook in
            let store = try store()
            var desk = try await desk(store, catalog(hook, "p", "q", "r"))
            await judge(desk, ["p": 9, "q": 9, "r": 9])
            try await hook.calls(3)
            try await delivered(store)
            await desk.close()

            // `q` is no rule any more, and `p` is well.
            desk = try await self.desk(store, catalog(hook, "p", "r"))
            await judge(desk, ["p": 1, "r": 9])
            var over = Set(try await hook.calls(5)[3...].flatMap { try rules($0, "resolved") })
            #expect(over == ["p", "q"])
            #expect(try await store.events(limit: 2).map(\.state) == [.resolved, .resolved])
            #expect(desk.alerts.map(\.key.rule) == ["r"])
            #expect(desk.alerts.first?.since == .epoch + .seconds(10))

            await desk.put(catalog(hook, "p"))
            await judge(desk, ["p": 1, "r": 9])
            over = Set(try rules(try await hook.calls(6)[5], "resolved"))
            #expect(over == ["r"])
            #expect(try await store.told().isEmpty)
            await desk.close()
            await web.close()
        }
    }

    /// Waits until the sinks have taken everything.
    private func delivered(_ store: AlertStore) async throws {
        try await eventually("nothing is on its way") { try await store.deliveries().isEmpty }
    }

    @Test func whatASinkDoesNotTakeIsTriedAgainInOrderWithTheSameKey() async throws {
        let answers = [503, 503, 503, 503, 204].map { HTTPAnswer($0) }
        try await HTTPSimulator.run(answers: answers) { hook in
            let store = try store()
            let desk = try await desk(store, catalog(hook, "p"))
            await judge(desk, ["p": 9])
            try await hook.calls(1)
            // Longer than three tries, and the alert is over meanwhile.
            for count in 2...4 {
                try await tried(desk, hook, ["p": count < 4 ? 9 : 1], count)
            }
            try await tried(desk, hook, ["p": 1], 6)
            let calls = hook.calls
            #expect(try rules(calls[4], "firing") == ["p"] && rules(calls[5], "resolved") == ["p"])
            #expect(Set(calls.prefix(5).map { $0["Idempotency-Key"] }).count == 1)
            #expect(calls[4]["Idempotency-Key"] != calls[5]["Idempotency-Key"])
            try await delivered(store)
            await desk.close()
            await web.close()
        }
    }

    /// Looks, a minute apart, until the hook was asked so often.
    private func tried(_ desk: AlertDesk, _ hook: HTTPSimulator, _ gauges: [String: Double], _ count: Int) async throws
    {
        try await eventually("\(count) tries", every: .milliseconds(5)) {
            guard hook.history.value.count < count else { return true }
            await judge(desk, gauges, after: 60)
            return hook.history.value.count >= count
        }
    }

    @Test func whatNobodyTookYetIsToldAfterARestart() async throws {
        try await HTTPSimulator.run(answers: [503, 204].map { HTTPAnswer($0) }) { hook in
            let store = try store()
            var desk = try await desk(store, catalog(hook, "p"))
            await judge(desk, ["p": 9])
            try await hook.calls(1)
            await desk.close()
            desk = try await self.desk(store, catalog(hook, "p"))
            let calls = try await hook.calls(2)
            #expect(calls[0].body == calls[1].body)
            #expect(
                calls[0]["Idempotency-Key"] == calls[1]["Idempotency-Key"])
            try await delivered(store)
            await desk.close()
            await web.close()
        }
    }

    @Test func onlyTheLastOfTheSignsOfLifeWaits() async throws {
        try await HTTPSimulator.run(answers: [HTTPAnswer(503)]) { hook in
            let store = try store()
            var catalog = catalog(hook)
            catalog.rules = [AlertRule("heartbeat", "Alive.", .now, .above(-1))]
            catalog.rules[0].severity = .none
            catalog.rules[0].again = .seconds(60)
            let desk = try await desk(store, catalog)
            for _ in 0..<10 { await judge(desk, [:], after: 60) }
            // The one that is being told stays as well.
            #expect(try await store.deliveries().count <= 2)
            await desk.close()
            await web.close()
        }
    }

    @Test func whatWaitsForASinkThatIsGoneIsForgotten() async throws {
        try await HTTPSimulator.run(answers: [HTTPAnswer(503)]) { hook in
            let store = try store()
            let desk = try await desk(store, catalog(hook, "p"))
            await judge(desk, ["p": 9])
            try await hook.calls(1)
            var other = catalog(hook, "p")
            other.sinks = []
            await desk.put(other)
            #expect(try await store.deliveries().isEmpty)
            await desk.close()
            await web.close()
        }
    }

    @Test func whatASinkTookWhileItWasTakenAwayIsNotLost() async throws {
        try await HTTPSimulator.run(answers: [HTTPAnswer(fault: .silence)]) { hook in
            let store = try store()
            let registry = Registry(service: "metrics", instance: "test", time: time)
            let held = HeldTime(time)
            defer { held.isFree.update { $0 = true } }
            var catalog = catalog(hook, "p")
            catalog.sinks.append(.command(["/bin/true"]))
            let desk = try await desk(store, catalog, registry: registry, time: held)
            await judge(desk, ["p": 9])
            try await hook.calls(1)
            try await held.isOver.wait(for: "the command has taken it") { $0 }

            catalog.sinks = []
            let other = catalog
            let putting = Task { await desk.put(other) }
            // The hook's attempt is cut off: both sinks are gone.
            try await hook.history.wait(for: "the hook's connection is closed") { !$0.abandoned.isEmpty }
            held.isFree.update { $0 = true }
            await putting.value

            let deliveries = try #require(
                registry.snapshot().families.first { $0.description.name == "millrace_alert_deliveries" })
            let outcomes = deliveries.series.map { $0.labels.joined(separator: " ") }.sorted()
            #expect(outcomes == ["command delivered", "hook failed", "hook lost"])
            #expect(try await store.deliveries().isEmpty)
            await desk.close()
            await web.close()
        }
    }

    @Test func noMoreSilencesAreTakenThanMayHoldHoweverManyAskAtOnce() async throws {
        let store = try store()
        let desk = try await desk(store, silenceLimit: 5)
        let until = time.wall() + .seconds(600)
        let ask: @Sendable () async -> Bool = {
            do {
                _ = try await desk.silence(rule: nil, labels: [:], until: until, by: "ana", comment: "all")
                return true
            } catch {
                return (error as? MetricsError) != .silences(limit: 5)
            }
        }
        let taken = await withTaskGroup(of: Bool.self) { tasks in
            for _ in 0..<100 { tasks.addTask(operation: ask) }
            var taken = 0
            for await isTaken in tasks where isTaken { taken += 1 }
            return taken
        }
        #expect(taken == 5)
        #expect(try await store.silences(now: time.wall()).count == 5)
        #expect(desk.silences(after: 0, limit: 100).page.count == 5)
        #expect(try await desk.endSilence(1))
        #expect(await ask(), "there is room again")
        #expect(await !ask())
        await desk.close()
    }
}

/// Time in which nobody's sleep ends before the test says so, cancelled or not: the end of a program is known and stays untold.
private final class HeldTime: TimeSource {
    /// Whether a sleep was cancelled.
    let isOver = Watched(false)
    let isFree = Watched(false)
    private let time: ManualTime

    init(_ time: ManualTime) { self.time = time }

    func wall() -> Timestamp { time.wall() }

    func boot() -> Duration { time.boot() }

    func sleep(until instant: Duration) async throws {
        try await withTaskCancellationHandler {
            // In a task that nobody cancels.
            _ = try await Task { try await isFree.wait(within: .seconds(60), for: "the test lets go") { $0 } }.value
        } onCancel: {
            isOver.update { $0 = true }
        }
        try Task.checkCancellation()
    }
}
