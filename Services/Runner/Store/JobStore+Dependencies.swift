import Linux
import MillraceProtocol
import MillraceStore

/// Jobs that come after others.
extension JobStore {
    /// The jobs a submission comes after.
    struct Predecessors {
        var all: [JobID] = []
        /// Those that are not over.
        var open: [JobID] = []
        /// Why the job cannot run: one that had to succeed did not.
        var fault: String?
    }

    static func predecessors(_ db: Connection, _ wanted: JobSpecification) throws -> Predecessors {
        var found = Predecessors()
        for (index, id) in (wanted.after ?? []).enumerated() where !found.all.contains(id) {
            let state = try db.first("SELECT state FROM job WHERE id = ?", SQLValue(id.rawValue)) {
                try jobState($0.text(0))
            }
            guard let state else { throw JobError.noPredecessor(id, at: index) }
            found.all.append(id)
            if !state.isFinal {
                found.open.append(id)
            } else if state != .succeeded, wanted.afterMode ?? .success == .success, found.fault == nil {
                found.fault = fault(id, state)
            }
        }
        if found.fault != nil { found.open = [] }
        return found
    }

    private static func fault(_ id: JobID, _ state: JobState) -> String {
        "job \(id), which it waited for, \(state == .cancelled ? "was cancelled" : state == .partial ? "succeeded in part only" : "failed")"
    }

    /// What the end of a job means for those that come after it: they are released, or cancelled because it did not
    /// succeed. Cancelled ones are handed back, for they may have followers too.
    static func releaseFollowers(
        of id: JobID, _ state: JobState, _ rules: StoreRules, _ now: Timestamp, _ db: Connection,
        _ changes: inout Changes
    ) throws -> [(Standing, cause: String)] {
        let followers = try db.query(
            "SELECT job_id, mode FROM dependency WHERE after_id = ? AND open = 1 ORDER BY job_id",
            SQLValue(id.rawValue)
        ) { (id: JobID($0.int(0)), mode: DependencyMode(rawValue: $0.text(1)) ?? .success) }
        var failed: [(Standing, cause: String)] = []
        for follower in followers {
            let standing = try standing(db, follower.id)
            if follower.mode == .success, state != .succeeded {
                failed.append((standing, fault(id, state)))
                continue
            }
            try db.run(
                "UPDATE dependency SET open = 0 WHERE job_id = ? AND after_id = ?", SQLValue(follower.id.rawValue),
                SQLValue(id.rawValue))
            if standing.waitsFor > 1 || standing.hold == .bury {
                try db.run(
                    "UPDATE job SET waits_for = waits_for - 1 WHERE id = ?", SQLValue(follower.id.rawValue))
            } else {
                try settle(db, standing, "all it waited for are over", rules, now, &changes)
            }
        }
        return failed
    }

    /// Puts a waiting job where it belongs when nothing but its time and its key may hold it any more.
    static func settle(
        _ db: Connection, _ standing: Standing, _ cause: String, _ rules: StoreRules, _ now: Timestamp,
        _ changes: inout Changes
    ) throws {
        var place = Place(rank: rules.rank(at: standing.runAt, priority: standing.priority))
        let state = standing.runAt > now ? JobState.scheduled : .ready
        if state == .ready {
            place = try self.place(
                db, standing.lane.kind, key: standing.key, priority: standing.priority, since: now, refusing: false,
                rules)
        }
        try db.run(
            """
            UPDATE job SET state = ?, hold = ?, rank = ?, keeps_place = 0, waits_for = 0, cause = ?, changed_at = ?
            WHERE id = ?
            """,
            .text(state.rawValue), SQLValue(place.hold?.rawValue), SQLValue(place.rank), .text(cause),
            SQLValue(now.milliseconds), SQLValue(standing.id.rawValue))
        if state == .scheduled {
            changes.schedule(standing.runAt)
        } else if place.hold == nil {
            changes.lanes.insert(standing.lane)
        }
        if place.hasRoom, let key = standing.key { try fill(db, standing.lane.kind, key, rules, now, &changes) }
    }

    /// The jobs that a job comes after; nil where there are none.
    static func predecessors(_ db: Connection, of id: JobID) throws -> [JobID]? {
        let found = try db.query(
            "SELECT after_id FROM dependency WHERE job_id = ? ORDER BY after_id", SQLValue(id.rawValue)
        ) { JobID($0.int(0)) }
        return found.isEmpty ? nil : found
    }
}
