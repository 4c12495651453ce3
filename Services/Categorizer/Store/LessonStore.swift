import Categorization
import Linux
import MillraceProtocol
import MillraceStore

/// What people said, in the database.
enum LessonStore {
    /// Lessons whose words are followed after a start, the newest of all.
    static let recalled = 20_000

    static func add(
        _ db: Connection, _ correction: Correction, _ lesson: Lesson, by user: String, at now: Timestamp
    ) throws {
        try db.run(
            """
            INSERT INTO lesson (expense, category, predicted, feedback, pattern, confidence, taught_by, taught_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """, .text(correction.expense.id), .int(correction.correct.value),
            SQLValue(correction.predicted?.value), SQLValue(lesson.feedback?.rawValue),
            SQLValue(lesson.pattern?.id.value), SQLValue(lesson.confidence), .text(user), .int(now.milliseconds))
    }

    /// The expenses of the last lessons with what was said of them, in the order it was said.
    static func recent(_ db: Connection) throws -> [(row: ExpenseRow, category: CategoryID, at: Int64)] {
        try each(db, after: try last(db) - Int64(recalled))
    }

    /// The number of the last lesson; 0 when there is none.
    static func last(_ db: Connection) throws -> Int64 {
        try db.first("SELECT coalesce(max(number), 0) FROM lesson") { $0.int(0) } ?? 0
    }

    /// With milliseconds since 1970.
    static func each(
        _ db: Connection, after number: Int64
    ) throws -> [(row: ExpenseRow, category: CategoryID, at: Int64)] {
        let columns = ExpenseRow.columns.split(separator: ", ").map { "expense.\($0)" }.joined(separator: ", ")
        return try db.query(
            """
            SELECT \(columns), lesson.category, lesson.taught_at FROM lesson JOIN expense ON expense.id = lesson.expense
            WHERE lesson.number > ? ORDER BY lesson.number
            """, .int(number)
        ) { (ExpenseRow($0), CategoryID($0.int(15)), $0.int(16)) }
    }
}
