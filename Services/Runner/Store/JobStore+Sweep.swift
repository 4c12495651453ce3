import Linux
import MillraceProtocol
import MillraceStore

/// Retention: what is over and kept long enough goes.
extension JobStore {
    /// Deletes what is expired, the rows below a job before it, so that no transaction gets large. A job stays while its
    /// idempotency key is remembered.
    ///
    /// - Returns: how many rows went; when it is `limit` there may be more.
    static func sweep(_ db: Connection, now: Timestamp, limit: Int = 500) throws -> Int {
        let expired = try db.query(
            "SELECT id FROM job WHERE expires_at <= ? AND expires_at IS NOT NULL ORDER BY expires_at LIMIT ?",
            SQLValue(now.milliseconds), SQLValue(limit)
        ) { $0.int(0) }
        var left = limit
        for id in expired where left > 0 {
            let remembered =
                try db.first(
                    "SELECT max(expires_at) FROM submission WHERE job_id = ?", SQLValue(id)
                ) { $0.intOrNil(0) } ?? nil
            if let remembered, remembered > now.milliseconds {
                try db.run("UPDATE job SET expires_at = ? WHERE id = ?", SQLValue(remembered), SQLValue(id))
                left -= 1
                continue
            }
            for (table, number) in [
                ("item", "number"), ("attempt", "fence"), ("transition", "number"), ("dependency", "after_id"),
            ] where left > 0 {
                left -= try db.run(
                    """
                    DELETE FROM \(table) WHERE (job_id, \(number)) IN
                        (SELECT job_id, \(number) FROM \(table) WHERE job_id = ? LIMIT ?)
                    """, SQLValue(id), SQLValue(left))
            }
            if left > 0 { left -= try db.run("DELETE FROM job WHERE id = ?", SQLValue(id)) }
        }
        return limit - left
    }
}
