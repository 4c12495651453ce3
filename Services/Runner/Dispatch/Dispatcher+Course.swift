import JSONCodec
import Linux
import MillraceProtocol

/// The course of one job: plan → preload → process → summarize.
extension Dispatcher {
    /// Starts whatever of the job can start now.
    ///
    /// - Parameter itsTurn: Whether the job stood in line for a place and is the first of it.
    mutating func advance(_ id: JobID, now: Now, itsTurn: Bool = false) {
        // A copy of a job that is kept while the job changes would cost a copy of all its items.
        guard let (phase, isEnding) = jobs[id].map({ ($0.phase, $0.isEnding) }) else { return }
        advances += 1
        if isEnding || draining { forgo(id, now: now) }
        if isEnding { return wind(up: id, now: now) }
        guard !draining else { return }
        switch phase {
        case .planning: startPlanning(id, now: now)
        case .storing: break
        case .processing: process(id, now: now, itsTurn: itsTurn)
        case .summarizing: summarize(id, now: now)
        }
    }

    private mutating func startPlanning(_ id: JobID, now: Now) {
        guard let kind = jobs[id]?.lane.kind, jobs[id]?.leases.isEmpty == true, let stages = stages(of: kind) else {
            return
        }
        guard stages.contains(.plan) else {
            jobs[id]?.becomePlain()
            return process(id, now: now, itsTurn: false)
        }
        guard let worker = freeWorker(for: kind) else { return block(id) }
        guard let job = jobs[id] else { return }
        let lease = lease(.plan, of: id, to: worker, now: now)
        effects.append(.plan(lease, WorkloadPlan.Params(job: job.brief, attempt: job.attempts + 1)))
    }

    /// Sends the plan to the disk; no item starts before it is there.
    mutating func store(_ plan: WorkloadPlan.Result, slots: Int, of id: JobID) {
        jobs[id]?.slots = slots
        jobs[id]?.view.slots = slots
        jobs[id]?.phase = .storing
        effects.append(.savePlan(id, plan, slots: slots))
    }

    /// The items are on disk; the pool may begin.
    mutating func planSaved(_ id: JobID, _ items: [PendingItem]) {
        guard jobs[id]?.phase == .storing else { return }
        jobs[id]?.pending = items.reversed()
        jobs[id]?.view.items = ItemCounts(total: items.count, waiting: items.count)
        enter(.processing, id)
        touch(id)
    }

    private mutating func enter(_ phase: ActiveJob.Phase, _ id: JobID) {
        jobs[id]?.phase = phase
        jobs[id]?.view.phase = phase == .summarizing ? .summarizing : .processing
        if let view = jobs[id]?.view { effects.append(.announce(JobProgress(job: view))) }
    }

    private mutating func process(_ id: JobID, now: Now, itsTurn: Bool) {
        jobs[id]?.wakeItems(at: now.boot)
        awaitItems(id)
        guard let kind = jobs[id]?.lane.kind else { return }
        // Who comes anew stands behind those who wait; who has his turn takes one place while others wait.
        let othersWait = blocked[kind]?.isEmpty == false
        var started = 0
        while jobs[id].map({ $0.freeSlots > 0 && !$0.pending.isEmpty }) == true {
            if othersWait, !itsTurn || started > 0 {
                block(id)
                break
            }
            guard start(id, kind, now: now) else { break }
            started += 1
        }
        if jobs[id].map({ $0.isBlocked || $0.freeSlots == 0 || $0.pending.isEmpty }) == true { forgo(id, now: now) }
        guard let job = jobs[id], job.leases.isEmpty, job.pending.isEmpty, job.unsaved == 0 else { return }
        if let next = job.later.last {
            effects.append(
                .postpone(
                    Postponement(
                        view: job.view, until: next.item.notBefore,
                        cause: "waits to try \(job.later.count) of its items again",
                        attempts: job.attempts, crashes: job.crashes)))
            drop(id, now: now)
        } else {
            enter(.summarizing, id)
            summarize(id, now: now)
        }
    }

    /// Starts the next item of the job; false when it has to wait for something.
    private mutating func start(_ id: JobID, _ kind: String, now: Now) -> Bool {
        guard let worker = preparedWorker(for: id, now: now) else {
            forgo(id, now: now)
            return false
        }
        var pass: ResourceBook.Pass?
        if let needs = jobs[id]?.needs {
            let stoodInLine = jobs[id]?.refusal != nil
            switch resources.take(needs, for: id, now: now.boot) {
            case .success(let taken):
                pass = taken
                refuse(id, nil)
                if stoodInLine { for name in needs.tokens { resourceChanged(name, now: now) } }
            case .failure(let refusal):
                refuse(id, refusal)
                if stoodInLine, case .breaker = refusal.refusal {
                    for name in needs.tokens { resourceChanged(name, now: now) }
                }
                awaitChange(of: refusal.name, now: now)
                for name in needs.tokens where name != refusal.name { awaitChange(of: name, now: now) }
                return false
            }
        }
        guard let item = jobs[id]?.pending.popLast(), let brief = jobs[id]?.brief else { return false }
        if item.attempts == 0 { noteFirstTry(of: kind, now: now) }
        jobs[id]?.running[item.brief.index] = item
        jobs[id]?.count()
        let fence = lease(.process, of: id, item: item.brief.index, to: worker, now: now).fence
        leases[fence]?.pass = pass
        leases[fence]?.isPlain = jobs[id]?.isPlain ?? false
        if let timeout = itemTimeout(of: id) { limit(fence, to: timeout, now: now) }
        guard let lease = leases[fence] else { return false }
        effects.append(
            .process(
                lease,
                WorkloadProcess.Params(job: brief, item: item.brief, attempt: item.attempts + 1, fence: fence)))
        return true
    }

