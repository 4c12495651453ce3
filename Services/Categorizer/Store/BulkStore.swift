import Categorization
import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore

/// Bulk operations in the database.
enum BulkStore {
    static let undoWithin: Int64 = 24 * 3_600_000

    struct Change: Sendable {
        var row: ExpenseRow
        var category: CategoryID
        var confidence: Double
    }

    /// A pattern of a merchant whose expenses an operation categorized.
    struct Taught: Sendable {
        var pattern: Pattern
        /// Whether the operation made it, or put it into force again.
        var isMade: Bool
    }

    /// What an operation did, beside the categories it gave.
    struct Teaching: Sendable {
        var patterns: [Taught] = []
        /// Whether the learned layer took the expenses in.
        var isLearned = false
    }

    /// Writes an operation that is done with what each expense was before, and what it taught.
    static func record(
        _ db: Connection, _ kind: BulkKind, _ changes: [Change], _ teaching: Teaching, category: CategoryID?,
        by user: String, at now: Timestamp
    ) throws -> Int64 {
        try db.run(
            """
            INSERT INTO bulk_operation (kind, status, category, taught, done_by, done_at)
            VALUES (?, 'completed', ?, ?, ?, ?)
            """, .text(kind.rawValue), SQLValue(category?.value), SQLValue(teaching.isLearned), .text(user),
            .int(now.milliseconds))
        let operation = db.lastInsertRowID
        for change in changes {
            try db.run(
                """
                INSERT INTO bulk_item (operation, expense, category, confirmed, new_category, previous_operation)
                SELECT ?, id, ?, ?, ?, operation FROM expense WHERE id = ?
                """, .int(operation), SQLValue(change.row.category?.value), SQLValue(change.row.isConfirmed),
                .int(change.category.value), .text(change.row.record.id))
            let isByHand = kind == .apply
            try db.run(
                """
                UPDATE expense SET category = ?, confirmed = ?, auto = ?, confidence = ?, method = ?, categorized_at = ?,
                    categorized_by = ?, operation = ? WHERE id = ?
                """, .int(change.category.value), SQLValue(isByHand), SQLValue(!isByHand), .real(change.confidence),
                .text(isByHand ? "bulk_manual" : "bulk_auto"), .int(now.milliseconds), .text(user), .int(operation),
                .text(change.row.record.id))
        }
        for taught in teaching.patterns {
            let pattern = taught.pattern
            if taught.isMade {
                try PatternStore.put(db, pattern, by: user, expense: nil, at: now)
                try db.run(
                    "INSERT INTO bulk_pattern (operation, pattern, weight, success_count) VALUES (?, ?, ?, ?)",
                    .int(operation), .int(pattern.id.value), .real(pattern.weight), SQLValue(pattern.successCount))
            } else {
                // It stands as long as one of the operations that taught it.
                try db.run(
                    """
                    INSERT OR IGNORE INTO bulk_pattern (operation, pattern, weight, success_count)
                    SELECT ?, pattern, min(weight), min(success_count) FROM bulk_pattern WHERE pattern = ? GROUP BY pattern
                    """, .int(operation), .int(pattern.id.value))
            }
        }
        return operation
    }

    /// Patterns that only this operation has taught, as they were then.
    static func taught(_ db: Connection, _ operation: Int64) throws -> [(id: PatternID, weight: Double, successes: Int)]
    {
        try db.query(
            """
            SELECT pattern, weight, success_count FROM bulk_pattern AS its WHERE operation = ?1 AND NOT EXISTS (
                SELECT 1 FROM bulk_pattern AS other WHERE other.pattern = its.pattern AND other.operation <> ?1)
            """, .int(operation)
        ) { (id: PatternID($0.int(0)), weight: $0.real(1), successes: Int($0.int(2))) }
    }

    /// The pattern is a person's own from now on, and goes with no operation.
    static func release(_ db: Connection, _ pattern: PatternID) throws {
        try db.run("DELETE FROM bulk_pattern WHERE pattern = ?", .int(pattern.value))
    }

    /// What taking back has changed.
    struct Undone: Sendable {
        var operation: Int64
        /// Expenses that have the category again that they had before.
        var restored: [String]
        /// Whether the category that it gave is gone from expenses, or from what a later operation goes back to.
        var isForgotten: Bool
        /// Whether a model that knew the operation is out of force.
        var isModelWithdrawn = false
    }

