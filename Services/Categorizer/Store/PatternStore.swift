import Categorization
import Decimals
import JSONCodec
import Linux
import Logging
import MillraceProtocol
import MillraceStore

/// Categories, patterns, rules and preferences in the database.
enum PatternStore {
    struct Loaded: Sendable {
        var categories: [Library.Category]
        var patterns: [Pattern]
        var composites: [CompositePattern]
        var rules: [KeptRule]
        var preferences: [KeptPreference]
        var said: [String: ChatStore.Answer]
    }

    /// All of it. What cannot be read any more holds for nothing, and is named in the log.
    static func load(_ db: Connection, _ log: Logger) throws -> Loaded {
        func read<Value>(_ what: String, or nothing: Value, _ body: () throws -> Value) -> Value {
            do {
                return try body()
            } catch {
                log.warning("\(what) cannot be read and holds for nothing: \(error)")
                return nothing
            }
        }
        let categories = try db.query("SELECT id, name, parent, colour FROM category ORDER BY id") { row in
            Library.Category(
                id: CategoryID(row.int(0)), name: row.text(1), parent: row.intOrNil(2).map { CategoryID($0) },
                colour: row.textOrNil(3))
        }
        let patterns = try db.query(
            """
            SELECT id, owner, category, type, value, weight, usage_count, success_count, active, user_created, statistics,
                touched_on, merged_into FROM pattern ORDER BY id
            """
        ) { row in
            Pattern(
                id: PatternID(row.int(0)), owner: row.text(1).nonEmpty, category: CategoryID(row.int(2)),
                type: PatternType(rawValue: row.text(3)) ?? .keyword, value: row.text(4), weight: row.real(5),
                usageCount: Int(row.int(6)), successCount: Int(row.int(7)), isActive: row.bool(8),
                isUserCreated: row.bool(9),
                statistics: read("what amounts the pattern \(row.text(4)) has met", or: PatternStatistics()) {
                    try PatternStatistics(text: row.text(10))
                }, touchedOn: row.int(11), mergedInto: row.intOrNil(12).map { PatternID($0) })
        }
        let composites = try db.query(
            "SELECT id, owner, name, category, combination, patterns, weight, active FROM composite ORDER BY id"
        ) { row in
            CompositePattern(
                id: PatternID(row.int(0)), owner: row.text(1).nonEmpty, category: CategoryID(row.int(3)),
                name: row.text(2), combination: CompositePattern.Operator(rawValue: row.text(4)) ?? .and,
                patterns: read("the composite \(row.text(2))", or: []) {
                    try JSON.decode([Int64].self, from: row.text(5)).map { PatternID($0) }
                },
                weight: row.real(6), isActive: row.bool(7))
        }
        let rules = try db.query(
            "SELECT owner, name, category, condition, priority, active FROM rule ORDER BY id"
        ) { row in
            let raw = JSONRaw(unchecked: Array(row.text(3).utf8))
            return KeptRule(
                rule: Rule(
                    name: row.text(1), owner: row.text(0).nonEmpty, category: CategoryID(row.int(2)),
                    condition: read("the rule \(row.text(1))", or: .any([])) {
                        try ConditionText.condition(raw, field: "condition")
                    },
                    priority: Int(row.int(4)), isActive: row.bool(5)),
                condition: raw)
        }
        let preferences = try db.query(
            "SELECT owner, context, value, category, weight, usage_count, by_hand FROM preference ORDER BY owner, value"
        ) { row in
            KeptPreference(
                preference: UserPreference(
                    owner: row.text(0).nonEmpty, category: CategoryID(row.int(3)),
                    context: UserPreference.Context(rawValue: row.text(1)) ?? .merchant, value: row.text(2),
                    weight: row.real(4), usageCount: Int(row.int(5))), isByHand: row.bool(6))
        }
        return Loaded(
            categories: categories, patterns: patterns, composites: composites, rules: rules, preferences: preferences,
            said: try ChatStore.answers(db))
    }

