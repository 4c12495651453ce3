import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore

/// A job's way through its states.
extension JobStore {
    /// Takes ready jobs of these kinds and marks them running: the highest priority first, then the oldest.
    ///
    /// - Returns: the jobs, and the kinds of which no other is ready.
    static func claim(
        _ db: Connection, _ kinds: [String], limit: Int, now: Timestamp
    ) throws -> (jobs: [ClaimedJob], exhausted: Set<String>) {
        // One query a kind walks the index from its front, whatever the backlog of other kinds.
        var waiting: [(kind: String, priority: Int64, id: JobID)] = []
        for kind in kinds {
            waiting += try db.query(
                "SELECT priority, id FROM job WHERE state = 'ready' AND kind = ? ORDER BY priority DESC, id LIMIT ?",
                .text(kind), SQLValue(limit + 1)
            ) { (kind, $0.int(0), JobID($0.int(1))) }
        }
        waiting.sort { ($1.priority, $0.id) < ($0.priority, $1.id) }
        let jobs = try waiting.prefix(limit).map { try start(db, $0.id, now: now) }
        return (jobs, Set(kinds).subtracting(waiting.dropFirst(limit).map(\.kind)))
    }

    private static func start(_ db: Connection, _ id: JobID, now: Timestamp) throws -> ClaimedJob {
        try db.run(
            """
            UPDATE job SET state = 'running', cause = 'started', changed_at = ?2, started_at = coalesce(started_at, ?2),
                phase = CASE WHEN slots IS NULL THEN 'planning' ELSE 'processing' END
            WHERE id = ?1
            """,
            SQLValue(id.rawValue), SQLValue(now.milliseconds))
        guard
            let job = try db.first(
                "SELECT \(viewColumns), params, backoff_ms, attempts, crashes FROM job WHERE id = ?",
                SQLValue(id.rawValue),
                row: { row in
                    let view = try view(row)
                    return ClaimedJob(
                        brief: JobBrief(
                            id: id, kind: view.kind, params: JSONRaw(unchecked: row.blob(viewColumnCount)),
                            correlationId: view.correlationId),
                        view: view, backoff: .milliseconds(row.int(viewColumnCount + 1)),
                        attempts: Int(row.int(viewColumnCount + 2)), crashes: Int(row.int(viewColumnCount + 3)),
                        slots: view.slots, items: [])
                })
        else { throw JobError.notFound(id) }
        var claimed = job
        claimed.view.items = try counts(db, id)
        claimed.items = try unfinished(db, id)
        return claimed
    }

    private static func unfinished(_ db: Connection, _ id: JobID) throws -> [PendingItem] {
        try db.query(
            """
            SELECT number, key, input, attempts, crashes, not_before FROM item
            WHERE job_id = ? AND state IN ('ready', 'running') ORDER BY number
            """, SQLValue(id.rawValue)
        ) { row in
            PendingItem(
                brief: ItemBrief(index: Int(row.int(0)), key: row.text(1), input: JSONRaw(unchecked: row.blob(2))),
                attempts: Int(row.int(3)), crashes: Int(row.int(4)), notBefore: Timestamp(milliseconds: row.int(5)))
        }
    }

