import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore

/// What happens to a job while it runs.
extension JobStore {
    static func savePlan(_ db: Connection, _ id: JobID, _ plan: WorkloadPlan.Result, slots: Int) throws -> [PendingItem]
    {
        try db.run(
            "UPDATE job SET slots = ?, plain = 0, phase = 'processing' WHERE id = ? AND slots IS NULL", SQLValue(slots),
            SQLValue(id.rawValue))
        return try plan.items.enumerated().map { number, item in
            let input = item.input ?? .null
            try db.run(
                "INSERT INTO item (job_id, number, key, input, state) VALUES (?, ?, ?, ?, 'ready')",
                SQLValue(id.rawValue), SQLValue(number), .text(item.key), .blob(input.bytes))
            return PendingItem(
                brief: ItemBrief(index: number, key: item.key, input: input), attempts: 0, crashes: 0,
                notBefore: Timestamp(milliseconds: 0))
        }
    }

    /// Notes the start of an attempt. An item without a row, that of a plain job, gets none by it.
    static func beginAttempt(_ db: Connection, _ lease: Lease, isPlain: Bool = false, now: Timestamp) throws {
        let job = SQLValue(lease.job.rawValue)
        if let item = lease.item, !isPlain {
            try db.run("UPDATE item SET state = 'running' WHERE job_id = ? AND number = ?", job, SQLValue(item))
        }
        if lease.stage == .summarize { try db.run("UPDATE job SET phase = 'summarizing' WHERE id = ?", job) }
        try db.run(
            "INSERT INTO attempt (job_id, fence, item_number, stage, worker, started_at) VALUES (?, ?, ?, ?, ?, ?)",
            job, SQLValue(lease.fence), SQLValue(lease.item), .text(lease.stage.rawValue), .text(lease.workerName),
            SQLValue(now.milliseconds))
    }

    static func endAttempt(_ db: Connection, _ lease: Lease, _ end: AttemptEnd, now: Timestamp) throws {
        try db.run(
            """
            UPDATE attempt SET ended_at = max(?, started_at), cause = ?, message = ?, exit_code = ?, signal = ?,
                cpu_us = ?, peak_bytes = ?
            WHERE job_id = ? AND fence = ?
            """,
            SQLValue(now.milliseconds), .text(end.cause.rawValue), SQLValue(end.message), SQLValue(end.exitCode),
            SQLValue(end.signal), SQLValue(end.cpu.map { max(0, $0 / .microseconds(1)) }.map { Int64($0) }),
            SQLValue(end.peakBytes), SQLValue(lease.job.rawValue), SQLValue(lease.fence))
    }

    /// The checkpoint of an item: once committed it is never done again.
    static func saveItem(
        _ db: Connection, _ lease: Lease, _ outcome: ItemOutcome, _ end: AttemptEnd, now: Timestamp
    ) throws {
        try db.run(
            """
            UPDATE item SET state = ?, attempts = ?, crashes = ?, not_before = ?, output = ?, error = ?
            WHERE job_id = ? AND number = ?
            """,
            .text(outcome.state.rawValue), SQLValue(outcome.attempts), SQLValue(outcome.crashes),
            SQLValue(outcome.notBefore.milliseconds),
            SQLValue(outcome.state == .succeeded ? (outcome.output ?? .null).bytes : nil),
            SQLValue(outcome.error.map { JSON.encode($0) }), SQLValue(lease.job.rawValue), SQLValue(outcome.number))
        try endAttempt(db, lease, end, now: now)
    }

    /// An attempt of a plain job ended and the job runs again at once.
    static func notePlain(
        _ db: Connection, _ lease: Lease, _ end: AttemptEnd, attempts: Int, crashes: Int, now: Timestamp
    ) throws {
        try db.run(
            "UPDATE job SET attempts = ?, crashes = ? WHERE id = ?", SQLValue(attempts), SQLValue(crashes),
            SQLValue(lease.job.rawValue))
        try endAttempt(db, lease, end, now: now)
    }

    /// Puts a running job back until its next try; one that is to be cancelled ends instead.
    ///
    /// - Parameter keepPlace: Whether it keeps one of the places of its key meanwhile.
    static func postpone(
        _ db: Connection, _ id: JobID, until: Timestamp, cause: String, attempts: Int, crashes: Int,
        end: (Lease, AttemptEnd)? = nil, keepPlace: Bool, _ rules: StoreRules, now: Timestamp
    ) throws -> (job: JobView, changes: Changes) {
        if let (lease, ending) = end { try endAttempt(db, lease, ending, now: now) }
        let before = try standing(db, id)
        guard before.state == .running else { return (try job(db, id), Changes()) }
        let keepsPlace = keepPlace && before.key != nil && !before.cancelRequested
        try db.run(
            """
            UPDATE job SET state = 'scheduled', phase = NULL, run_at = ?, rank = ?, keeps_place = ?, cause = ?,
                attempts = ?, crashes = ?, changed_at = ?
            WHERE id = ?
            """,
            SQLValue(until.milliseconds), SQLValue(rules.rank(at: until, priority: before.priority)),
            SQLValue(keepsPlace), .text(cause), SQLValue(attempts), SQLValue(crashes), SQLValue(now.milliseconds),
            SQLValue(id.rawValue))
        var changes = Changes()
        if let key = before.key, !keepsPlace { try fill(db, before.lane.kind, key, rules, now, &changes) }
        if before.cancelRequested {
            let cancelled = try cancel(db, id, reason: nil, rules, now: now)
            changes.merge(cancelled.changes)
            return (cancelled.job, changes)
        }
        changes.schedule(until)
        return (try job(db, id), changes)
    }
}
