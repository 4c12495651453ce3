import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore

/// What people and programs do to a job from outside.
extension JobStore {
    /// Notes the wish to cancel; a job that waits ends at once. One that is over stays as it is.
    static func cancel(
        _ db: Connection, _ id: JobID, reason: String?, _ rules: StoreRules, now: Timestamp
    ) throws -> (job: JobView, changes: Changes) {
        let standing = try standing(db, id)
        var changes = Changes()
        guard !standing.state.isFinal else { return (try job(db, id), changes) }
        try db.run(
            "UPDATE job SET cancel_requested = 1, cancel_reason = coalesce(?, cancel_reason) WHERE id = ?",
            SQLValue(reason), SQLValue(id.rawValue))
        if standing.isWaiting {
            let kept = try db.first("SELECT cancel_reason FROM job WHERE id = ?", SQLValue(id.rawValue)) {
                $0.textOrNil(0)
            }
            let cause = "cancelled" + (kept.flatMap { $0 }.map { ": \($0)" } ?? "")
            try endWaiting(db, standing, cause, rules, now, &changes, tells: false)
        }
        return (try job(db, id), changes)
    }

    /// Makes an unsuccessful job ready again with the items that did not succeed; their tries start anew. It joins the
    /// line of its key however long that is, does not wait again for what it came after, and no longer ends with the connection
    /// that submitted it.
    ///
    /// - Throws: ``JobError``: `notRetryable`, `uniqueTaken`.
    static func retry(
        _ db: Connection, _ id: JobID, _ rules: StoreRules, now: Timestamp
    ) throws -> (result: JobRetry.Result, changes: Changes) {
        let before = try standing(db, id)
        guard before.state == .failed || before.state == .partial || before.state == .cancelled else {
            throw JobError.notRetryable(id, before.state)
        }
        if let key = before.uniqueKey, let live = try live(db, before.lane.kind, key) {
            throw JobError.uniqueTaken(key, by: live)
        }
        var items = 0
        if before.isPlanned {
            items = try db.run(
                """
                UPDATE item SET state = 'ready', attempts = 0, crashes = 0, not_before = 0, error = NULL
                WHERE job_id = ? AND state IN ('failed', 'cancelled')
                """, SQLValue(id.rawValue))
        }
        let place = try place(
            db, before.lane.kind, key: before.key, priority: before.priority, since: now, refusing: false, rules)
        try db.run(
            """
            UPDATE job SET state = 'ready', hold = ?, rank = ?, cause = 'retried by hand', changed_at = ?, run_at = ?3,
                finished_at = NULL, expires_at = NULL, attempts = 0, crashes = 0, cancel_requested = 0,
                cancel_reason = NULL, attached = 0, result = NULL, error = NULL
            WHERE id = ?
            """,
            SQLValue(place.hold?.rawValue), SQLValue(place.rank), SQLValue(now.milliseconds), SQLValue(id.rawValue))
        var changes = Changes()
        changes.created.append(before.lane)
        if place.hold == nil { changes.lanes.insert(before.lane) }
        if place.hasRoom, let key = before.key { try fill(db, before.lane.kind, key, rules, now, &changes) }
        return (JobRetry.Result(id: id, state: .ready, items: items), changes)
    }

    /// Lays a waiting job aside until it is redriven; a buried one stays as it is.
    ///
    /// - Throws: ``JobError/notWaiting(_:_:)``.
    static func bury(
        _ db: Connection, _ id: JobID, reason: String?, _ rules: StoreRules, now: Timestamp
    ) throws -> (result: JobBury.Result, changes: Changes) {
        let before = try standing(db, id)
        guard before.isWaiting else { throw JobError.notWaiting(id, before.state) }
        var changes = Changes()
        if before.hold != .bury {
            try db.run(
                "UPDATE job SET hold = 'bury', keeps_place = 0, cause = ?, changed_at = ? WHERE id = ?",
                .text("buried" + (reason.map { ": \($0)" } ?? "")), SQLValue(now.milliseconds), SQLValue(id.rawValue))
            if before.isAdmitted, let key = before.key { try fill(db, before.lane.kind, key, rules, now, &changes) }
        }
        return (JobBury.Result(id: id, state: before.state, hold: .bury), changes)
    }

    /// Makes jobs that ended badly ready again and digs out buried ones, the oldest first. Passed over are those whose
    /// unique key another job bears by now.
    static func redrive(
        _ db: Connection, _ wanted: JobRedrive.Params, _ rules: StoreRules, now: Timestamp
    ) throws -> (result: JobRedrive.Result, changes: Changes) {
        let limit = wanted.limit ?? 1000
        let candidates = try wanted.ids ?? candidates(db, wanted, limit: limit + 1)
        var changes = Changes()
        var redriven = 0
        for id in candidates.prefix(limit) {
            let standing: Standing
            do {
                standing = try self.standing(db, id)
            } catch JobError.notFound {
                guard wanted.ids == nil else { throw JobError.notFound(id, field: "ids") }
                continue
            }
            if standing.hold == .bury {
                if standing.waitsFor > 0 {
                    try waitAgain(db, standing, now)
                } else {
                    try settle(db, standing, "redriven", rules, now, &changes)
                }
            } else if standing.state.isFinal, standing.state != .succeeded {
                do { changes.merge(try retry(db, id, rules, now: now).changes) } catch JobError.uniqueTaken { continue }
            } else {
                continue
            }
            redriven += 1
        }
        return (JobRedrive.Result(redriven: redriven, more: candidates.count > limit && redriven > 0), changes)
    }

    /// A buried job goes back to waiting for others.
    private static func waitAgain(_ db: Connection, _ standing: Standing, _ now: Timestamp) throws {
        try db.run(
            "UPDATE job SET hold = 'dependency', cause = 'redriven', changed_at = ? WHERE id = ?",
            SQLValue(now.milliseconds), SQLValue(standing.id.rawValue))
    }

    private static func candidates(_ db: Connection, _ wanted: JobRedrive.Params, limit: Int) throws -> [JobID] {
        let buried = wanted.buried ?? false
        var sources = (wanted.states ?? (buried ? [] : [.failed])).filter { $0.isFinal && $0 != .succeeded }
            .map { "state = '\($0.rawValue)' AND state <> 'succeeded'" }
        if buried { sources.append("hold = 'bury'") }
        var values: [SQLValue] = []
        var filter = ""
        if let kind = wanted.kind {
            filter += " AND kind = ?"
            values.append(.text(kind))
        }
        if let queue = wanted.queue {
            filter += " AND queue = ?"
            values.append(.text(queue))
        }
        var found: [JobID] = []
        for source in sources {
            found += try db.query(
                "SELECT id FROM job WHERE \(source)\(filter) ORDER BY id LIMIT ?", values + [SQLValue(limit)]
            ) { JobID($0.int(0)) }
        }
        return Array(found.sorted().prefix(limit))
    }
}
