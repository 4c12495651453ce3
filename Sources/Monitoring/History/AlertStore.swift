import JSONCodec
import Linux
public import MillraceStore

/// Silences, what was told of alerts, and what has yet to be told, in `metrics.sqlite`.
public struct AlertStore: Sendable {
    /// Events that are kept; the oldest go first.
    public static let events = 10_000

    private let database: Database

    public init(_ database: Database) {
        self.database = database
    }

    /// Puts a silence down, and answers it with its number. It is on disk on return.
    public func add(
        rule: String?, labels: [String: String], until: Timestamp, by author: String, comment: String
    ) async throws -> Silence {
        let id = try await database.write { connection in
            try connection.run(
                "INSERT INTO silence (rule, labels, until, author, comment) VALUES (?, ?, ?, ?, ?)", SQLValue(rule),
                .text(JSON.text(labels)), .int(until.milliseconds), .text(author), .text(comment))
            return connection.lastInsertRowID
        }
        return Silence(id: id, rule: rule, labels: labels, until: until, by: author, comment: comment)
    }

    /// Ends a silence; whether there was one.
    public func endSilence(_ id: Int64) async throws -> Bool {
        try await database.write { try $0.run("DELETE FROM silence WHERE id = ?", .int(id)) } == 1
    }

    /// Those that are not over at that time; what is over is removed.
    public func silences(now: Timestamp) async throws -> [Silence] {
        try await database.write(.crash) { connection in
            try connection.run("DELETE FROM silence WHERE until <= ?", .int(now.milliseconds))
            return try connection.query("SELECT id, rule, labels, until, author, comment FROM silence ORDER BY id") {
                row in
                Silence(
                    id: row.int(0), rule: row.isNull(1) ? nil : row.text(1),
                    labels: try row.json(2, "the labels of silence \(row.int(0))"),
                    until: Timestamp(milliseconds: row.int(3)), by: row.text(4), comment: row.text(5))
            }
        }
    }

    /// What was told of an alert.
    public struct Event: Sendable, Hashable {
        public var time: Timestamp
        public var key: Alert.Key
        public var severity: String
        public var state: Alert.State
        public var value: Double
        public var summary: String
    }

    /// What became of the alerts that were told since it was written down last.
    public struct Telling: Sendable {
        public var notices: [AlertNotice] = []
        /// The notices on their way, one for each sink.
        public var deliveries: [AlertDispatch] = []
        /// Alerts that were told as firing.
        public var told: [ToldAlert] = []
        /// Alerts that are over and were told so, or that nobody has to be told of any more.
        public var over: [Alert.Key] = []

        public init() {}

        public var isEmpty: Bool { notices.isEmpty && deliveries.isEmpty && told.isEmpty && over.isEmpty }
    }

    /// Writes down what is being told. It is on disk on return, so that nothing is told that nobody can look up, and what was
    /// told is taken up again after a restart (``told()``, ``deliveries()``).
    public func record(_ telling: Telling, at time: Timestamp) async throws {
        guard !telling.isEmpty else { return }
        let alerts = telling.notices.flatMap { $0.firing + $0.resolved }.filter { $0.severity != .none }
        // Signs of life are told again soon, and alerts are looked for anew.
        let isLasting = !alerts.isEmpty || !telling.told.isEmpty || !telling.over.isEmpty
        try await database.write(isLasting ? .disk : .crash) { connection in
            for alert in alerts {
                try connection.run(
                    """
                    INSERT INTO event (time, rule, labels, severity, state, value, summary) VALUES (?, ?, ?, ?, ?, ?, ?)
                    """, .int(time.milliseconds), .text(alert.key.rule), .text(JSON.text(alert.key.labels)),
                    .text(alert.severity.rawValue), .text(alert.state.rawValue), .real(alert.value),
                    .text(alert.summary))
            }
            try connection.run(
                "DELETE FROM event WHERE id <= (SELECT MAX(id) FROM event) - ?", .int(Int64(Self.events)))
            for one in telling.told { try Self.put(one, connection) }
            for key in telling.over {
                try connection.run(
                    "DELETE FROM told WHERE rule = ? AND labels = ?", .text(key.rule), .text(JSON.text(key.labels)))
            }
            for one in telling.deliveries {
                try connection.run(
                    "INSERT INTO delivery (key, sink, topic, sign, notice) VALUES (?, ?, ?, ?, ?)", .text(one.key),
                    .text(one.sink), .text(one.topic), .int(one.isSign ? 1 : 0), .text(one.notice))
            }
        }
    }

    private static func put(_ one: ToldAlert, _ connection: Connection) throws {
        let alert = one.alert
        try connection.run(
            """
            INSERT OR REPLACE INTO told (rule, labels, severity, summary, value, since, fired, told)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """, .text(alert.key.rule), .text(JSON.text(alert.key.labels)), .text(alert.severity.rawValue),
            .text(alert.summary), .real(alert.value), .int(alert.since.milliseconds),
            SQLValue(alert.fired?.milliseconds), .int(one.told.milliseconds))
    }

    /// Alerts that were told as firing and not yet as over.
    public func told() async throws -> [ToldAlert] {
        try await database.read { connection in
            try connection.query(
                "SELECT rule, labels, severity, summary, value, since, fired, told FROM told ORDER BY rule, labels"
            ) { row in
                let alert = Alert(
                    key: Alert.Key(rule: row.text(0), labels: try row.json(1, "the labels of an alert")),
                    severity: AlertRule.Severity(rawValue: row.text(2)) ?? .warning, summary: row.text(3),
                    state: .firing, value: row.real(4), since: Timestamp(milliseconds: row.int(5)),
                    fired: row.isNull(6) ? nil : Timestamp(milliseconds: row.int(6)))
                return ToldAlert(alert: alert, told: Timestamp(milliseconds: row.int(7)))
            }
        }
    }

    /// Notices that are on their way, in the order in which they were told.
    public func deliveries() async throws -> [AlertDispatch] {
        try await database.read { connection in
            try connection.query("SELECT key, sink, topic, sign, notice FROM delivery ORDER BY id") { row in
                AlertDispatch(
                    key: row.text(0), sink: row.text(1), topic: row.text(2), isSign: row.int(3) == 1,
                    notice: row.text(4))
            }
        }
    }

    /// Forgets notices that came to their sink, or never will. Not synced: what a power cut brings back is told twice.
    public func forget(_ keys: [String]) async throws {
        guard !keys.isEmpty else { return }
        try await database.write(.crash) { connection in
            for key in keys { try connection.run("DELETE FROM delivery WHERE key = ?", .text(key)) }
        }
    }

    /// The last ones, the newest first.
    public func events(limit: Int = 100) async throws -> [Event] {
        try await database.read { connection in
            try connection.query(
                "SELECT time, rule, labels, severity, state, value, summary FROM event ORDER BY id DESC LIMIT ?",
                .int(Int64(limit))
            ) { row in
                Event(
                    time: Timestamp(milliseconds: row.int(0)),
                    key: Alert.Key(
                        rule: row.text(1), labels: try row.json(2, "the labels of an alert")),
                    severity: row.text(3), state: Alert.State(rawValue: row.text(4)) ?? .firing, value: row.real(5),
                    summary: row.text(6))
            }
        }
    }
}
