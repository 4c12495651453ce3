import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore

/// Why a job that waited was ended by something other than a hand.
enum EndReason: String, Sendable {
    case replaced = "job.replaced"
    case dependencyFailed = "job.dependencyFailed"

    var status: StatusWord {
        switch self {
        case .replaced: .aborted
        case .dependencyFailed: .failedPrecondition
        }
    }
}

/// The end of a job, and what comes of it: the line of its key moves up, followers are released or cancelled, hooks
/// become jobs.
extension JobStore {
    /// Ends a running job. What was not done is cancelled; a job without a summary has its only item's output as result,
    /// and a failed one the first failed item's error.
    ///
    /// - Parameters:
    ///   - view: the job as it was claimed or planned since.
    ///   - end: the attempt that ended with it, of a plain job.
    static func finish(
        _ db: Connection, _ view: JobView, _ ending: JobEnding, end: (Lease, AttemptEnd)? = nil, _ rules: StoreRules,
        now: Timestamp
    ) throws -> (detail: JobDetail, changes: Changes) {
        let id = SQLValue(view.id.rawValue)
        if let (lease, ending) = end { try endAttempt(db, lease, ending, now: now) }
        let found = try db.first("SELECT followed, hooks, slots IS NOT NULL FROM job WHERE id = ?", id) { row in
            (isFollowed: row.bool(0), hooks: row.blobOrNil(1), isPlanned: row.bool(2))
        }
        guard let found else { throw JobError.notFound(view.id) }
        var view = view
        view.state = ending.state
        view.phase = nil
        view.cause = ending.cause
        view.finishedAt = now
        view.result = ending.result
        view.error = ending.error
        if found.isPlanned { try conclude(db, &view) }
        try db.run(
            """
            UPDATE job SET state = ?2, phase = NULL, cause = ?3, changed_at = ?4, finished_at = ?4, expires_at = ?5,
                attempts = ?6, crashes = ?7, result = ?8, error = ?9
            WHERE id = ?1
            """,
            id, .text(ending.state.rawValue), .text(ending.cause), SQLValue(now.milliseconds),
            SQLValue((now + rules.retention(of: view.kind, ending.state)).milliseconds), SQLValue(ending.attempts),
            SQLValue(ending.crashes), SQLValue(view.result?.bytes), SQLValue(view.error.map { JSON.encode($0) }))
        if !found.isPlanned { view.items = plainCounts(view.state, isPlain: view.items.total > 0) }
        var changes = Changes()
        if let key = view.key { try fill(db, view.kind, key, rules, now, &changes) }
        if found.hooks != nil || (rules.hooks[view.kind] != nil && view.hookOf == nil) {
            try fire(db, view, found.hooks, rules, now, &changes)
        }
        if found.isFollowed {
            for (follower, cause) in try releaseFollowers(of: view.id, view.state, rules, now, db, &changes) {
                try endWaiting(db, follower, cause, because: .dependencyFailed, rules, now, &changes)
            }
        }
        return (JobDetail(job: view), changes)
    }

    /// Cancels the items that were not done and takes result and error from those that were.
    private static func conclude(_ db: Connection, _ view: inout JobView) throws {
        let id = SQLValue(view.id.rawValue)
        try db.run("UPDATE item SET state = 'cancelled' WHERE job_id = ? AND state IN ('ready', 'running')", id)
        view.items = try counts(db, view.id)
        if view.result == nil {
            view.result =
                try db.first("SELECT output FROM item WHERE job_id = ? AND number = 0 AND key = 'job'", id) {
                    $0.blobOrNil(0).map(JSONRaw.init(unchecked:))
                } ?? nil
        }
        if view.error == nil, view.items.failed > 0 {
            view.error =
                try db.first(
                    "SELECT error FROM item WHERE job_id = ? AND state = 'failed' ORDER BY number LIMIT 1", id
                ) { try $0.blobOrNil(0).map { try error($0, of: "an item") } } ?? nil
        }
    }

