import Categorization
import Decimals
import JSONCodec
import Linux
import Logging
import MillraceProtocol
import MillraceStore

/// Expenses in the database. Each is a few statements on a connection that the caller has.
enum ExpenseStore {
    /// The stored expenses of these ids, with one statement however many there are.
    static func rows(_ db: Connection, ids: [String]) throws -> [ExpenseRow] {
        try db.query(
            "SELECT \(ExpenseRow.columns) FROM expense WHERE id IN (SELECT value FROM json_each(?))",
            .text(JSON.text(ids)), row: ExpenseRow.init)
    }

    /// What was decided by machine; a person's word is not touched. One statement for all. Returns the numbers of those that
    /// were changed, in the order of the answers, by their place.
    static func store(_ db: Connection, _ answers: [StoredAnswer], at now: Timestamp) throws -> Int {
        let list = JSON.text(
            JSONValue.array(
                answers.map { answer in
                    .array([
                        .string(answer.id), .number(String(answer.category.value)), .number(String(answer.confidence)),
                        .string(answer.method),
                    ])
                }))
        return try db.run(
            """
            UPDATE expense SET category = given.category, auto = 1, confidence = given.confidence, method = given.method,
                categorized_at = ?2, categorized_by = 'categorizer', operation = NULL
            FROM (SELECT value ->> 0 AS id, value ->> 1 AS category, value ->> 2 AS confidence, value ->> 3 AS method
                FROM json_each(?1)) AS given
            WHERE expense.id = given.id AND expense.confirmed = 0
            """, .text(list), .int(now.milliseconds))
    }

    struct StoredAnswer: Sendable {
        var id: String
        var category: CategoryID
        var confidence: Double
        var method: String
    }

    struct Kept: Sendable {
        enum Change { case new, changed, same }
        var change: Change
        /// As it is kept now.
        var record: ExpenseRecord
        /// Whether the category that was given is not: a person has said another one since.
        var isOverruled = false
    }

    /// Keeps an expense, with its category where a file tells one. Of one that is known, what is left out stays, and so does
    /// a category that a person has given it himself.
    static func keep(
        _ db: Connection, _ record: ExpenseRecord, category: CategoryID?, by user: String, at now: Timestamp
    ) throws -> Kept {
        let known = try db.first(
            "SELECT \(ExpenseRow.columns) FROM expense WHERE id = ?", .text(record.id), row: ExpenseRow.init)
        let stands = record.over(known?.record)
        let values: [SQLValue] = [
            .text(stands.owner ?? ""), SQLValue(stands.merchantName), SQLValue(stands.merchantNormalized),
            SQLValue(stands.description), SQLValue(stands.amount.map { "\($0)" }), SQLValue(stands.currency),
            SQLValue(stands.transactionDate),
        ]
        let told = category.map { SQLValue.int($0.value) } ?? .null
        guard let known else {
            try db.run(
                """
                INSERT INTO expense (owner, merchant_name, merchant_normalized, description, amount, currency, transaction_date,
                    id, category, confirmed, auto, confidence, method, categorized_at, categorized_by)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)
                """,
                values + [
                    .text(record.id), told, SQLValue(category != nil), category == nil ? .null : 1.0,
                    category == nil ? .null : "manual", category == nil ? .null : .int(now.milliseconds),
                    category == nil ? .null : .text(user),
                ])
            return Kept(change: .new, record: stands)
        }
        var kept = Kept(change: .changed, record: stands)
        kept.isOverruled = try category != nil && category != known.category && isSaid(db, known)
        let category = kept.isOverruled ? nil : category
        if known.record == stands, category == nil || (known.category == category && known.isConfirmed) {
            kept.change = .same
            return kept
        }
        try db.run(
            """
            UPDATE expense SET owner = ?, merchant_name = ?, merchant_normalized = ?, description = ?, amount = ?,
                currency = ?, transaction_date = ? WHERE id = ?
            """, values + [.text(record.id)])
        if let category { try confirm(db, record.id, category, by: user, method: "manual", at: now) }
        return kept
    }

    /// Whether a person has given the expense its category, by a lesson or with others, and no file.
    private static func isSaid(_ db: Connection, _ row: ExpenseRow) throws -> Bool {
        guard row.isConfirmed else { return false }
        return try db.first(
            """
            SELECT EXISTS (SELECT 1 FROM lesson WHERE expense = ?1)
                OR EXISTS (SELECT 1 FROM expense WHERE id = ?1 AND operation IS NOT NULL)
            """, .text(row.record.id)
        ) { $0.bool(0) } ?? false
    }

    /// A person has said so.
    static func confirm(
        _ db: Connection, _ id: String, _ category: CategoryID, by user: String, method: String, confidence: Double = 1,
        at now: Timestamp
    ) throws {
        try db.run(
            """
            UPDATE expense SET category = ?, confirmed = 1, auto = 0, confidence = ?, method = ?, categorized_at = ?,
                categorized_by = ?, operation = NULL WHERE id = ?
            """, .int(category.value), .real(confidence), .text(method), .int(now.milliseconds), .text(user), .text(id))
    }

    static func confirmed(_ db: Connection) throws -> Int {
        try db.first("SELECT count(*) FROM expense WHERE confirmed = 1") { Int($0.int(0)) } ?? 0
    }

    /// Hands over confirmed expenses, the oldest first.
    static func eachConfirmed(_ db: Connection, log: Logger, _ body: (ExpenseRow, Expense) -> Void) throws {
        try db.each("SELECT \(ExpenseRow.columns) FROM expense WHERE confirmed = 1 ORDER BY number") { row in
            let row = ExpenseRow(row)
            if let expense = row.expense(naming: log) { body(row, expense) }
            return true
        }
    }
}
