import Linux
import MillraceProtocol
import Resilience

/// What a lease's end means for its item and its job.
extension Dispatcher {
    /// An end of a lease that is not known any more, for instance because its worker was lost, changes nothing.
    mutating func end(_ fence: Int64, _ ending: LeaseEnd, now: Now) {
        guard let lease = leases.removeValue(forKey: fence) else { return }
        workers[lease.worker]?.running -= 1
        guard jobs[lease.job] != nil else { return }
        jobs[lease.job]?.leases.remove(fence)
        if lease.stage == .process {
            endItem(lease, ending, now: now)
        } else {
            endStage(lease, ending)
        }
    }

    private mutating func endStage(_ lease: Lease, _ ending: LeaseEnd) {
        guard let job = jobs[lease.job] else { return }
        effects.append(.endAttempt(lease, attemptEnd(ending, job)))
        switch ending {
        case .planned(let plan):
            accept(plan, for: job)
        case .preloaded:
            workers[lease.worker]?.prepared[lease.job] = .done
        case .summarized(let result):
            finish(job, result: result)
        case .processed:
            break
        case .failed(let error):
            workers[lease.worker]?.prepared[lease.job] = nil
            jobs[lease.job]?.attempts += 1
            jobs[lease.job]?.failure = error
        case .lost where draining:
            // It was our stop that took the worker away.
            break
        case .lost:
            jobs[lease.job]?.crashes += 1
            if job.crashes + 1 >= limits.crashes {
                let failure = lostError(lease, "job \(job.id)")
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
        } else if plan.items.count > limits.items {
            jobs[job.id]?.failure = RPCError(
                .resourceExhausted,
                "the plan of \(job.brief.kind) has \(plan.items.count) items, at most \(limits.items) are taken; "
                    + "submit the work in several jobs", reason: "limit.items")
        } else {
            store(plan, slots: min(max(plan.slots ?? limits.slots, 1), 20, plan.items.count), of: job.id)
        }
    }

    private mutating func endItem(_ lease: Lease, _ ending: LeaseEnd, now: Now) {
        guard let number = lease.item, var item = jobs[lease.job]?.running.removeValue(forKey: number),
            let job = jobs[lease.job]
        else { return }
        var outcome = ItemOutcome(
            number: number, key: item.brief.key, state: .ready, attempts: item.attempts, crashes: item.crashes,
            notBefore: item.notBefore)
        switch ending {
        case .processed(let result):
            outcome.state = .succeeded
            outcome.output = result.output
        case .lost where draining:
            break
        case .lost:
            outcome.crashes += 1
            if outcome.crashes >= limits.crashes {
                outcome.state = .failed
                outcome.error = lostError(lease, "item \(item.brief.key)")
            }
        case .failed(let error):
            fail(&outcome, job, error, now: now)
        case .planned, .preloaded, .summarized:
            outcome.state = .failed
            outcome.error = RPCError(.internal, "an answer of another stage", reason: "worker.confused")
        }
        item.attempts = outcome.attempts
        item.crashes = outcome.crashes
        item.notBefore = outcome.notBefore
        effects.append(.saveItem(lease, outcome, attemptEnd(ending, job)))
        settle(item, outcome.state, of: lease.job, now: now)
    }

    private mutating func settle(_ item: PendingItem, _ state: ItemState, of id: JobID, now: Now) {
        switch state {
        case .succeeded: jobs[id]?.view.items.succeeded += 1
        case .failed: jobs[id]?.view.items.failed += 1
        case .cancelled: jobs[id]?.view.items.cancelled += 1
        case .ready, .running: jobs[id]?.putBack(item, now: now.wall)
        }
        jobs[id]?.unsaved += 1
        jobs[id]?.count()
    }

    private mutating func fail(_ outcome: inout ItemOutcome, _ job: ActiveJob, _ error: RPCError, now: Now) {
        if job.interruption != nil, error.status == .cancelled {
            outcome.state = .cancelled
            return
        }
        outcome.attempts += 1
        outcome.error = error
        if error.isWorthRetrying, outcome.attempts < job.view.maxAttempts, job.interruption == nil {
            outcome.state = .ready
            outcome.notBefore = now.wall + delay(before: outcome.attempts, job, error)
        } else {
            outcome.state = .failed
        }
    }

    /// The checkpoint is on disk.
    mutating func itemSaved(_ id: JobID, _ item: ItemView) {
        guard jobs[id] != nil else { return }
        jobs[id]?.unsaved -= 1
        if item.state.isFinal, let view = jobs[id]?.view {
            effects.append(.announce(JobProgress(job: view, item: item)))
        }
    }

    /// Stops a job: what runs is withdrawn, what waits is dropped.
    mutating func interrupt(_ id: JobID, _ interruption: Interruption, now: Now) {
        guard let job = jobs[id], job.interruption == nil else { return }
        jobs[id]?.interruption = interruption
        if case .cancelled = interruption { jobs[id]?.view.cancelRequested = true }
        guard job.phase != .summarizing else { return }
        jobs[id]?.graceEnds = now.boot + limits.grace
        effects += job.leases.sorted().compactMap { leases[$0] }.map { .cancel($0) }
    }

    /// Exponential back-off with full jitter, unless the other side said how long to wait.
    mutating func delay(before attempt: Int, _ job: ActiveJob, _ error: RPCError) -> Duration {
        if let told = error.retryAfterMs { return .milliseconds(min(max(told, 0), 3_600_000)) }
        return Backoff(base: job.backoff, cap: .seconds(3600)).delay(attempt: max(attempt, 1), using: &generator)
    }

    private func attemptEnd(_ ending: LeaseEnd, _ job: ActiveJob) -> AttemptEnd {
        switch ending {
        case .planned, .preloaded, .processed, .summarized: return AttemptEnd(cause: .succeeded)
        case .lost: return AttemptEnd(cause: .lost, message: "the worker's connection closed")
        case .failed(let error):
            let cause: AttemptEnd.Cause =
                switch (error.status, job.interruption) {
                case (.cancelled?, .timedOut): .timeout
                case (.cancelled?, _): .cancelled
                case (.deadlineExceeded?, _): .timeout
                default: .error
                }
            return AttemptEnd(cause: cause, message: error.message)
        }
    }

    private func lostError(_ lease: Lease, _ what: String) -> RPCError {
        RPCError(
            .internal, "\(what) lost its worker \(limits.crashes) times, last \(lease.workerName)",
            reason: "worker.lost")
    }
}

extension RPCError {
    /// Whether another try may help; nothing else is repeated.
    var isWorthRetrying: Bool { status?.isTransient ?? false }
}
