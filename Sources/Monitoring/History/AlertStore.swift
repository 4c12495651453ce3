import JSONCodec
import Linux
public import MillraceStore

/// Silences, and what was told of alerts, in `metrics.sqlite`.
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

    /// Those that are not over; what is over is removed.
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

    /// Writes down what is being told. It is on disk on return, so that nothing is told that nobody can look up.
    public func record(_ notifications: [AlertNotice], at time: Timestamp) async throws {
        let alerts = notifications.flatMap { $0.firing + $0.resolved }.filter { $0.severity != .none }
        guard !alerts.isEmpty else { return }
        try await database.write { connection in
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
