import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore

/// A submission with everything decided that the store needs to know.
struct Submission: Sendable {
    var specification: JobSpecification
    var uid: UInt32
    var correlationId: String
}

extension JobStore {
    /// Takes a job in, or finds the one that an earlier submission with the same idempotency key made.
    static func submit(_ db: Connection, _ submission: Submission, now: Timestamp) throws -> JobReceipt {
        let wanted = submission.specification
        let params = wanted.params ?? .emptyObject
        if let key = wanted.idempotencyKey, let earlier = try earlier(db, submission, key, now) {
            return earlier
        }
        let runAt = wanted.runAt ?? now
        let state = runAt > now ? JobState.scheduled : .ready
        let at = SQLValue(now.milliseconds)
        try db.run(
            """
            INSERT INTO job (kind, params, queue, key, priority, state, cause, changed_at, run_at, timeout_ms, max_attempts,
                backoff_ms, submitted_at, uid, correlation_id)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'submitted', ?7, ?8, ?9, ?10, ?11, ?7, ?12, ?13)
            """,
            .text(wanted.kind), .blob(params.bytes), .text(wanted.queue ?? "default"), SQLValue(wanted.key),
            SQLValue(wanted.priority ?? 0), .text(state.rawValue), at, SQLValue(runAt.milliseconds),
            SQLValue(wanted.timeoutMs), SQLValue(wanted.maxAttempts ?? 3), SQLValue(wanted.backoffMs ?? 1000),
            SQLValue(submission.uid), .text(submission.correlationId))
        let id = JobID(db.lastInsertRowID)
        if let key = wanted.idempotencyKey {
            try db.run(
                """
                INSERT INTO submission (uid, idempotency_key, job_id, expires_at) VALUES (?, ?, ?, ?)
                ON CONFLICT (uid, idempotency_key) DO UPDATE SET job_id = excluded.job_id, expires_at = excluded.expires_at
                """,
                SQLValue(submission.uid), .text(key), SQLValue(id.rawValue),
                SQLValue((now + idempotencyWindow).milliseconds))
        }
        return JobReceipt(
            id: id, state: state, durability: .disk, duplicate: false, correlationId: submission.correlationId)
    }

    private static func earlier(
        _ db: Connection, _ submission: Submission, _ key: String, _ now: Timestamp
    ) throws -> JobReceipt? {
        let wanted = submission.specification
        let found = try db.first(
            """
            SELECT job.id, job.state, job.correlation_id, job.kind, job.params FROM submission
            JOIN job ON job.id = submission.job_id
            WHERE submission.uid = ? AND idempotency_key = ? AND expires_at > ?
            """,
            SQLValue(submission.uid), .text(key), SQLValue(now.milliseconds)
        ) { row in
            (
                receipt: JobReceipt(
                    id: JobID(row.int(0)), state: JobState(rawValue: row.text(1)) ?? .ready, durability: .disk,
                    duplicate: true, correlationId: row.text(2)),
                same: row.text(3) == wanted.kind && row.blob(4) == (wanted.params ?? .emptyObject).bytes
            )
        }
        guard let found else { return nil }
        guard found.same else { throw JobError.keyReused(key, by: found.receipt.id) }
        return found.receipt
    }

    /// Forgets idempotency keys whose time is over, at most 1,000 at once.
    static func forgetSubmissions(_ db: Connection, now: Timestamp) throws -> Int {
        try db.run(
            """
            DELETE FROM submission WHERE (uid, idempotency_key) IN
                (SELECT uid, idempotency_key FROM submission WHERE expires_at <= ? ORDER BY expires_at LIMIT 1000)
            """, SQLValue(now.milliseconds))
    }
}
