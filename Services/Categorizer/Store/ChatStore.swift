import Categorization
import Decimals
import Linux
import MillraceProtocol
import MillraceStore

/// What a chat service has said and cost, in the database.
enum ChatStore {
    /// For so long a merchant counts as being asked about; then whoever asked is gone.
    private static let patience: Int64 = 600_000
    /// For so long nobody is asked again about a merchant of whom the service did not know either.
    private static let ignorance: Int64 = 30 * 86_400_000
    /// For so long what single questions have cost is kept.
    private static let memory: Int64 = 400 * 86_400_000

    /// What a model has said of a merchant.
    struct Answer: Hashable, Sendable {
        var category: CategoryID
        var model: String
    }

    /// Answers that name a category, by merchant.
    static func answers(_ db: Connection) throws -> [String: Answer] {
        let rows = try db.query("SELECT merchant, category, model FROM chat_answer WHERE category IS NOT NULL") { row in
            (row.text(0), Answer(category: CategoryID(row.int(1)), model: row.text(2)))
        }
        return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }

    /// Writes down that these merchants are asked about, as far as the budget allows: the rest is refused.
    static func reserve(
        _ db: Connection, _ merchants: [String], cost: ExactDecimal, budget: ExactDecimal, month: String,
        at now: Timestamp
    ) throws -> ChatReserve.Result {
        let now = now.milliseconds
        try db.run("DELETE FROM chat_question WHERE asked_at < ?", .int(now - memory))
        try db.run("INSERT OR IGNORE INTO chat_month (month, spent) VALUES (?, '0')", .text(month))
        let known = Set(
            try db.query(
                "SELECT merchant FROM chat_answer WHERE category IS NOT NULL OR answered_at > ?", .int(now - ignorance)
            ) { $0.text(0) })
        let underway = Set(
            try db.query(
                "SELECT merchant FROM chat_question WHERE settled_at IS NULL AND asked_at > ?", .int(now - patience)
            ) { $0.text(0) })
        var spent = try spent(db, month)
        var result = ChatReserve.Result(questions: [], pending: 0, refused: 0)
        for merchant in merchants where !known.contains(merchant) {
            if underway.contains(merchant) {
                result.pending += 1
                continue
            }
            guard let total = try? spent.adding(cost), total <= budget else {
                // A sum that cannot be said exactly is above every budget.
                result.refused += 1
                continue
            }
            spent = total
            try db.run(
                "INSERT INTO chat_question (month, merchant, reserved, asked_at) VALUES (?, ?, ?, ?)", .text(month),
                .text(merchant), .text("\(cost)"), .int(now))
            result.questions.append(ChatQuestionView(id: db.lastInsertRowID, merchant: merchant))
        }
        try write(db, spent, month)
        return result
    }

    /// Puts what questions have cost in the place of what they might have, and keeps what was answered. A question that
    /// is settled already, or not known, is passed over. Says what was answered with a category.
    static func settle(
        _ db: Connection, _ outcomes: [(outcome: ChatOutcome, category: CategoryID?)], at now: Timestamp
    ) throws -> [String: Answer] {
        var answered: [String: Answer] = [:]
        for (outcome, category) in outcomes {
            let question = try db.first(
                "SELECT month, merchant, reserved FROM chat_question WHERE id = ? AND settled_at IS NULL",
                .int(outcome.id)
            ) { (month: $0.text(0), merchant: $0.text(1), reserved: $0.text(2)) }
            guard let question else { continue }
            try db.run(
                "UPDATE chat_question SET cost = ?, model = ?, settled_at = ? WHERE id = ?", .text("\(outcome.cost)"),
                SQLValue(outcome.model), .int(now.milliseconds), .int(outcome.id))
            let reserved = try amount(question.reserved)
            let spent = try spent(db, question.month).subtracting(reserved).adding(outcome.cost)
            try write(db, spent, question.month)
            guard let model = outcome.model else { continue }
            try db.run(
                """
                INSERT INTO chat_answer (merchant, category, model, answered_at) VALUES (?, ?, ?, ?)
                ON CONFLICT (merchant) DO UPDATE SET category = excluded.category, model = excluded.model,
                    answered_at = excluded.answered_at
                """, .text(question.merchant), SQLValue(category?.value), .text(model), .int(now.milliseconds))
            if let category { answered[question.merchant] = Answer(category: category, model: model) }
        }
        return answered
    }

    static func view(_ db: Connection, month: String, budget: ExactDecimal) throws -> ChatBudgetView {
        let questions = try db.first("SELECT count(*) FROM chat_question WHERE month = ?", .text(month)) { $0.int(0) }
        let merchants = try db.first("SELECT count(*) FROM chat_answer") { $0.int(0) }
        return ChatBudgetView(
            month: month, budget: budget, spent: try spent(db, month), questions: Int(questions ?? 0),
            merchants: Int(merchants ?? 0))
    }

    private static func spent(_ db: Connection, _ month: String) throws -> ExactDecimal {
        guard let text = try db.first("SELECT spent FROM chat_month WHERE month = ?", .text(month), row: { $0.text(0) })
        else { return 0 }
        return try amount(text)
    }

    private static func write(_ db: Connection, _ spent: ExactDecimal, _ month: String) throws {
        try db.run("UPDATE chat_month SET spent = ? WHERE month = ?", .text("\(spent)"), .text(month))
    }

    private static func amount(_ text: String) throws(StoreError) -> ExactDecimal {
        guard let amount = ExactDecimal(text) else { throw StoreError(.corrupt, "\"\(text)\" is no amount") }
        return amount
    }
}
