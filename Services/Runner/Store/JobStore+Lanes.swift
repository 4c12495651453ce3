import Linux
import MillraceProtocol
import MillraceStore

/// Lanes as a whole, and the jobs whose time comes.
extension JobStore {
    /// Jobs made ready in one transaction at most.
    static let promotions = 1000

    /// The earliest time at which a scheduled job is due.
    static func nextScheduled(_ db: Connection) throws -> Timestamp? {
        try db.first("SELECT run_at FROM job WHERE state = 'scheduled' AND hold IS NULL ORDER BY run_at LIMIT 1") {
            Timestamp(milliseconds: $0.int(0))
        }
    }

    /// Makes due jobs ready, at most ``promotions`` in one transaction; ``Changes/nextScheduled`` is the next due time,
    /// which has come already when there are more.
    static func promote(_ db: Connection, _ rules: StoreRules, now: Timestamp) throws -> Changes {
        struct Due {
            var id: Int64
            var lane: Lane
            var key: String?
            var priority: Int
            var keepsPlace: Bool
            var runAt: Timestamp
        }
        let due = try db.query(
            """
            SELECT id, queue, kind, uid, key, priority, keeps_place, run_at FROM job
            WHERE state = 'scheduled' AND hold IS NULL AND run_at <= ? ORDER BY run_at, id LIMIT \(promotions)
            """, SQLValue(now.milliseconds)
        ) { row in
            Due(
                id: row.int(0), lane: Lane(queue: row.text(1), kind: row.text(2), uid: UInt32(row.int(3))),
                key: row.textOrNil(4), priority: Int(row.int(5)), keepsPlace: row.bool(6),
                runAt: Timestamp(milliseconds: row.int(7)))
        }
        var changes = Changes()
        for job in due {
            let place = try place(
                db, job.lane.kind, key: job.keepsPlace ? nil : job.key, priority: job.priority, since: job.runAt,
                refusing: false, rules)
            try db.run(
                """
                UPDATE job SET state = 'ready', hold = ?, rank = ?, keeps_place = 0, cause = 'its time has come',
                    changed_at = ?
                WHERE id = ?
                """,
                SQLValue(place.hold?.rawValue), SQLValue(place.rank), SQLValue(now.milliseconds), SQLValue(job.id))
            if place.hold == nil { changes.lanes.insert(job.lane) }
            if place.hasRoom, let key = job.key { try fill(db, job.lane.kind, key, rules, now, &changes) }
        }
        changes.nextScheduled = try nextScheduled(db)
        return changes
    }

    /// The jobs that are not over, by lane, sorted. One walk over all of them: for the start and for people.
    static func lanes(_ db: Connection) throws -> [LaneCount] {
        var counts: [Lane: LaneCount] = [:]
        func add(_ sql: String, _ count: WritableKeyPath<LaneCount, Int>) throws {
            try db.each(sql) { row in
                let lane = Lane(queue: row.text(0), kind: row.text(1), uid: UInt32(row.int(2)))
                counts[lane, default: LaneCount(lane: lane)][keyPath: count] += Int(row.int(3))
                return true
            }
        }
        try add(
            """
            SELECT queue, kind, uid, count(*) FROM job WHERE state = 'ready' AND hold IS NULL GROUP BY queue, kind, uid
            """, \.ready)
        try add("SELECT queue, kind, uid, 1 FROM job WHERE hold IS NOT NULL", \.held)
        try add("SELECT queue, kind, uid, 1 FROM job WHERE state = 'scheduled' AND hold IS NULL", \.scheduled)
        try add("SELECT queue, kind, uid, 1 FROM job WHERE state = 'running' AND state <> 'succeeded'", \.running)
        return counts.values.sorted { $0.lane < $1.lane }
    }

    /// How many jobs of each queue could run at once; those of the runner itself are none.
    static func ready(_ db: Connection) throws -> [String: Int] {
        var counts: [String: Int] = [:]
        try db.each(
            "SELECT queue, kind, uid, count(*) FROM job WHERE state = 'ready' AND hold IS NULL GROUP BY queue, kind, uid"
        ) { row in
            let lane = Lane(queue: row.text(0), kind: row.text(1), uid: UInt32(row.int(2)))
            if !lane.isOwn { counts[lane.queue, default: 0] += Int(row.int(3)) }
            return true
        }
        return counts
    }

    /// How many jobs come before a ready one: in its lane, or in the line of its key if it waits there. Counts to 10,000.
    static func position(_ db: Connection, _ id: JobID) throws -> Int {
        let standing = try standing(db, id)
        guard standing.state == .ready else { return 0 }
        let rank = SQLValue(standing.rank)
        let me = SQLValue(id.rawValue)
        switch standing.hold {
        case nil:
            return try db.first(
                """
                SELECT count(*) FROM (SELECT 1 FROM job
                    WHERE queue = ? AND kind = ? AND uid = ? AND state = 'ready' AND hold IS NULL
                        AND (rank, id) < (?, ?) LIMIT 10000)
                """,
                .text(standing.lane.queue), .text(standing.lane.kind), SQLValue(standing.lane.uid), rank, me
            ) { Int($0.int(0)) } ?? 0
        case .key?:
            return try db.first(
                """
                SELECT count(*) FROM (SELECT 1 FROM job WHERE kind = ? AND key = ? AND hold = 'key'
                    AND (rank, id) < (?, ?) LIMIT 10000)
                """, .text(standing.lane.kind), SQLValue(standing.key), rank, me
            ) { Int($0.int(0)) } ?? 0
        case .dependency?, .bury?: return 0
        }
    }
}