    /// Writes a pattern as it is now; who taught it stays with the first who did.
    static func put(
        _ db: Connection, _ pattern: Pattern, by user: String, expense: String?, at now: Timestamp
    ) throws {
        try db.run(
            """
            INSERT INTO pattern (id, owner, category, type, value, weight, usage_count, success_count, active, user_created,
                statistics, touched_on, merged_into, taught_by, taught_at, taught_expense)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET weight = excluded.weight, usage_count = excluded.usage_count,
                success_count = excluded.success_count, active = excluded.active, user_created = excluded.user_created,
                statistics = excluded.statistics, touched_on = excluded.touched_on, merged_into = excluded.merged_into
            """,
            [
                .int(pattern.id.value), .text(pattern.owner ?? ""), .int(pattern.category.value),
                .text(pattern.type.rawValue), .text(pattern.value), .real(pattern.weight), SQLValue(pattern.usageCount),
                SQLValue(pattern.successCount), SQLValue(pattern.isActive), SQLValue(pattern.isUserCreated),
                .text(pattern.statistics.text), .int(pattern.touchedOn), SQLValue(pattern.mergedInto?.value),
                .text(user), .int(now.milliseconds), SQLValue(expense),
            ])
    }

    static func put(_ db: Connection, _ kept: KeptPreference) throws {
        let preference = kept.preference
        try db.run(
            """
            INSERT INTO preference (owner, context, value, category, weight, usage_count, by_hand) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (owner, context, value, category) DO UPDATE SET weight = excluded.weight,
                usage_count = excluded.usage_count, by_hand = max(by_hand, excluded.by_hand)
            """, .text(preference.owner ?? ""), .text(preference.context.rawValue), .text(preference.value),
            .int(preference.category.value), .real(preference.weight), SQLValue(preference.usageCount),
            SQLValue(kept.isByHand))
    }

    static func put(_ db: Connection, _ kept: KeptRule, by user: String, at now: Timestamp) throws {
        let rule = kept.rule
        try db.run(
            """
            INSERT INTO rule (owner, name, category, condition, priority, active, taught_by, taught_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (owner, name) DO UPDATE SET category = excluded.category, condition = excluded.condition,
                priority = excluded.priority, active = excluded.active, taught_by = excluded.taught_by,
                taught_at = excluded.taught_at
            """, .text(rule.owner ?? ""), .text(rule.name), .int(rule.category.value), .text(kept.condition.text),
            SQLValue(rule.priority), SQLValue(rule.isActive), .text(user), .int(now.milliseconds))
    }
}

/// A rule with its condition as it was written.
struct KeptRule: Hashable, Sendable {
    var rule: Rule
    var condition: JSONRaw
}

/// A preference, and whether a person set it.
struct KeptPreference: Hashable, Sendable {
    var preference: UserPreference
    var isByHand: Bool

    /// What came about by itself speaks once it would be an answer; what a person set speaks at once.
    var speaks: Bool { isByHand || preference.confidence >= 0.5 }
}

extension PatternStatistics {
    /// As it stands in the database: amounts, expenses by hour, expenses by weekday.
    var text: String {
        JSON.text(
            JSONValue.object([
                JSONMember("amounts", .array(amounts.map { .number(String($0)) })),
                JSONMember("hours", .array(hours.map { .number(String($0)) })),
                JSONMember("weekdays", .array(weekdays.map { .number(String($0)) })),
            ]))
    }

    init(text: String) throws(JSONError) {
        let value = try JSON.decode(JSONValue.self, from: text)
        let counts = { (name: String, first: Int) -> [Int: Int] in
            let list = (value[name]?.elements ?? []).enumerated().map { ($0.offset + first, $0.element.intValue ?? 0) }
            return Dictionary(list.filter { $0.1 > 0 }, uniquingKeysWith: { first, _ in first })
        }
        self.init(
            amounts: (value["amounts"]?.elements ?? []).compactMap(\.doubleValue), hours: counts("hours", 0),
            weekdays: counts("weekdays", 1))
    }
}
