import Linux
import MillraceProtocol
import MillraceStore

/// Counts over all jobs that are kept.
extension JobStore {
    /// Numbers of jobs that one read counts, so that no read is long.
    static let counted: Int64 = 20_000

    /// The numbers that jobs have; nil where there is no job.
    static func numbers(_ db: Connection) throws -> ClosedRange<Int64>? {
        try db.first("SELECT (SELECT min(id) FROM job), (SELECT max(id) FROM job)") { row -> ClosedRange<Int64>? in
            guard let first = row.intOrNil(0), let last = row.intOrNil(1) else { return nil }
            return first...last
        } ?? nil
    }

    /// Jobs by kind and state, of these numbers.
    static func stats(
        _ db: Connection, _ wanted: JobStats.Params, _ numbers: ClosedRange<Int64>
    ) throws -> [JobStats.Count] {
        try db.query(
            """
            SELECT kind, state, count(*) FROM job WHERE id BETWEEN ?1 AND ?2
                AND (?3 IS NULL AND kind <> '\(Canary.kind)' OR kind = ?3) AND (?4 IS NULL OR queue = ?4) AND (?5 IS NULL OR submitted_at >= ?5)
                \(wanted.key == nil ? "AND ?6 IS NULL" : "AND key = ?6")
            GROUP BY kind, state
            """, SQLValue(numbers.lowerBound), SQLValue(numbers.upperBound), SQLValue(wanted.kind),
            SQLValue(wanted.queue), SQLValue(wanted.since?.milliseconds), SQLValue(wanted.key)
        ) { row in
            JobStats.Count(kind: row.text(0), state: try jobState(row.text(1)), jobs: Int(row.int(2)))
        }
    }
}
