import Linux
import Logging
import MillraceProtocol
import Monitoring
import Telemetry

/// What is wrong at the moment, and who is told of it.
final class AlertDesk: Sendable {
    /// Notices that wait for their sinks; the oldest is dropped for the next.
    static let backlog = 1000
    /// Silences that hold at one time.
    static let silenceLimit = 50_000

    private struct State {
        var catalog: AlertCatalog
        var engine: AlertEngine
        /// Silences that are being written.
        var underway = 0
    }

    private let store: AlertStore
    private let sinks: AlertSinks
    private let time: any TimeSource
    private let log: Logger
    private let silenceLimit: Int
    private let state: Locked<State>
    private let outbox: AsyncStream<AlertNotice>.Continuation
    private let telling: Task<Void, Never>

    init(
        _ catalog: AlertCatalog, store: AlertStore, sinks: AlertSinks, time: any TimeSource, log: Logger,
        silenceLimit: Int = AlertDesk.silenceLimit
    ) {
        self.store = store
        self.sinks = sinks
        self.time = time
        self.log = log
        self.silenceLimit = silenceLimit
        let state = Locked(State(catalog: catalog, engine: Self.engine(catalog)))
        self.state = state
        let (notices, outbox) = AsyncStream.makeStream(
            of: AlertNotice.self, bufferingPolicy: .bufferingNewest(Self.backlog))
        self.outbox = outbox
        telling = Task {
            for await notice in notices {
                await sinks.tell(notice, to: state.withLock { $0.catalog.sinks })
            }
        }
    }

    private static func engine(_ catalog: AlertCatalog) -> AlertEngine {
        AlertEngine(catalog.rules, inhibitions: catalog.inhibitions, options: catalog.options)
    }

    /// Takes up the silences of before.
    func load() async throws {
        let silences = try await store.silences(now: time.wall())
        state.withLock { state in for silence in silences { state.engine.silence(silence) } }
    }

    /// Puts other rules in force. What holds now is judged anew.
    func put(_ catalog: AlertCatalog) {
        state.withLock { state in
            guard
                catalog.rules != state.catalog.rules || catalog.inhibitions != state.catalog.inhibitions
                    || catalog.options != state.catalog.options
            else {
                state.catalog = catalog
                return
            }
            let silences = state.engine.silences
            state.catalog = catalog
            state.engine = Self.engine(catalog)
            for silence in silences { state.engine.silence(silence) }
        }
        log.notice("alerts are in force", metadata: ["rules": "\(catalog.rules.count)"])
    }

    /// Looks at the figures and tells what has to be told.
    func judge(_ families: [FamilySnapshot]) async {
        let (now, wall) = (time.boot(), time.wall())
        let notices = state.withLock { $0.engine.tick(families, now: now, wall: wall) }
        guard !notices.isEmpty else { return }
        do {
            try await store.record(notices, at: wall)
        } catch {
            log.error("what is told of alerts is not written down, telling it all the same: \(error)")
        }
        for notice in notices { outbox.yield(notice) }
    }

    /// Tells what waits, at most as long as sinks may take.
    func close() async {
        outbox.finish()
        telling.cancel()
        await telling.value
    }

    // MARK: What is asked

    var alerts: [Alert] { state.withLock { $0.engine.alerts } }
    var rules: [String] { state.withLock { $0.engine.rules.map(\.name) } }

    /// Silences by their numbers, from the one after that number on; whether there are no more.
    func silences(after number: Int64, limit: Int) -> (page: [Silence], isLast: Bool) {
        let silences = state.withLock { $0.engine.silences }
        let rest = silences.drop { $0.id <= number }
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
