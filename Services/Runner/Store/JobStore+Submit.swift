import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore

/// A submission with everything decided that the store needs to know.
struct Submission: Sendable {
    let specification: JobSpecification
    let uid: UInt32
    let correlationId: String
    let durability: JobDurability
    /// The job whose end brought it about.
    let hookOf: JobID?
    /// What the runner itself does, for a job made by a hook.
    let task: HookTask?

    /// - Parameters:
    ///   - specification: what it leaves open, its kind says.
    ///   - durability: of a queue.
    init(
        _ specification: JobSpecification, _ rules: StoreRules, uid: UInt32, correlationId: String,
        durability: (String) -> JobDurability = { _ in .disk }, hookOf: JobID? = nil, task: HookTask? = nil
    ) {
        self.specification = rules.complete(specification)
        self.uid = uid
        self.correlationId = correlationId
        self.durability = durability(self.specification.queue ?? "default")
        self.hookOf = hookOf
        self.task = task
    }
}

/// A job that was taken in.
struct Taken: Sendable {
    var receipt: JobReceipt
    var changes: Changes
}

extension JobStore {
    /// Takes a job in, or finds the one that is meant by its idempotency key or unique key.
    ///
    /// - Throws: ``JobError``: `keyReused`, `uniqueTaken`, `keyFull`, `noPredecessor`.
    static func submit(
        _ db: Connection, _ submission: Submission, _ rules: StoreRules, now: Timestamp
    ) throws -> Taken {
        let wanted = submission.specification
        if let earlier = try repeated(db, submission, now: now) { return Taken(receipt: earlier, changes: Changes()) }
        var changes = Changes()
        var replaced: Standing?
        if let key = wanted.uniqueKey, let live = try live(db, wanted.kind, key) {
            switch wanted.uniqueMode ?? .reject {
            case .reject: throw JobError.uniqueTaken(key, by: live)
            case .keep: return Taken(receipt: try receipt(db, live), changes: changes)
            case .replace:
                let standing = try standing(db, live)
                guard standing.isWaiting else { throw JobError.uniqueTaken(key, by: live) }
                replaced = standing
            }
        }
        if let replaced {
            // Without letting the line move up: the place is taken over.
            let next = try db.first("SELECT seq + 1 FROM sqlite_sequence WHERE name = 'job'") { $0.int(0) } ?? 1
            try endWaiting(
                db, replaced, "replaced by job \(next)", because: .replaced, rules, now, &changes, fills: false)
        }
        let after = try predecessors(db, wanted)
        let queue = wanted.queue ?? "default"
        let priority = wanted.priority ?? 0
        let runAt = wanted.runAt ?? now
        var place = Place(rank: rules.rank(at: max(runAt, now), priority: priority))
        var state = runAt > now ? JobState.scheduled : .ready
        if after.fault != nil {
            // It is taken in and ends at once.
            state = .scheduled
        } else if !after.open.isEmpty {
            place.hold = .dependency
        } else if state == .ready {
            place = try placeOf(submission, queue, priority, replacing: replaced, rules, db, now)
        }
        let id = try insert(db, submission, queue, priority, state, place, runAt, waitsFor: after.open.count, now)
        for parent in after.all {
            try db.run(
                "INSERT INTO dependency (job_id, after_id, mode, open) VALUES (?, ?, ?, ?)", SQLValue(id.rawValue),
                SQLValue(parent.rawValue), .text((wanted.afterMode ?? .success).rawValue),
                SQLValue(after.open.contains(parent)))
        }
        for parent in after.open {
            try db.run("UPDATE job SET followed = 1 WHERE id = ? AND followed = 0", SQLValue(parent.rawValue))
        }
        if let key = wanted.idempotencyKey { try note(db, submission, key, id, now) }
        var hold = place.hold
        if let fault = after.fault {
            try endWaiting(db, try standing(db, id), fault, because: .dependencyFailed, rules, now, &changes)
            state = .cancelled
        } else if state == .scheduled {
            if hold == nil { changes.schedule(runAt) }
        } else if hold == nil {
            changes.lanes.insert(Lane(queue: queue, kind: wanted.kind, uid: submission.uid))
        }
        if let key = replaced?.key { try fill(db, wanted.kind, key, rules, now, &changes) }
        if place.hasRoom, let key = wanted.key {
            try fill(db, wanted.kind, key, rules, now, &changes)
            hold = try standing(db, id).hold
        }
        return Taken(
            receipt: JobReceipt(
                id: id, state: state, durability: submission.durability, duplicate: false,
                correlationId: submission.correlationId, replaced: replaced?.id, hold: hold),
            changes: changes)
    }

    /// A job that takes the place of another has that one's place, where there is one.
    private static func placeOf(
        _ submission: Submission, _ queue: String, _ priority: Int, replacing replaced: Standing?, _ rules: StoreRules,
        _ db: Connection, _ now: Timestamp
    ) throws -> Place {
        let wanted = submission.specification
        let kind = wanted.kind
        if let replaced, replaced.key == wanted.key, replaced.state == .ready || replaced.isAdmitted {
            let lane = Lane(queue: queue, kind: kind, uid: submission.uid)
            let isSamePlace = replaced.state == .ready && replaced.lane == lane && replaced.priority == priority
            if replaced.hold == nil {
                return Place(rank: isSamePlace ? replaced.rank : rules.rank(at: now, priority: priority))
            }
            if replaced.hold == .key { return Place(hold: .key, rank: replaced.rank) }
        }
        // The end of a job is never refused: those of its hooks join the line however long that is.
        return try place(
            db, kind, key: wanted.key, priority: priority, since: now, refusing: submission.hookOf == nil, rules)
    }