    static func savePlan(_ db: Connection, _ id: JobID, _ plan: WorkloadPlan.Result, slots: Int) throws -> [PendingItem]
    {
        try db.run(
            "UPDATE job SET slots = ?, phase = 'processing' WHERE id = ? AND slots IS NULL", SQLValue(slots),
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

    static func beginAttempt(_ db: Connection, _ lease: Lease, now: Timestamp) throws {
        if let item = lease.item {
            try db.run(
                "UPDATE item SET state = 'running' WHERE job_id = ? AND number = ?", SQLValue(lease.job.rawValue),
                SQLValue(item))
        }
        if lease.stage == .summarize {
            try db.run("UPDATE job SET phase = 'summarizing' WHERE id = ?", SQLValue(lease.job.rawValue))
        }
        try db.run(
            "INSERT INTO attempt (job_id, item_number, stage, worker, fence, started_at) VALUES (?, ?, ?, ?, ?, ?)",
            SQLValue(lease.job.rawValue), SQLValue(lease.item), .text(lease.stage.rawValue), .text(lease.workerName),
            SQLValue(lease.fence), SQLValue(now.milliseconds))
    }

    static func endAttempt(_ db: Connection, _ lease: Lease, _ end: AttemptEnd, now: Timestamp) throws {
        try db.run(
            "UPDATE attempt SET ended_at = max(?, started_at), cause = ?, message = ? WHERE fence = ?",
            SQLValue(now.milliseconds), .text(end.cause.rawValue), SQLValue(end.message), SQLValue(lease.fence))
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

    /// Puts a running job back until its next try; one that is to be cancelled ends instead.
    static func postpone(
        _ db: Connection, _ id: JobID, until: Timestamp, cause: String, attempts: Int, crashes: Int, now: Timestamp
    ) throws -> JobView {
        try db.run(
            """
            UPDATE job SET state = 'scheduled', phase = NULL, run_at = ?, cause = ?, attempts = ?, crashes = ?,
                changed_at = ?
            WHERE id = ?
            """,
            SQLValue(until.milliseconds), .text(cause), SQLValue(attempts), SQLValue(crashes),
            SQLValue(now.milliseconds), SQLValue(id.rawValue))
        let view = try job(db, id)
        return view.cancelRequested ? try cancel(db, id, reason: nil, now: now) : view
    }

    /// Ends a job. What was not done is cancelled; a job without a summary has its only item's output as result, and a
    /// failed one the first failed item's error.
    static func finish(_ db: Connection, _ id: JobID, _ ending: JobEnding, now: Timestamp) throws -> JobDetail {
        try db.run(
            "UPDATE item SET state = 'cancelled' WHERE job_id = ? AND state IN ('ready', 'running')",
            SQLValue(id.rawValue))
        try db.run(
            """
            UPDATE job SET state = ?2, phase = NULL, cause = ?3, changed_at = ?4, finished_at = ?4, attempts = ?5,
                crashes = ?6,
                result = coalesce(?7, (SELECT output FROM item WHERE job_id = ?1 AND key = 'job' AND number = 0)),
                error = coalesce(?8,
                    (SELECT error FROM item WHERE job_id = ?1 AND state = 'failed' ORDER BY number LIMIT 1))
            WHERE id = ?1
            """,
            SQLValue(id.rawValue), .text(ending.state.rawValue), .text(ending.cause), SQLValue(now.milliseconds),
            SQLValue(ending.attempts), SQLValue(ending.crashes), SQLValue(ending.result?.bytes),
            SQLValue(ending.error.map { JSON.encode($0) }))
        return JobDetail(job: try job(db, id))
    }

    /// Notes the wish to cancel; a job that has not started ends at once.
    static func cancel(_ db: Connection, _ id: JobID, reason: String?, now: Timestamp) throws -> JobView {
        try db.run(
            """
            UPDATE job SET cancel_requested = 1, cancel_reason = coalesce(?, cancel_reason)
            WHERE id = ? AND state IN ('scheduled', 'ready', 'running')
            """,
            SQLValue(reason), SQLValue(id.rawValue))
        let ended = try db.run(
            """
            UPDATE job SET state = 'cancelled', cause = 'cancelled' || coalesce(': ' || cancel_reason, ''),
                changed_at = ?1, finished_at = ?1
            WHERE id = ?2 AND state IN ('scheduled', 'ready')
            """, SQLValue(now.milliseconds), SQLValue(id.rawValue))
        if ended > 0 {
            try db.run(
                "UPDATE item SET state = 'cancelled' WHERE job_id = ? AND state IN ('ready', 'running')",
                SQLValue(id.rawValue))
        }
        return try job(db, id)
    }

    /// Makes an unsuccessful job ready again with the items that did not succeed; their tries start anew.
    static func retry(_ db: Connection, _ id: JobID, now: Timestamp) throws -> JobRetry.Result {
        let before = try job(db, id)
        guard [.failed, .partial, .cancelled].contains(before.state) else {
            throw JobError.notRetryable(id, before.state)
        }
        let items = try db.run(
            """
            UPDATE item SET state = 'ready', attempts = 0, crashes = 0, not_before = 0, error = NULL
            WHERE job_id = ? AND state IN ('failed', 'cancelled')
            """, SQLValue(id.rawValue))
        try db.run(
            """
            UPDATE job SET state = 'ready', cause = 'retried by hand', changed_at = ?, finished_at = NULL, attempts = 0,
                crashes = 0, cancel_requested = 0, cancel_reason = NULL, result = NULL, error = NULL
            WHERE id = ?
            """, SQLValue(now.milliseconds), SQLValue(id.rawValue))
        return JobRetry.Result(id: id, state: .ready, items: items)
    }
}
