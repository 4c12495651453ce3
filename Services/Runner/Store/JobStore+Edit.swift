import Linux
import MillraceProtocol
import MillraceStore

/// Changing a job that waits.
extension JobStore {
    /// - Throws: ``JobError``: `notWaiting`, `keyFull`.
    static func edit(
        _ db: Connection, _ wanted: JobEdit.Params, _ rules: StoreRules, now: Timestamp
    ) throws -> (detail: JobDetail, changes: Changes) {
        let before = try standing(db, wanted.id)
        guard before.isWaiting else { throw JobError.notWaiting(wanted.id, before.state) }
        var after = before
        if let key = wanted.key { after.key = key }
        if let queue = wanted.queue { after.lane.queue = queue }
        if let priority = wanted.priority { after.priority = priority }
        if let runAt = wanted.runAt { after.runAt = runAt }
        let hasRoom = try move(db, &after, from: before, isTimed: wanted.runAt != nil, rules, now)
        try db.run(
            """
            UPDATE job SET queue = ?2, key = ?3, priority = ?4, state = ?5, hold = ?6, rank = ?7, keeps_place = ?8,
                run_at = ?9, cause = CASE WHEN state = ?5 AND hold IS ?6 THEN cause ELSE 'edited' END,
                changed_at = CASE WHEN state = ?5 AND hold IS ?6 THEN changed_at ELSE ?10 END,
                params = coalesce(?11, params), timeout_ms = coalesce(?12, timeout_ms),
                item_timeout_ms = coalesce(?13, item_timeout_ms), max_attempts = coalesce(?14, max_attempts),
                attempts = min(attempts, coalesce(?14, max_attempts)), backoff_ms = coalesce(?15, backoff_ms)
            WHERE id = ?1
            """,
            SQLValue(wanted.id.rawValue), .text(after.lane.queue), SQLValue(after.key), SQLValue(after.priority),
            .text(after.state.rawValue), SQLValue(after.hold?.rawValue), SQLValue(after.rank),
            SQLValue(after.keepsPlace), SQLValue(after.runAt.milliseconds), SQLValue(now.milliseconds),
            SQLValue(wanted.params?.bytes), SQLValue(wanted.timeoutMs), SQLValue(wanted.itemTimeoutMs),
            SQLValue(wanted.maxAttempts), SQLValue(wanted.backoffMs))
        var changes = Changes()
        if after.state == .scheduled {
            if after.hold == nil { changes.schedule(after.runAt) }
        } else if after.hold == nil {
            changes.lanes.insert(after.lane)
        }
        if before.isAdmitted, !after.isAdmitted || after.key != before.key, let key = before.key {
            try fill(db, before.lane.kind, key, rules, now, &changes)
        }
        if hasRoom, let key = after.key { try fill(db, after.lane.kind, key, rules, now, &changes) }
        return (JobDetail(job: try job(db, wanted.id)), changes)
    }

    /// Finds the job's new place; true if the line it joins has room.
    private static func move(
        _ db: Connection, _ after: inout Standing, from before: Standing, isTimed: Bool, _ rules: StoreRules,
        _ now: Timestamp
    ) throws -> Bool {
        let isLater = after.runAt > now
        if before.hold == .bury || before.hold == .dependency {
            if isTimed { after.state = isLater ? .scheduled : .ready }
            return false
        }
        if isTimed ? isLater : before.state == .scheduled {
            after.state = .scheduled
            after.hold = nil
            after.rank = rules.rank(at: after.runAt, priority: after.priority)
            after.keepsPlace = before.keepsPlace && after.key == before.key
            return false
        }
        after.state = .ready
        after.keepsPlace = false
        if before.isAdmitted, after.key == before.key {
            let stays = before.state == .ready && after.lane == before.lane && after.priority == before.priority
            if !stays { after.rank = rules.rank(at: now, priority: after.priority) }
            return false
        }
        if before.state == .ready, after.key == before.key {
            let stays = after.lane == before.lane && after.priority == before.priority
            if !stays {
                let rank = rules.rank(at: now, priority: after.priority)
                after.rank = after.hold == .key ? lineRank(after.lane.kind, rank, rules) : rank
            }
            return false
        }
        let place = try place(
            db, after.lane.kind, key: after.key, priority: after.priority, since: now,
            refusing: after.key != before.key, rules)
        after.hold = place.hold
        after.rank = place.rank
        return place.hasRoom
    }
}