    private static func insert(
        _ db: Connection, _ submission: Submission, _ queue: String, _ priority: Int, _ state: JobState, _ place: Place,
        _ runAt: Timestamp, waitsFor: Int, _ now: Timestamp
    ) throws -> JobID {
        let wanted = submission.specification
        let hooks = wanted.hooks.flatMap { $0.isEmpty ? nil : JSON.encode($0) }
        try db.run(
            """
            INSERT INTO job (kind, queue, uid, key, priority, state, hold, rank, cause, changed_at, run_at, timeout_ms,
                item_timeout_ms, max_attempts, backoff_ms, submitted_at, correlation_id, durability, attached, hook_of,
                unique_key, waits_for, hooks, task, params)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'submitted', ?9, ?10, ?11, ?12, ?13, ?14, ?9, ?15, ?16, ?17, ?18,
                ?19, ?20, ?21, ?22, ?23)
            """,
            .text(wanted.kind), .text(queue), SQLValue(submission.uid), SQLValue(wanted.key), SQLValue(priority),
            .text(state.rawValue), SQLValue(place.hold?.rawValue), SQLValue(place.rank), SQLValue(now.milliseconds),
            SQLValue(runAt.milliseconds), SQLValue(wanted.timeoutMs), SQLValue(wanted.itemTimeoutMs),
            SQLValue(wanted.maxAttempts ?? 3), SQLValue(wanted.backoffMs ?? 1000), .text(submission.correlationId),
            .text(submission.durability.rawValue), SQLValue(wanted.attached ?? false),
            SQLValue(submission.hookOf?.rawValue), SQLValue(wanted.uniqueKey), SQLValue(waitsFor), SQLValue(hooks),
            SQLValue(submission.task.map { JSON.encode($0) }), .blob((wanted.params ?? .emptyObject).bytes))
        let id = JobID(db.lastInsertRowID)
        if let key = wanted.key, state == .ready, place.hold == nil || place.hold == .key {
            try db.run(
                """
                INSERT INTO line VALUES (?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET admitted = admitted + excluded.admitted, waiting = waiting + excluded.waiting
                """, .text(wanted.kind), .text(key), SQLValue(place.hold == nil), SQLValue(place.hold != nil))
        }
        return id
    }

    // MARK: Keys of submissions

    private static func note(
        _ db: Connection, _ submission: Submission, _ key: String, _ id: JobID, _ now: Timestamp
    ) throws {
        try db.run(
            """
            INSERT INTO submission (uid, idempotency_key, job_id, expires_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (uid, idempotency_key) DO UPDATE SET job_id = excluded.job_id, expires_at = excluded.expires_at
            """,
            SQLValue(submission.uid), .text(key), SQLValue(id.rawValue),
            SQLValue((now + idempotencyWindow).milliseconds))
    }

    /// The receipt of the job that a submission repeats; nil where it is none of before.
    ///
    /// - Throws: ``JobError/keyReused(_:by:)``.
    static func repeated(_ db: Connection, _ submission: Submission, now: Timestamp) throws -> JobReceipt? {
        let wanted = submission.specification
        guard let key = wanted.idempotencyKey else { return nil }
        let found = try db.first(
            """
            SELECT job.id, job.kind, job.params FROM submission JOIN job ON job.id = submission.job_id
            WHERE submission.uid = ? AND idempotency_key = ? AND submission.expires_at > ?
            """,
            SQLValue(submission.uid), .text(key), SQLValue(now.milliseconds)
        ) { row in
            (
                id: JobID(row.int(0)),
                same: row.text(1) == wanted.kind && row.blob(2) == (wanted.params ?? .emptyObject).bytes
            )
        }
        guard let found else { return nil }
        guard found.same else { throw JobError.keyReused(key, by: found.id) }
        return try receipt(db, found.id)
    }

    /// The receipt of a job that was there before.
    private static func receipt(_ db: Connection, _ id: JobID) throws -> JobReceipt {
        let found = try db.first(
            "SELECT state, durability, correlation_id, hold FROM job WHERE id = ?", SQLValue(id.rawValue)
        ) { row in
            JobReceipt(
                id: id, state: try jobState(row.text(0)), durability: JobDurability(rawValue: row.text(1)) ?? .disk,
                duplicate: true, correlationId: row.text(2), hold: row.textOrNil(3).flatMap(JobHold.init))
        }
        guard let found else { throw JobError.notFound(id) }
        return found
    }

    /// The job that bears the unique key and is not over.
    static func live(_ db: Connection, _ kind: String, _ uniqueKey: String) throws -> JobID? {
        try db.first(
            "SELECT id FROM job WHERE kind = ? AND unique_key = ? AND unique_key IS NOT NULL AND finished_at IS NULL",
            .text(kind), .text(uniqueKey)
        ) { JobID($0.int(0)) }
    }

    /// Forgets idempotency keys whose time is over, at most 1,000 at once.
    static func forgetSubmissions(_ db: Connection, now: Timestamp) throws -> Int {
        let expired = try db.query(
            "SELECT uid, idempotency_key FROM submission WHERE expires_at <= ? ORDER BY expires_at LIMIT 1000",
            SQLValue(now.milliseconds)
        ) { (uid: $0.int(0), key: $0.text(1)) }
        for submission in expired {
            try db.run(
                "DELETE FROM submission WHERE uid = ? AND idempotency_key = ?", SQLValue(submission.uid),
                .text(submission.key))
        }
        return expired.count
    }
}
