import Linux
import MillraceProtocol
import MillraceStore

/// The lines of keys: who of those that share a key may stand in a lane, and who is next.
extension JobStore {
    /// Where a job goes that is ready from now on.
    struct Place {
        var hold: JobHold?
        var rank: Int64
        /// Whether the line has room, so that somebody can move up at once.
        var hasRoom = false
    }

    /// - Parameters:
    ///   - since: when it became ready.
    ///   - refusing: whether a line that is full is an error, as for a submission, or gets longer.
    static func place(
        _ db: Connection, _ kind: String, key: String?, priority: Int, since: Timestamp, refusing: Bool,
        _ rules: StoreRules
    ) throws -> Place {
        let rank = rules.rank(at: since, priority: priority)
        guard let key else { return Place(rank: rank) }
        let limit = rules.keyLimit(of: kind)
        let line = try line(db, kind, key)
        let hasRoom = line.admitted < limit.places
        if hasRoom && line.waiting == 0 { return Place(rank: rank) }
        if refusing && !hasRoom && line.waiting >= limit.waiting { throw JobError.keyFull(key, limit: limit) }
        return Place(hold: .key, rank: lineRank(kind, rank, rules), hasRoom: hasRoom)
    }

    /// Who stands in the line of an ordered key comes in the order of submission.
    static func lineRank(_ kind: String, _ rank: Int64, _ rules: StoreRules) -> Int64 {
        rules.keyLimit(of: kind).ordered ? 0 : rank
    }

    static func line(_ db: Connection, _ kind: String, _ key: String) throws -> (admitted: Int, waiting: Int) {
        try db.first("SELECT admitted, waiting FROM line WHERE kind = ? AND key = ?", .text(kind), .text(key)) {
            (Int($0.int(0)), Int($0.int(1)))
        } ?? (0, 0)
    }

    /// Lets the first of a line into their lanes, as many as the key has places for.
    static func fill(
        _ db: Connection, _ kind: String, _ key: String, _ rules: StoreRules, _ now: Timestamp,
        _ changes: inout Changes
    ) throws {
        let (admitted, waiting) = try line(db, kind, key)
        for _ in 0..<max(0, min(rules.keyLimit(of: kind).places - admitted, waiting)) {
            let next = try db.first(
                """
                SELECT id, queue, uid, priority FROM job WHERE kind = ? AND key = ? AND hold = 'key'
                ORDER BY rank, id LIMIT 1
                """, .text(kind), .text(key)
            ) { row in
                (
                    id: row.int(0), lane: Lane(queue: row.text(1), kind: kind, uid: UInt32(row.int(2))),
                    priority: Int(row.int(3))
                )
            }
            guard let next else { return }
            try db.run(
                "UPDATE job SET hold = NULL, rank = ?, cause = 'its key has room', changed_at = ? WHERE id = ?",
                SQLValue(rules.rank(at: now, priority: next.priority)), SQLValue(now.milliseconds), SQLValue(next.id))
            changes.lanes.insert(next.lane)
        }
    }

    /// Lets every line move up to what may run by these rules; to be called when a limit was raised.
    static func refill(_ db: Connection, _ rules: StoreRules, now: Timestamp) throws -> Changes {
        var changes = Changes()
        let lines = try db.query(
            "SELECT kind, key, admitted FROM line WHERE waiting > 0 ORDER BY kind, key"
        ) { (kind: $0.text(0), key: $0.text(1), admitted: Int($0.int(2))) }
        for line in lines where line.admitted < rules.keyLimit(of: line.kind).places {
            try fill(db, line.kind, line.key, rules, now, &changes)
        }
        return changes
    }
}
