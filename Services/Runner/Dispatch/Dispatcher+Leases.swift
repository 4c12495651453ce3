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
        guard let interruption = jobs[lease.job]?.interruption else {
            if jobs[lease.job] != nil { settle(lease, ending, attemptEnd(lease, ending, nil, facts), now: now) }
            return
        }
        settle(lease, ending, attemptEnd(lease, ending, interruption, facts), now: now)
    }

    private mutating func settle(_ lease: Lease, _ ending: LeaseEnd, _ end: AttemptEnd, now: Now) {
        if lease.isPlain {
            endPlain(lease, ending, end, now: now)
        } else if lease.stage == .process {
            endItem(lease, ending, end, now: now)
        } else {
            endStage(lease, ending, end, now: now)
        }
        touch(lease.job)
    }

    private mutating func endStage(_ lease: Lease, _ ending: LeaseEnd, _ end: AttemptEnd, now: Now) {
        guard let job = jobs[lease.job] else { return }
        effects.append(.endAttempt(lease, end))
        // Unless it says otherwise below, a worker that was to preload has not.
        if lease.stage == .preload { workers[lease.worker]?.prepared[lease.job] = nil }
        switch ending {
        case .planned(let plan):
            accept(plan, for: job)
        case .preloaded:
            workers[lease.worker]?.prepared[lease.job] = .done
        case .summarized(let result):
            finish(job, result: result.result, now: now)
        case .processed:
            break
        case .failed(let error):
            jobs[lease.job]?.attempts += 1
            jobs[lease.job]?.failure = error
        case .lost where draining:
            // It was our stop that took the worker away.
            break
        case .lost(let how):
            jobs[lease.job]?.crashes += 1
            if job.crashes + 1 >= bounds.crashes {
                let failure = lostError(lease, "job \(job.id)", how)
                jobs[lease.job]?.failure = failure
            }
        }
    }

    private mutating func accept(_ plan: WorkloadPlan.Result, for job: ActiveJob) {
        guard job.interruption == nil else { return }
        var keys: Set<String> = []
        let doubled = plan.items.first { !keys.insert($0.key).inserted }
        if let doubled {
            jobs[job.id]?.failure = RPCError(
                .failedPrecondition, "the plan of \(job.brief.kind) names the item \"\(doubled.key)\" twice",
                reason: "plan.doubledKey")
        } else if plan.items.count > bounds.items {
            let failure = RPCError(
                .resourceExhausted,
                "the plan of \(job.brief.kind) has \(plan.items.count) items, at most \(bounds.items) are taken; "
                    + "submit the work in several jobs", reason: "limit.items")
            jobs[job.id]?.failure = failure
        } else {
            store(plan, slots: min(max(plan.slots ?? bounds.slots, 1), 20, plan.items.count), of: job.id)
        }
    }

    // MARK: Items

    private mutating func endItem(_ lease: Lease, _ ending: LeaseEnd, _ end: AttemptEnd, now: Now) {
        guard let number = lease.item, var item = jobs[lease.job]?.running.removeValue(forKey: number) else { return }
        var outcome = ItemOutcome(
            number: number, key: item.brief.key, state: .ready, attempts: item.attempts, crashes: item.crashes,
            notBefore: item.notBefore)
        judge(&outcome, lease, ending, now: now)
        item.attempts = outcome.attempts
        item.crashes = outcome.crashes
        item.notBefore = outcome.notBefore
        effects.append(.saveItem(lease, outcome, end))
        jobs[lease.job]?.unsaved += 1
        settle(item, outcome.state, of: lease.job, now: now)
    }

    /// What becomes of an item: done, to be tried again, or failed.
    private mutating func judge(_ outcome: inout ItemOutcome, _ lease: Lease, _ ending: LeaseEnd, now: Now) {
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
            fail(&outcome, lease, error, now: now)
        case .planned, .preloaded, .summarized:
            outcome.state = .failed
            outcome.error = RPCError(.internal, "an answer of another stage", reason: "worker.confused")
        }
    }

    private mutating func settle(_ item: PendingItem, _ state: ItemState, of id: JobID, now: Now) {
        switch state {
        case .succeeded: jobs[id]?.view.items.succeeded += 1
        case .failed: jobs[id]?.view.items.failed += 1
        case .cancelled: jobs[id]?.view.items.cancelled += 1
        case .ready, .running:
            jobs[id]?.putBack(item, now: now)
            awaitItems(id)
        }
        jobs[id]?.count()
    }

    private mutating func fail(_ outcome: inout ItemOutcome, _ lease: Lease, _ error: RPCError, now: Now) {
        guard let job = jobs[lease.job] else { return }
        var error = error
        if lease.isOverdue, error.status == .cancelled {
            error = RPCError(
                .deadlineExceeded, "took longer than the time of an item", reason: "item.timeout")
        }
        if job.interruption != nil, error.status == .cancelled {
            outcome.state = .cancelled
            return
        }
        outcome.error = error
        if error.isSnooze, job.interruption == nil {
            outcome.notBefore = now.wall + error.pause
            return
        }
        outcome.attempts += 1
        if error.isWorthRetrying, outcome.attempts < job.view.maxAttempts, job.interruption == nil {
            outcome.notBefore = now.wall + delay(before: outcome.attempts, job, error, now: now)
        } else {
            outcome.state = .failed
        }
    }

    /// The checkpoint is on disk.
    mutating func itemSaved(_ id: JobID, _ item: ItemView) {
        guard jobs[id] != nil else { return }
        jobs[id]?.unsaved -= 1
        touch(id)
        if item.state.isFinal, let view = jobs[id]?.view {
            effects.append(.announce(JobProgress(job: view, item: item)))
        }
    }

    // MARK: Plain jobs

    /// The end of a plain job's only item is the end of the job, in one step.
    private mutating func endPlain(_ lease: Lease, _ ending: LeaseEnd, _ end: AttemptEnd, now: Now) {
        guard var item = jobs[lease.job]?.running.removeValue(forKey: 0) else { return }
        var outcome = ItemOutcome(
            number: 0, key: item.brief.key, state: .ready, attempts: item.attempts, crashes: item.crashes,
            notBefore: item.notBefore)
        judge(&outcome, lease, ending, now: now)
        jobs[lease.job]?.attempts = outcome.attempts
        jobs[lease.job]?.crashes = outcome.crashes
        item.attempts = outcome.attempts
        item.crashes = outcome.crashes
        item.notBefore = outcome.notBefore
        let ended = EndedAttempt(lease: lease, end: end)
        if outcome.state == .ready, let view = jobs[lease.job]?.view, jobs[lease.job]?.isEnding == false {
            if outcome.notBefore > now.wall {
                effects.append(
                    .postpone(
                        Postponement(
                            view: view, until: outcome.notBefore,
                            cause: end.cause == .snoozed
                                ? "put off by its worker: \(end.message ?? "")"
                                : "tries again after: \(end.message ?? "an error")",
                            attempts: outcome.attempts, crashes: outcome.crashes, end: ended)))
                drop(lease.job, now: now)
            } else {
                effects.append(
                    .notePlain(lease, end, attempts: outcome.attempts, crashes: outcome.crashes))
                jobs[lease.job]?.pending = [item]
                jobs[lease.job]?.count()
            }
            return
        }
        settle(item, outcome.state, of: lease.job, now: now)
        if outcome.state == .failed { jobs[lease.job]?.failure = outcome.error }
        // What was done before the wish to cancel came is done.
        if outcome.state == .succeeded { jobs[lease.job]?.interruption = nil }
        guard let job = jobs[lease.job] else { return }
        finish(job, result: outcome.output, end: ended, now: now)
    }

    // MARK: Interruptions

    /// Stops a job: what runs is withdrawn, what waits is dropped.
    mutating func interrupt(_ id: JobID, _ interruption: Interruption, now: Now) {
        guard let job = jobs[id], job.interruption == nil else { return }
        jobs[id]?.interruption = interruption
        if case .cancelled = interruption { jobs[id]?.view.cancelRequested = true }
        touch(id)
        guard job.phase != .summarizing else {
            // What was done is summed up all the same, but not for ever.
            for fence in job.leases { limit(fence, to: bounds.grace, now: now) }
            return
        }
        let ends = now.boot + bounds.grace
        jobs[id]?.graceEnds = ends
        timers.add(.grace(id), at: ends)
        effects += job.leases.sorted().compactMap { leases[$0] }.map { .cancel($0) }
    }

    /// Exponential back-off with full jitter, unless the other side said how long to wait. A kind whose retries are more
    /// than its budget waits the whole of the window.
    mutating func delay(before attempt: Int, _ job: ActiveJob, _ error: RPCError, now: Now) -> Duration {
        if error.retryAfterMs != nil { return min(error.pause, .seconds(3600)) }
        let backoff = Backoff(base: job.backoff, cap: .seconds(3600))
        guard takeRetry(of: job.lane.kind, now: now) else { return backoff.window(attempt: max(attempt, 1)) }
        return backoff.delay(attempt: max(attempt, 1), using: &generator)
    }

    private func attemptEnd(
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
