import Linux
import MillraceProtocol
import MillraceStore

/// A queue or kind that was paused, drained or opened by hand.
struct Gate: Hashable, Sendable {
    enum Scope: String, Sendable { case queue, kind }

    var scope: Scope
    var name: String
    var state: GateState
    var reason: String?
    /// When a pause ends by itself.
    var until: Timestamp?
    var since: Timestamp
}

/// What was set for a queue by hand.
struct QueueRule: Hashable, Sendable {
    var name: String
    var durability: JobDurability?
    var runningLimit: Int?
    var waitingLimit: Int?
}

/// A limit that was set by hand; without name it is the scope's default.
struct LimitRule: Hashable, Sendable {
    var scope: LimitScope
    var name: String?
    var running: Int?
    var waiting: Int?
    /// Kept to a thousandth.
    var ratePerSecond: Double?
    var burst: Int?
}

/// What people set while the runner runs, kept over its restarts.
extension JobStore {
    static func gates(_ db: Connection) throws -> [Gate] {
        try db.query("SELECT scope, name, state, reason, until, changed_at FROM gate ORDER BY scope, name") { row in
            Gate(
                scope: Gate.Scope(rawValue: row.text(0)) ?? .queue, name: row.text(1),
                state: GateState(rawValue: row.text(2)) ?? .open, reason: row.textOrNil(3),
                until: row.intOrNil(4).map(Timestamp.init(milliseconds:)), since: Timestamp(milliseconds: row.int(5)))
        }
    }

    static func setGate(_ db: Connection, _ gate: Gate) throws {
        try db.run(
            "INSERT OR REPLACE INTO gate (scope, name, state, reason, until, changed_at) VALUES (?, ?, ?, ?, ?, ?)",
            .text(gate.scope.rawValue), .text(gate.name), .text(gate.state.rawValue), SQLValue(gate.reason),
            SQLValue(gate.until?.milliseconds), SQLValue(gate.since.milliseconds))
    }

    static func queues(_ db: Connection) throws -> [QueueRule] {
        try db.query("SELECT name, durability, running_limit, waiting_limit FROM queue ORDER BY name") { row in
            QueueRule(
                name: row.text(0), durability: row.textOrNil(1).flatMap(JobDurability.init),
                runningLimit: row.intOrNil(2).map(Int.init), waitingLimit: row.intOrNil(3).map(Int.init))
        }
    }

    static func setQueue(_ db: Connection, _ rule: QueueRule) throws {
        try db.run(
            "INSERT OR REPLACE INTO queue (name, durability, running_limit, waiting_limit) VALUES (?, ?, ?, ?)",
            .text(rule.name), SQLValue(rule.durability?.rawValue), SQLValue(rule.runningLimit),
            SQLValue(rule.waitingLimit))
    }

    static func limitRules(_ db: Connection) throws -> [LimitRule] {
        try db.query(
            "SELECT scope, name, running, waiting, rate_milli, burst FROM limit_rule ORDER BY scope, name"
        ) { row in
            LimitRule(
                scope: LimitScope(rawValue: row.text(0)) ?? .machine, name: row.text(1).isEmpty ? nil : row.text(1),
                running: row.intOrNil(2).map(Int.init), waiting: row.intOrNil(3).map(Int.init),
                ratePerSecond: row.intOrNil(4).map { Double($0) / 1000 }, burst: row.intOrNil(5).map(Int.init))
        }
    }

    static func setLimit(_ db: Connection, _ rule: LimitRule) throws {
        try db.run(
            """
            INSERT OR REPLACE INTO limit_rule (scope, name, running, waiting, rate_milli, burst)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            .text(rule.scope.rawValue), .text(rule.name ?? ""), SQLValue(rule.running), SQLValue(rule.waiting),
            SQLValue(rule.ratePerSecond.map { Int64(($0 * 1000).rounded()) }), SQLValue(rule.burst))
    }

    static func clearLimit(_ db: Connection, _ scope: LimitScope, _ name: String?) throws {
        try db.run(
            "DELETE FROM limit_rule WHERE scope = ? AND name = ?", .text(scope.rawValue), .text(name ?? ""))
    }

    /// Breakers that are held open (true) or closed (false).
    static func breakers(_ db: Connection) throws -> [String: Bool] {
        Dictionary(
            try db.query("SELECT name, forced = 'open' FROM breaker ORDER BY name") { ($0.text(0), $0.bool(1)) }
        ) { $1 }
    }

    /// - Parameter open: Nil when the breaker is left to itself again.
    static func forceBreaker(_ db: Connection, _ name: String, open: Bool?) throws {
        guard let open else {
            try db.run("DELETE FROM breaker WHERE name = ?", .text(name))
            return
        }
        try db.run(
            "INSERT OR REPLACE INTO breaker (name, forced) VALUES (?, ?)", .text(name), .text(open ? "open" : "closed"))
    }
}