    /// Ends a job that waits, `cancelled`, and those that had to come after it.
    ///
    /// - Parameters:
    ///   - tells: whether its own end is among the changes.
    ///   - fills: whether the line of its key moves up.
    static func endWaiting(
        _ db: Connection, _ standing: Standing, _ cause: String, because reason: EndReason? = nil, _ rules: StoreRules,
        _ now: Timestamp, _ changes: inout Changes, tells: Bool = true, fills: Bool = true
    ) throws {
        var ending = [(standing, cause: cause, reason: reason)]
        while let (job, cause, reason) = ending.popLast() {
            let id = SQLValue(job.id.rawValue)
            if job.isPlanned {
                try db.run("UPDATE item SET state = 'cancelled' WHERE job_id = ? AND state IN ('ready', 'running')", id)
            }
            if job.waitsFor > 0 { try db.run("UPDATE dependency SET open = 0 WHERE job_id = ? AND open = 1", id) }
            let ended = try db.run(
                """
                UPDATE job SET state = 'cancelled', hold = NULL, keeps_place = 0, waits_for = 0, cause = ?2,
                    changed_at = ?3, finished_at = ?3, expires_at = ?4, error = coalesce(?5, error)
                WHERE id = ?1 AND (state = 'scheduled' OR state = 'ready')
                """,
                id, .text(cause), SQLValue(now.milliseconds),
                SQLValue((now + rules.retention(of: job.lane.kind, .cancelled)).milliseconds),
                SQLValue(reason.map { JSON.encode(RPCError($0.status, cause, reason: $0.rawValue)) }))
            // Two of those it waited for may end at once.
            guard ended > 0 else { continue }
            if job.isAdmitted, fills || job.id != standing.id, let key = job.key {
                try fill(db, job.lane.kind, key, rules, now, &changes)
            }
            let view = try self.job(db, job.id)
            if tells || job.id != standing.id {
                var told = view
                told.params = nil
                changes.ended.append(told)
            }
            let hooks = try db.first("SELECT hooks FROM job WHERE id = ?", id) { $0.blobOrNil(0) } ?? nil
            try fire(db, view, hooks, rules, now, &changes)
            if job.isFollowed {
                ending += try releaseFollowers(of: job.id, .cancelled, rules, now, db, &changes).reversed()
                    .map { ($0.0, cause: $0.cause, reason: .dependencyFailed) }
            }
        }
    }

    // MARK: Hooks

    /// Submits what is to happen now that a job has ended. The job of a hook fires none.
    private static func fire(
        _ db: Connection, _ view: JobView, _ own: [UInt8]?, _ rules: StoreRules, _ now: Timestamp,
        _ changes: inout Changes
    ) throws {
        guard view.hookOf == nil else { return }
        var actions: [KindHook.Action] = []
        if let own {
            let hooks: [JobHook] = try StoreError.reading(own, "the hooks of a job")
            actions += hooks.filter { $0.on.contains(view.state) }.map { hook in
                switch hook.action {
                case .job(let job): .job(job)
                case .http(let callback): .task(.http(callback))
                }
            }
        }
        actions += (rules.hooks[view.kind] ?? []).filter { $0.on.contains(view.state) }.map(\.action)
        guard !actions.isEmpty else { return }
        let event = JSONRaw(Ended(view: view))
        for action in actions {
            var specification: JobSpecification
            var task: HookTask?
            switch action {
            case .job(let job):
                specification = JobSpecification(
                    kind: job.kind, params: job.params ?? event, queue: job.queue ?? view.queue)
            case .task(let wanted):
                specification = JobSpecification(kind: wanted.kind, params: event, queue: view.queue, maxAttempts: 10)
                task = wanted
            }
            let taken = try submit(
                db,
                Submission(
                    specification, rules, uid: view.user, correlationId: view.correlationId,
                    durability: { _ in view.durability }, hookOf: view.id, task: task), rules, now: now)
            changes.merge(taken.changes)
            changes.created.append(
                Lane(queue: specification.queue ?? view.queue, kind: specification.kind, uid: view.user))
        }
    }

    /// What a hook is told of the job that ended: Documentation/Hooks.md is the contract.
    private struct Ended: JSONEncodable {
        var view: JobView

        func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("id", view.id)
                $0.member("kind", view.kind)
                $0.member("key", ifPresent: view.key)
                $0.member("correlationId", view.correlationId)
                $0.member("state", view.state)
                $0.member("cause", view.cause)
                $0.member("finishedAt", ifPresent: view.finishedAt)
                $0.member("result", ifPresent: view.result)
                $0.member("error", ifPresent: view.error)
            }
        }
    }
}
