import JSONCodec
import Linux
import MillraceProtocol
import Resilience

/// What a lease's end means for its item and its job.
extension Dispatcher {
    /// An end of a lease that is not known any more, for instance because its worker was lost, changes nothing.
    mutating func end(_ fence: Int64, _ ending: LeaseEnd, _ facts: AttemptFacts, now: Now) {
        guard let lease = close(fence) else { return }
        if case .lost = ending { counts.lost += 1 }
        if let pass = lease.pass { settle(pass, ending, now: now) }
        guard let row = jobs.row(of: lease.job) else { return }
        let end = Self.attemptEnd(lease, ending, jobs[row: row].interruption, facts)
        if lease.isPlain {
            endPlain(row, lease, ending, end, now: now)
        } else if lease.stage == .process {
            endItem(row, lease, ending, end, now: now)
        } else {
            endStage(row, lease, ending, end, now: now)
        }
    }

    private mutating func endStage(_ row: Int, _ lease: Lease, _ ending: LeaseEnd, _ end: AttemptEnd, now: Now) {
        touch(lease.job)
        effects.append(.endAttempt(lease, end))
        // Unless it says otherwise below, a worker that was to preload has not.
        if lease.stage == .preload { workers.change(lease.worker) { $0.prepared[lease.job] = nil } }
        switch ending {
        case .planned(let plan):
            accept(plan, for: row)
        case .preloaded:
            workers.change(lease.worker) { $0.prepared[lease.job] = .done }
        case .summarized(let result):
            finish(row, result: result.result, now: now)
        case .processed:
            break
        case .failed(let error):
            jobs[row: row].attempts += 1
            jobs[row: row].failure = error
        case .lost where draining:
            // It was our stop that took the worker away.
            break
        case .lost(let how):
            jobs[row: row].crashes += 1
            if jobs[row: row].crashes >= bounds.crashes {
                jobs[row: row].failure = lostError(lease, "job \(lease.job)", how)
            }
        }
    }

    private mutating func accept(_ plan: WorkloadPlan.Result, for row: Int) {
        guard jobs[row: row].interruption == nil else { return }
        var keys: Set<String> = []
        let doubled = plan.items.first { !keys.insert($0.key).inserted }
        let kind = kinds[jobs[row: row].kind].name
        if let doubled {
            jobs[row: row].failure = RPCError(
                .failedPrecondition, "the plan of \(kind) names the item \"\(doubled.key)\" twice",
                reason: "plan.doubledKey")
        } else if plan.items.count > bounds.items {
            jobs[row: row].failure = RPCError(
                .resourceExhausted,
                "the plan of \(kind) has \(plan.items.count) items, at most \(bounds.items) are taken; "
                    + "submit the work in several jobs", reason: "limit.items")
        } else {
            store(plan, slots: min(max(plan.slots ?? bounds.slots, 1), 20, plan.items.count), of: row)
        }
    }

    // MARK: Items

    private mutating func endItem(_ row: Int, _ lease: Lease, _ ending: LeaseEnd, _ end: AttemptEnd, now: Now) {
        touch(lease.job)
        guard let number = lease.item, var item = jobs[row: row].stop(number) else { return }
        var outcome = ItemOutcome(
            number: number, key: item.brief.key, state: .ready, attempts: item.attempts, crashes: item.crashes,
            notBefore: item.notBefore)
        judge(&outcome, row, lease, ending, now: now)
        jobs[row: row].unsaved += 1
        if outcome.state == .ready {
            item.attempts = outcome.attempts
            item.crashes = outcome.crashes
            item.notBefore = outcome.notBefore
            jobs[row: row].putBack(item, now: now)
            awaitItems(row)
        }
        jobs[row: row].count(outcome.state)
        effects.append(.saveItem(lease, outcome, end))
    }

    /// What becomes of an item: done, to be tried again, or failed.
    private mutating func judge(
        _ outcome: inout ItemOutcome, _ row: Int, _ lease: Lease, _ ending: LeaseEnd, now: Now
    ) {
        switch ending {
        case .processed(let result):
            outcome.state = .succeeded
            outcome.output = result.output
        case .lost where draining:
            break
        case .lost(let how):
            outcome.crashes += 1
            if outcome.crashes >= bounds.crashes {
                outcome.state = .failed
                outcome.error = lostError(lease, lease.isPlain ? "job \(lease.job)" : "item \(outcome.key)", how)
            }
        case .failed(let error):
            fail(&outcome, row, lease, error, now: now)
        case .planned, .preloaded, .summarized:
            outcome.state = .failed
            outcome.error = RPCError(.internal, "an answer of another stage", reason: "worker.confused")
        }
    }

    private mutating func fail(
        _ outcome: inout ItemOutcome, _ row: Int, _ lease: Lease, _ error: RPCError, now: Now
    ) {
        let isInterrupted = jobs[row: row].interruption != nil
        var error = error
        if lease.isOverdue, error.status == .cancelled {
            error = RPCError(
                .deadlineExceeded, "took longer than the time of an item", reason: "item.timeout")
        }
        if isInterrupted, error.status == .cancelled {
            outcome.state = .cancelled
            return
        }
        outcome.error = error
        if error.isSnooze, !isInterrupted {
            outcome.notBefore = now.wall + error.pause
            return
        }
        outcome.attempts += 1
        if error.isWorthRetrying, outcome.attempts < jobs[row: row].view.maxAttempts, !isInterrupted {
            outcome.notBefore = now.wall + delay(before: outcome.attempts, row, error, now: now)
        } else {
            outcome.state = .failed
        }
    }