    private func itemTimeout(of id: JobID) -> Duration? {
        guard let job = jobs[id] else { return nil }
        return job.view.itemTimeoutMs.map { .milliseconds($0) } ?? rules.itemTimeouts[job.lane.kind]
    }

    /// A worker that has a place and the job's data; where there is none yet, one is asked to preload, and where none is
    /// free the job stands in line.
    private mutating func preparedWorker(for id: JobID, now: Now) -> Int? {
        guard let kind = jobs[id]?.lane.kind, let stages = stages(of: kind) else { return nil }
        guard stages.contains(.preload) else {
            let worker = freeWorker(for: kind)
            if worker == nil { block(id) }
            return worker
        }
        if let ready = freeWorker(for: kind, where: { $0.prepared[id] == .done }) { return ready }
        let serving = serving[kind] ?? []
        guard !serving.contains(where: { workers[$0]?.prepared[id] == .underway }) else { return nil }
        guard let worker = freeWorker(for: kind, where: { $0.prepared[id] == nil }), let job = jobs[id] else {
            block(id)
            return nil
        }
        workers[worker]?.prepared[id] = .underway
        let lease = lease(.preload, of: id, to: worker, now: now)
        let items = (job.pending + job.later.map(\.item) + job.running.values).map(\.brief)
        effects.append(
            .preload(lease, WorkloadPreload.Params(job: job.brief, items: items.sorted { $0.index < $1.index })))
        return nil
    }

    private mutating func summarize(_ id: JobID, now: Now) {
        guard let job = jobs[id], job.leases.isEmpty else { return }
        guard let stages = stages(of: job.lane.kind) else {
            // Nobody could be asked; a cancelled job does not wait for somebody.
            if job.interruption != nil { finish(job, result: nil, now: now) }
            return
        }
        guard stages.contains(.summarize) else { return finish(job, result: nil, now: now) }
        guard let worker = freeWorker(for: job.lane.kind) else { return block(id) }
        let lease = lease(.summarize, of: job.id, to: worker, now: now)
        if job.interruption != nil { limit(lease.fence, to: bounds.grace, now: now) }
        effects.append(.summarize(lease, job.brief, cancelled: job.interruption != nil))
    }

    /// Ends a job that may not go on, once nothing of it runs any more.
    private mutating func wind(up id: JobID, now: Now) {
        guard var job = jobs[id] else { return }
        let dropped = job.pending.count + job.later.count
        if job.interruption != nil, dropped > 0 {
            job.view.items.cancelled += dropped
            job.pending = []
            job.later = []
            job.count()
            jobs[id] = job
        }
        guard job.leases.isEmpty, job.unsaved == 0, job.phase != .storing else { return }
        if let failure = job.failure {
            settle(job, failure, now: now)
        } else if job.phase == .planning || job.isPlain {
            finish(job, result: nil, now: now)
        } else {
            jobs[id]?.phase = .summarizing
            jobs[id]?.view.phase = .summarizing
            jobs[id]?.graceEnds = nil
            if !draining { summarize(id, now: now) }
        }
    }

    /// A stage that concerns the whole job has failed: another try later, or the end.
    private mutating func settle(_ job: ActiveJob, _ failure: RPCError, now: Now) {
        if failure.isSnooze, job.interruption == nil {
            putOff(
                job, until: now.wall + failure.pause, cause: failure.message, attempts: job.attempts - 1, now: now)
        } else if failure.isWorthRetrying, job.attempts < job.view.maxAttempts, job.interruption == nil {
            let wait = delay(before: job.attempts, job, failure, now: now)
            putOff(
                job, until: now.wall + wait, cause: "tries again after: \(failure.message)", attempts: job.attempts,
                now: now)
        } else {
            finish(job, result: nil, now: now)
        }
    }

    private mutating func putOff(_ job: ActiveJob, until: Timestamp, cause: String, attempts: Int, now: Now) {
        effects.append(
            .postpone(
                Postponement(
                    view: job.view, until: until, cause: cause, attempts: max(0, attempts), crashes: job.crashes)))
        drop(job.id, now: now)
    }

    mutating func finish(
        _ job: ActiveJob, result: JSONRaw?, end: EndedAttempt? = nil, now: Now
    ) {
        let items = job.view.items
        let state: JobState
        var cause: String
        var error = job.failure
        switch (job.interruption, job.failure) {
        case (.timedOut(let milliseconds), _):
            state = .failed
            cause = "ran longer than its timeout of \(milliseconds) ms"
            error = RPCError(.deadlineExceeded, cause, reason: "job.timeout")
        case (.cancelled(let reason), _):
            state = .cancelled
            cause = reason.map { "cancelled: \($0)" } ?? "cancelled"
        case (nil, .some(let failure)):
            state = .failed
            cause = failure.message
        case (nil, nil):
            state = items.failed == 0 ? .succeeded : items.succeeded == 0 ? .failed : .partial
            cause = items.failed == 0 ? "done" : "\(items.failed) of \(items.total) items failed"
        }
        count(state, job.lane)
        effects.append(
            .finish(
                job.view,
                JobEnding(
                    state: state, cause: cause, result: result, error: error,
                    attempts: min(job.attempts, job.view.maxAttempts), crashes: job.crashes),
                end))
        drop(job.id, now: now)
    }

    private mutating func count(_ state: JobState, _ lane: Lane) {
        guard !lane.isOwn else { return }
        switch state {
        case .succeeded: counts.succeeded += 1
        case .partial: counts.partial += 1
        case .failed: counts.failed += 1
        case .cancelled: counts.cancelled += 1
        case .scheduled, .ready, .running: break
        }
    }
}
