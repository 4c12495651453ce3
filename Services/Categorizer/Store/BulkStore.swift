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

    /// Writes an operation that is done with what each expense was before.
    static func record(
        _ db: Connection, _ kind: BulkKind, _ changes: [Change], category: CategoryID?, by user: String,
        at now: Timestamp
    ) throws -> Int64 {
        try db.run(
            "INSERT INTO bulk_operation (kind, status, category, done_by, done_at) VALUES (?, 'completed', ?, ?, ?)",
            .text(kind.rawValue), SQLValue(category?.value), .text(user), .int(now.milliseconds))
        let operation = db.lastInsertRowID
        for change in changes {
            try db.run(
                "INSERT INTO bulk_item (operation, expense, category, confirmed, new_category) VALUES (?, ?, ?, ?, ?)",
                .int(operation), .text(change.row.record.id), SQLValue(change.row.category?.value),
                SQLValue(change.row.isConfirmed), .int(change.category.value))
            let isByHand = kind == .apply
            try db.run(
                """
                UPDATE expense SET category = ?, confirmed = ?, auto = ?, confidence = ?, method = ?, categorized_at = ?,
                    categorized_by = ? WHERE id = ?
                """, .int(change.category.value), SQLValue(isByHand), SQLValue(!isByHand), .real(change.confidence),
                .text(isByHand ? "bulk_manual" : "bulk_auto"), .int(now.milliseconds), .text(user),
                .text(change.row.record.id))
        }
        return operation
    }

    /// Takes an operation back: each expense gets the category it had, where nobody has given it another since.
    static func undo(_ db: Connection, _ operation: Int64, by user: String, at now: Timestamp) throws -> (
        Int64, [String]
    ) {
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
                method = CASE WHEN item.category IS NULL THEN NULL ELSE 'undone' END, categorized_at = ?2
            FROM (SELECT expense, category, confirmed, new_category FROM bulk_item WHERE operation = ?1) AS item
            WHERE expense.id = item.expense AND expense.category IS item.new_category RETURNING expense.id
            """, .int(operation), .int(now.milliseconds)
        ) { $0.text(0) }
        try db.run("UPDATE bulk_operation SET status = 'undone' WHERE id = ?", .int(operation))
        try db.run(
            """
            INSERT INTO bulk_operation (kind, status, category, undoes, done_by, done_at)
            SELECT 'undo', 'completed', category, id, ?, ? FROM bulk_operation WHERE id = ?
            """, .text(user), .int(now.milliseconds), .int(operation))
        return (db.lastInsertRowID, restored)
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