    /// The checkpoint is on disk.
    mutating func itemSaved(_ id: JobID) {
        guard let row = jobs.row(of: id) else { return }
        jobs[row: row].unsaved -= 1
        // With others on their way, or at work, nothing can start or end that could not before.
        if jobs[row: row].unsaved == 0, jobs[row: row].leases.isEmpty { touch(id) }
    }

    // MARK: Plain jobs

    /// The end of a plain job's only item is the end of the job, in one step.
    private mutating func endPlain(_ row: Int, _ lease: Lease, _ ending: LeaseEnd, _ end: AttemptEnd, now: Now) {
        guard var item = jobs[row: row].stop(0) else { return }
        var outcome = ItemOutcome(
            number: 0, key: item.brief.key, state: .ready, attempts: item.attempts, crashes: item.crashes,
            notBefore: item.notBefore)
        judge(&outcome, row, lease, ending, now: now)
        jobs[row: row].attempts = outcome.attempts
        jobs[row: row].crashes = outcome.crashes
        item.attempts = outcome.attempts
        item.crashes = outcome.crashes
        item.notBefore = outcome.notBefore
        let ended = EndedAttempt(lease: lease, end: end)
        if outcome.state == .ready, !jobs[row: row].isEnding {
            if outcome.notBefore > now.wall {
                guard let job = drop(lease.job, now: now) else { return }
                effects.append(
                    .postpone(
                        Postponement(
                            view: job.view, until: outcome.notBefore,
                            cause: end.cause == .snoozed
                                ? "put off by its worker: \(end.message ?? "")"
                                : "tries again after: \(end.message ?? "an error")",
                            attempts: outcome.attempts, crashes: outcome.crashes, end: ended)))
            } else {
                effects.append(
                    .notePlain(lease, end, attempts: outcome.attempts, crashes: outcome.crashes))
                jobs[row: row].pending = [item]
                jobs[row: row].count()
                touch(lease.job)
            }
            return
        }
        jobs[row: row].count(outcome.state)
        if outcome.state == .failed { jobs[row: row].failure = outcome.error }
        // What was done before the wish to cancel came is done.
        if outcome.state == .succeeded { jobs[row: row].interruption = nil }
        finish(row, result: outcome.output, end: ended, now: now)
    }

    // MARK: Interruptions

    /// Stops a job: what runs is withdrawn, what waits is dropped.
    mutating func interrupt(_ id: JobID, _ interruption: Interruption, now: Now) {
        guard let row = jobs.row(of: id), jobs[row: row].interruption == nil else { return }
        jobs[row: row].interruption = interruption
        if case .cancelled = interruption { jobs[row: row].view.cancelRequested = true }
        touch(id)
        let held = jobs[row: row].leases.sorted()
        guard jobs[row: row].phase != .summarizing else {
            // What was done is summed up all the same, but not for ever.
            for fence in held { limit(fence, to: bounds.grace, now: now) }
            return
        }
        let ends = now.boot + bounds.grace
        jobs[row: row].graceEnds = ends
        timers.add(.grace(id), at: ends)
        effects += held.compactMap { leases[$0] }.map { .cancel($0) }
    }

    /// Exponential back-off with full jitter, unless the other side said how long to wait. A kind whose retries are more
    /// than its budget waits the whole of the window.
    mutating func delay(before attempt: Int, _ row: Int, _ error: RPCError, now: Now) -> Duration {
        if error.retryAfterMs != nil { return min(error.pause, .seconds(3600)) }
        let backoff = Backoff(base: jobs[row: row].backoff, cap: .seconds(3600))
        guard takeRetry(of: jobs[row: row].kind, now: now) else { return backoff.window(attempt: max(attempt, 1)) }
        return backoff.delay(attempt: max(attempt, 1), using: &generator)
    }

    private static func attemptEnd(
        _ lease: Lease, _ ending: LeaseEnd, _ interruption: Interruption?, _ facts: AttemptFacts
    ) -> AttemptEnd {
        var end: AttemptEnd
        switch ending {
        case .planned, .preloaded, .processed, .summarized: end = AttemptEnd(cause: .succeeded)
        case .lost(let how): end = AttemptEnd(cause: facts.signal == nil ? .lost : .signal, message: how)
        case .failed(let error):
            let cause: AttemptEnd.Cause =
                switch (error.status, interruption) {
                case (.cancelled?, .timedOut): .timeout
                case (.cancelled?, nil) where lease.isOverdue: .timeout
                case (.cancelled?, _): .cancelled
                case (.deadlineExceeded?, _): .timeout
                default: error.isSnooze ? .snoozed : facts.exitCode == nil ? .error : .exit
                }
            end = AttemptEnd(cause: cause, message: error.message)
        }
        end.exitCode = facts.exitCode
        end.signal = facts.signal
        end.cpu = facts.cpu
        end.peakBytes = facts.peakBytes
        return end
    }

    private func lostError(_ lease: Lease, _ what: String, _ how: String) -> RPCError {
        RPCError(
            .internal, "\(what) lost its worker \(bounds.crashes) times, last \(lease.workerName): \(how)",
            reason: "worker.lost")
    }
}

extension RPCError {
    /// Whether another try may help; nothing else is repeated.
    var isWorthRetrying: Bool { status?.isTransient ?? false }

    /// Whether the work was put off by itself: no failure, no attempt.
    var isSnooze: Bool { reason == "job.snoozed" && retryAfterMs != nil }

    /// The pause that was asked for, at most 30 days.
    var pause: Duration { .milliseconds(min(max(retryAfterMs ?? 0, 0), 30 * 86_400_000)) }
}
