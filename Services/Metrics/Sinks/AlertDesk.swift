import JSONCodec
import Linux
import Logging
import MillraceProtocol
import Monitoring
import Telemetry

/// What is wrong at the moment, and who is told of it.
final class AlertDesk: Sendable {
    /// Silences that hold at one time.
    static let silenceLimit = 50_000

    private struct State {
        var catalog: AlertCatalog
        var engine: AlertEngine
        /// Silences that are being written.
        var underway = 0
        /// What of the told alerts is on disk: when each was told last.
        var written: [Alert.Key: Timestamp] = [:]
    }

    private let store: AlertStore
    private let sinks: AlertSinks
    private let time: any TimeSource
    private let log: Logger
    private let silenceLimit: Int
    private let settling: Duration
    private let courier: AlertCourier
    private let state: Locked<State>

    /// - Parameter settling: how long it takes after a start until figures are what they would be without it.
    init(
        _ catalog: AlertCatalog, store: AlertStore, sinks: AlertSinks, time: any TimeSource, log: Logger,
        settling: Duration = .zero, silenceLimit: Int = AlertDesk.silenceLimit
    ) {
        self.store = store
        self.sinks = sinks
        self.time = time
        self.log = log
        self.settling = settling
        self.silenceLimit = silenceLimit
        courier = AlertCourier(sinks: sinks, store: store, time: time, log: log)
        let engine = AlertEngine(catalog.rules, inhibitions: catalog.inhibitions, options: catalog.options)
        state = Locked(State(catalog: catalog, engine: engine))
    }

    /// Takes up what was before: silences, what people were told, and what they have yet to be told.
    func load(at wall: WallReading) async throws {
        let silences = try await store.silences(now: wall.earliest)
        let told = try await store.told()
        let now = time.boot()
        let sinks = state.withLock { state in
            for silence in silences { state.engine.silence(silence) }
            state.engine.takeUp(told, now: now, wall: wall.said, settling: settling)
            for one in told { state.written[one.alert.key] = one.told }
            return state.catalog.sinks
        }
        await courier.put(sinks)
        await courier.take(try await store.deliveries())
    }

    /// Puts other rules in force. What was told stays known: whose rule is gone is over, and is told so.
    func put(_ catalog: AlertCatalog) async {
        let now = time.boot()
        state.withLock { state in
            let before = state.catalog
            state.catalog = catalog
            guard
                catalog.rules != before.rules || catalog.inhibitions != before.inhibitions
                    || catalog.options != before.options
            else { return }
            state.engine.put(catalog.rules, inhibitions: catalog.inhibitions, options: catalog.options, now: now)
        }
        await courier.put(catalog.sinks)
        log.notice("alerts are in force", metadata: ["rules": "\(catalog.rules.count)"])
    }

    /// Looks at the figures and tells what has to be told.
    func judge(_ families: [FamilySnapshot], at wall: WallReading) async {
        let now = time.boot()
        let (notices, told, written, wanted) = state.withLock { state in
            let notices = state.engine.tick(families, now: now, wall: wall)
            return (notices, state.engine.told, state.written, state.catalog.sinks)
        }
        var telling = AlertStore.Telling()
        telling.notices = notices
        telling.deliveries = notices.flatMap { Self.dispatches($0, to: wanted) }
        telling.told = told.filter { written[$0.alert.key] != $0.told }
        telling.over = Array(Set(written.keys).subtracting(told.map(\.alert.key)))
        do {
            try await store.record(telling, at: wall.said)
            state.withLock { state in
                for one in telling.told { state.written[one.alert.key] = one.told }
                for key in telling.over { state.written[key] = nil }
            }
        } catch is CancellationError {
            // The end: the next run finds it again.
            return
        } catch {
            log.error("what is told of alerts is not written down, telling it all the same: \(error)")
        }
        for notice in notices { sinks.journal(notice) }
        await courier.take(telling.deliveries)
    }

    private static func dispatches(_ notice: AlertNotice, to sinks: [AlertSink]) -> [AlertDispatch] {
        let text = JSONRaw(notice).text
        let topic = JSON.text(notice.group)
        let isSign = (notice.firing + notice.resolved).allSatisfy { $0.severity == .none }
        return AlertCourier.named(sinks).map { name, _ in
            AlertDispatch(key: Identifier.random(), sink: name, topic: topic, isSign: isSign, notice: text)
        }
    }

    /// Ends what is being told; it stays on disk, and the next run tells it.
    func close() async {
        await courier.close()
    }

    // MARK: What is asked

    var alerts: [Alert] { state.withLock { $0.engine.alerts } }
    var rules: [String] { state.withLock { $0.engine.rules.map(\.name) } }

    /// Silences by their numbers, from the one after that number on; whether there are no more.
    func silences(after number: Int64, limit: Int) -> (page: [Silence], isLast: Bool) {
        let now = time.wall()
        let silences = state.withLock { $0.engine.silences }
        let rest = silences.drop { $0.id <= number }.filter { now < $0.until }
        return (Array(rest.prefix(limit)), rest.count <= limit)
    }

    func evaluate(_ expression: Monitoring.Expression) -> [[String: String]: Double]? {
        state.withLock { $0.engine.evaluate(expression) }
    }

    func events(_ count: Int) async throws -> [AlertStore.Event] { try await store.events(limit: count) }

    func silence(
        rule: String?, labels: [String: String], until: Timestamp, by author: String, comment: String
    ) async throws -> Silence {
        // With those being written: callers side by side would otherwise go beyond the limit together. Rows are not counted,
        // for what is over stands among them until the next start.
        let limit = silenceLimit
        try state.withLock { state throws(MetricsError) in
            guard state.engine.silences.count + state.underway < limit else { throw .silences(limit: limit) }
            state.underway += 1
        }
        do {
            let silence = try await store.add(rule: rule, labels: labels, until: until, by: author, comment: comment)
            state.withLock {
                $0.underway -= 1
                $0.engine.silence(silence)
            }
            return silence
        } catch {
            state.withLock { $0.underway -= 1 }
            throw error
        }
    }

    func endSilence(_ id: Int64) async throws -> Bool {
        let wasThere = try await store.endSilence(id)
        return state.withLock { $0.engine.endSilence(id) } || wasThere
    }

    /// Sends a notice that means nothing to every sink.
    func test() async -> [AlertDelivery] {
        let wall = time.wall()
        let alert = Alert(
            key: Alert.Key(rule: "test", labels: ["service": "metrics"]), severity: .warning,
            summary: "This is a test; nothing is wrong.", state: .firing, value: 1, since: wall, fired: wall)
        let notice = AlertNotice(group: ["service": "metrics"], firing: [alert], resolved: [])
        return await sinks.deliver(notice, to: state.withLock { $0.catalog.sinks })
    }

    /// What is wrong as figures, for Prometheus.
    var family: FamilySnapshot {
        var counts: [[String]: Int] = [:]
        for alert in alerts where alert.severity != .none {
            let key = [alert.key.rule, alert.severity.rawValue, alert.muted == nil ? alert.state.rawValue : "muted"]
            counts[key, default: 0] += 1
        }
        let now = time.wall()
        return FamilySnapshot(
            FamilyDescription(
                "millrace_alerts", "Alerts that hold, by rule.", .gauge, labels: ["rule", "severity", "state"]),
            counts.sorted { $0.key.description < $1.key.description }.map {
                SeriesSnapshot($0.key, created: now, .gauge(Double($0.value)))
            })
    }
}
