import Linux
import MillraceProtocol
import MillraceStore

/// Trained models in the database, in parts of a megabyte.
enum ModelStore {
    static func bytes(_ db: Connection, state: ModelState) throws -> [UInt8]? {
        var bytes: [UInt8] = []
        try db.each(
            """
            SELECT bytes FROM model_part WHERE model = (SELECT version FROM model WHERE state = ?) ORDER BY number
            """, .text(state.rawValue)
        ) { row in
            bytes += row.blob(0)
            return true
        }
        return bytes.isEmpty ? nil : bytes
    }

    /// The last expense, the last lesson and the last bulk operation that the model in force was trained with.
    static func reach(_ db: Connection) throws -> (expense: Int64, lesson: Int64, operation: Int64) {
        try db.first("SELECT through_expense, through_lesson, through_operation FROM model WHERE state = 'active'") {
            ($0.int(0), $0.int(1), $0.int(2))
        } ?? (0, 0, 0)
    }

    /// Expenses that the model in force was trained on; nil when there is none.
    static func rowsInForce(_ db: Connection) throws -> Int? {
        try db.first("SELECT rows FROM model WHERE state = 'active'") { Int($0.int(0)) }
    }

    /// Puts models that know the operation out of force for good, and the newest that does not into force; where there is
    /// none, what is confirmed speaks without a trained model until the next training. Says whether one was in force.
    static func withdraw(_ db: Connection, knowing operation: Int64) throws -> Bool {
        let isKnown = try reach(db).operation >= operation
        try db.run(
            "UPDATE model SET state = 'rejected' WHERE state <> 'rejected' AND through_operation >= ?", .int(operation))
        guard isKnown else { return false }
        try db.run(
            """
            UPDATE model SET state = 'active'
            WHERE version = (SELECT max(version) FROM model WHERE state = 'retired')
            """)
        return true
    }

    /// The newest first.
    static func views(_ db: Connection) throws -> [ModelView] {
        try db.query(
            """
            SELECT version, state, rows, categories, trained_at, seconds, accuracy, previous_accuracy, threshold
            FROM model ORDER BY version DESC
            """
        ) { row in
            ModelView(
                version: row.int(0), state: ModelState(rawValue: row.text(1)) ?? .retired, rows: Int(row.int(2)),
                categories: Int(row.int(3)), trainedAt: "\(Timestamp(milliseconds: row.int(4)))",
                seconds: row.real(5).short, accuracy: row.realOrNil(6)?.short,
                previousAccuracy: row.realOrNil(7)?.short,
                threshold: row.real(8).short)
        }
    }

    /// Puts the newest model before the one in force in its place, which counts as rejected from then on.
    static func rollBack(_ db: Connection) throws -> ModelView {
        guard
            let version = try db.first(
                """
                SELECT version FROM model WHERE state = 'retired'
                    AND version < (SELECT version FROM model WHERE state = 'active') ORDER BY version DESC LIMIT 1
                """, row: { $0.int(0) })
        else { throw CategorizerError.noModel }
        try db.run("UPDATE model SET state = 'rejected' WHERE state = 'active'")
        try db.run("UPDATE model SET state = 'active' WHERE version = ?", .int(version))
        guard let view = try views(db).first(where: { $0.version == version }) else { throw CategorizerError.noModel }
        return view
    }
}