    /// Takes an operation back: each expense gets the category it had, where nothing has given it one since; where a later
    /// operation has, that one goes back to it. Models that were trained on the operation are out of force.
    static func undo(_ db: Connection, _ operation: Int64, by user: String, at now: Timestamp) throws -> Undone {
        let known = try db.first("SELECT kind, status, done_at FROM bulk_operation WHERE id = ?", .int(operation)) {
            (kind: $0.text(0), status: $0.text(1), at: $0.int(2))
        }
        guard let known else { throw CategorizerError.unknownOperation(operation) }
        guard known.kind != BulkKind.undo.rawValue else {
            throw CategorizerError.notUndoable(operation, "took another back; it cannot be taken back itself")
        }
        guard known.status == BulkStatus.completed.rawValue else {
            throw CategorizerError.notUndoable(operation, "is \(known.status); only a completed one can be taken back")
        }
        guard now.milliseconds - known.at < undoWithin else {
            throw CategorizerError.notUndoable(operation, "is older than 24 hours")
        }
        let restored = try db.query(
            """
            UPDATE expense SET category = item.category, confirmed = item.confirmed, auto = 0, confidence = NULL,
                method = CASE WHEN item.category IS NULL THEN NULL ELSE 'undone' END, categorized_at = ?2,
                operation = item.previous_operation
            FROM (SELECT expense, category, confirmed, previous_operation FROM bulk_item WHERE operation = ?1) AS item
            WHERE expense.id = item.expense AND expense.operation = ?1 RETURNING expense.id
            """, .int(operation), .int(now.milliseconds)
        ) { $0.text(0) }
        let unlinked = try db.run(
            """
            UPDATE bulk_item SET category = own.category, confirmed = own.confirmed,
                previous_operation = own.previous_operation
            FROM (SELECT expense, category, confirmed, previous_operation FROM bulk_item WHERE operation = ?1) AS own
            WHERE bulk_item.previous_operation = ?1 AND bulk_item.expense = own.expense
            """, .int(operation))
        try db.run("UPDATE bulk_operation SET status = 'undone' WHERE id = ?", .int(operation))
        try db.run("DELETE FROM bulk_pattern WHERE operation = ?", .int(operation))
        try db.run(
            """
            INSERT INTO bulk_operation (kind, status, category, undoes, done_by, done_at)
            SELECT 'undo', 'completed', category, id, ?, ? FROM bulk_operation WHERE id = ?
            """, .text(user), .int(now.milliseconds), .int(operation))
        var undone = Undone(
            operation: db.lastInsertRowID, restored: restored, isForgotten: !restored.isEmpty || unlinked > 0)
        // From what nobody has confirmed no model is trained.
        if known.kind == BulkKind.apply.rawValue, undone.isForgotten {
            undone.isModelWithdrawn = try ModelStore.withdraw(db, knowing: operation)
        }
        return undone
    }

    /// The number of the last operation; 0 when there is none.
    static func last(_ db: Connection) throws -> Int64 {
        try db.first("SELECT coalesce(max(id), 0) FROM bulk_operation") { $0.int(0) } ?? 0
    }

    /// Whether any of the operations up to `last` was taken back behind it.
    static func isAnyUndone(_ db: Connection, of last: Int64) throws -> Bool {
        try db.first("SELECT 1 FROM bulk_operation WHERE id > ?1 AND undoes <= ?1", .int(last)) { $0.int(0) } != nil
    }

    /// Confirmed expenses that the learned layer took in with operations after this one, in the order in which that was.
    static func learned(
        _ db: Connection, after operation: Int64
    ) throws -> [(row: ExpenseRow, category: CategoryID, at: Int64)] {
        try db.query(
            """
            SELECT \(ExpenseRow.columns) FROM expense WHERE confirmed = 1
                AND operation IN (SELECT id FROM bulk_operation WHERE taught = 1 AND id > ?) ORDER BY operation, number
            """, .int(operation), row: ExpenseRow.init
        ).compactMap { row in row.category.map { (row, $0, row.categorizedAt?.milliseconds ?? 0) } }
    }

    /// The newest first.
    static func views(
        _ db: Connection, limit: Int, only operation: Int64? = nil, _ name: (CategoryID) -> String
    ) throws -> [BulkOperationView] {
        try db.query(
            """
            SELECT id, kind, status, category, done_by, done_at, undoes,
                (SELECT count(*) FROM bulk_item WHERE operation = coalesce(undoes, id)) FROM bulk_operation
            WHERE ?1 IS NULL OR id = ?1 ORDER BY id DESC LIMIT ?2
            """, SQLValue(operation), SQLValue(limit)
        ) { row in
            BulkOperationView(
                id: row.int(0), kind: BulkKind(rawValue: row.text(1)) ?? .apply,
                status: BulkStatus(rawValue: row.text(2)) ?? .failed,
                categoryName: row.intOrNil(3).map { name(CategoryID($0)) }, expenses: Int(row.int(7)),
                by: row.text(4), at: "\(Timestamp(milliseconds: row.int(5)))", undoes: row.intOrNil(6))
        }
    }

    /// Expenses without a category, the largest amounts first.
    static func open(_ db: Connection, owner: String?, limit: Int) throws -> [ExpenseRow] {
        try db.query(
            """
            SELECT \(ExpenseRow.columns) FROM expense WHERE category IS NULL AND (?1 IS NULL OR owner = ?1)
            ORDER BY abs(CAST(amount AS REAL)) DESC, id LIMIT ?2
            """, SQLValue(owner), SQLValue(limit), row: ExpenseRow.init)
    }
}
