import JSONCodec
import Linux
import MillraceProtocol

/// The course of one job: plan → preload → process → summarize.
extension Dispatcher {
    /// Starts whatever of the job can start now.
    ///
    /// - Parameter itsTurn: Whether the job stood in line for a place and is the first of it.
    mutating func advance(_ id: JobID, now: Now, itsTurn: Bool = false) {
        guard let row = jobs.row(of: id) else { return }
        advances += 1
        let isEnding = jobs[row: row].isEnding
        if isEnding || draining { forgo(row, now: now) }
        if isEnding { return wind(up: row, now: now) }
        guard !draining else { return }
        switch jobs[row: row].phase {
        case .planning: startPlanning(row, now: now)
        case .storing: break
        case .processing: process(row, now: now, itsTurn: itsTurn)
        case .summarizing: summarize(row, now: now)
        }
    }

    private mutating func startPlanning(_ row: Int, now: Now) {
        let kind = jobs[row: row].kind
        guard jobs[row: row].leases.isEmpty, let stages = kinds[kind].stages else { return }
        guard stages.contains(.plan) else {
            jobs[row: row].becomePlain()
            return process(row, now: now, itsTurn: false)
        }
        guard let worker = freeWorker(for: kind) else { return block(row) }
        let lease = lease(.plan, of: row, to: worker, now: now)
        effects.append(
            .plan(lease, WorkloadPlan.Params(job: jobs[row: row].brief, attempt: jobs[row: row].attempts + 1)))
    }

    /// Sends the plan to the disk; no item starts before it is there.
    mutating func store(_ plan: WorkloadPlan.Result, slots: Int, of row: Int) {
        jobs[row: row].slots = slots
        jobs[row: row].view.slots = slots
        jobs[row: row].phase = .storing
        effects.append(.savePlan(jobs[row: row].id, plan, slots: slots))
    }

    /// The items are on disk; the pool may begin.
    mutating func planSaved(_ id: JobID, _ items: [PendingItem]) {
        guard let row = jobs.row(of: id), jobs[row: row].phase == .storing else { return }
        jobs[row: row].pending = items.reversed()
        jobs[row: row].view.items = ItemCounts(total: items.count, waiting: items.count)
        enter(.processing, row)
        touch(id)
    }

    private mutating func enter(_ phase: ActiveJob.Phase, _ row: Int) {
        jobs[row: row].phase = phase
        jobs[row: row].view.phase = phase == .summarizing ? .summarizing : .processing
        effects.append(.announce(jobs[row: row].id, message: nil))
    }

    private mutating func process(_ row: Int, now: Now, itsTurn: Bool) {
        jobs[row: row].wakeItems(at: now.boot)
        awaitItems(row)
        // Who comes anew stands behind those who wait; who has his turn takes one place while others wait.
        let othersWait = !kinds[jobs[row: row].kind].line.isEmpty
        var started = 0
        while jobs[row: row].freeSlots > 0, !jobs[row: row].pending.isEmpty {
            if othersWait, !itsTurn || started > 0 {
                block(row)
                break
            }
            guard start(row, now: now) else { break }
            started += 1
        }
        if jobs[row: row].refusal != nil,
            jobs[row: row].isBlocked || jobs[row: row].freeSlots == 0 || jobs[row: row].pending.isEmpty
        {
            forgo(row, now: now)
        }
        guard jobs[row: row].leases.isEmpty, jobs[row: row].pending.isEmpty, jobs[row: row].unsaved == 0 else { return }
        if let next = jobs[row: row].later.last {
            let job = jobs[row: row]
            effects.append(
                .postpone(
                    Postponement(
                        view: job.view, until: next.item.notBefore,
                        cause: "waits to try \(job.later.count) of its items again",
                        attempts: job.attempts, crashes: job.crashes)))
            drop(job.id, now: now)
        } else {
            enter(.summarizing, row)
            summarize(row, now: now)
        }
    }

    /// Starts the next item of the job; false when it has to wait for something.
    private mutating func start(_ row: Int, now: Now) -> Bool {
        guard let worker = preparedWorker(for: row, now: now) else {
            forgo(row, now: now)
            return false
        }
        var pass: ResourceBook.Pass?
        if let needs = jobs[row: row].needs {
            switch take(needs, row, now: now) {
            case .some(let taken): pass = taken
            case .none: return false
            }
        }
        guard let item = jobs[row: row].startNext() else { return false }
        let kind = jobs[row: row].kind
        if item.attempts == 0, kinds[kind].retryRatio != nil { noteFirstTry(of: kind, now: now) }
        let lease = lease(.process, of: row, item: item.brief.index, to: worker, pass: pass, now: now)
        if let timeout = itemTimeout(of: row) {
            limit(lease.fence, to: timeout, now: now)
        }
        effects.append(
            .process(
                lease,
                WorkloadProcess.Params(
                    job: jobs[row: row].brief, item: item.brief, attempt: item.attempts + 1, fence: lease.fence)))
        return true
    }

    /// A token of each resource and the passage of the breaker for an item; nil when it has to wait for them.
    private mutating func take(_ needs: ResourceBook.Needs, _ row: Int, now: Now) -> ResourceBook.Pass?? {
        let stoodInLine = jobs[row: row].refusal != nil
        switch resources.take(needs, for: jobs[row: row].id, now: now.boot) {
        case .success(let taken):
            refuse(row, nil)
            if stoodInLine { for name in needs.tokens { resourceChanged(name, now: now) } }
            return .some(taken)
        case .failure(let refusal):
            refuse(row, refusal)
            if stoodInLine, case .breaker = refusal.refusal {
                for name in needs.tokens { resourceChanged(name, now: now) }
            }
            awaitChange(of: refusal.name, now: now)
            for name in needs.tokens where name != refusal.name { awaitChange(of: name, now: now) }
            return .none
        }
    }

    private func itemTimeout(of row: Int) -> Duration? {
        if let own = jobs[row: row].itemTimeout { return own }
        return kinds[jobs[row: row].kind].itemTimeout
    }

    /// A worker that has a place and the job's data; where there is none yet, one is asked to preload, and where none is
    /// free the job stands in line.
    private mutating func preparedWorker(for row: Int, now: Now) -> Int? {
        let kind = jobs[row: row].kind
        guard let stages = kinds[kind].stages else { return nil }
        guard stages.contains(.preload) else {
            let worker = freeWorker(for: kind)
            if worker == nil { block(row) }
            return worker
        }
        let id = jobs[row: row].id
        if let ready = freeWorker(for: kind, where: { $0.prepared[id] == .done }) { return ready }
        guard !kinds[kind].serving.contains(where: { workers[$0]?.prepared[id] == .underway }) else { return nil }
        guard let worker = freeWorker(for: kind, where: { $0.prepared[id] == nil }) else {
            block(row)
            return nil
        }
        workers[row: worker].prepared[id] = .underway
        let lease = lease(.preload, of: row, to: worker, now: now)
        let job = jobs[row: row]
        let items = (job.pending + job.later.map(\.item) + job.running).map(\.brief)
        effects.append(
            .preload(lease, WorkloadPreload.Params(job: job.brief, items: items.sorted { $0.index < $1.index })))
        return nil
    }

    private mutating func summarize(_ row: Int, now: Now) {
        guard jobs[row: row].leases.isEmpty else { return }
        let (kind, isInterrupted) = (jobs[row: row].kind, jobs[row: row].interruption != nil)
        guard let stages = kinds[kind].stages else {
            // Nobody could be asked; a cancelled job does not wait for somebody.
            if isInterrupted { finish(row, result: nil, now: now) }
            return
        }
        guard stages.contains(.summarize) else { return finish(row, result: nil, now: now) }
        guard let worker = freeWorker(for: kind) else { return block(row) }
        let lease = lease(.summarize, of: row, to: worker, now: now)
        if isInterrupted { limit(lease.fence, to: bounds.grace, now: now) }
        effects.append(.summarize(lease, jobs[row: row].brief, cancelled: isInterrupted))
    }

    /// Ends a job that may not go on, once nothing of it runs any more.
    private mutating func wind(up row: Int, now: Now) {
        if jobs[row: row].interruption != nil { jobs[row: row].dropWaiting() }
        let job = jobs[row: row]
        guard job.leases.isEmpty, job.unsaved == 0, job.phase != .storing else { return }
        if let failure = job.failure {
            settle(row, failure, now: now)
        } else if job.phase == .planning || job.isPlain {
            finish(row, result: nil, now: now)
        } else {
            jobs[row: row].phase = .summarizing
            jobs[row: row].view.phase = .summarizing
            jobs[row: row].graceEnds = nil
            if !draining { summarize(row, now: now) }
        }
    }

    /// A stage that concerns the whole job has failed: another try later, or the end.
    private mutating func settle(_ row: Int, _ failure: RPCError, now: Now) {
        let job = jobs[row: row]
        if failure.isSnooze, job.interruption == nil {
            putOff(
                job, until: now.wall + failure.pause, cause: failure.message, attempts: job.attempts - 1, now: now)
        } else if failure.isWorthRetrying, job.attempts < job.view.maxAttempts, job.interruption == nil {
            let wait = delay(before: job.attempts, row, failure, now: now)
            putOff(
                job, until: now.wall + wait, cause: "tries again after: \(failure.message)", attempts: job.attempts,
                now: now)
        } else {
            finish(row, result: nil, now: now)
        }
    }

    private mutating func putOff(_ job: ActiveJob, until: Timestamp, cause: String, attempts: Int, now: Now) {
        effects.append(
            .postpone(
                Postponement(
                    view: job.view, until: until, cause: cause, attempts: max(0, attempts), crashes: job.crashes)))
        drop(job.id, now: now)
    }

    mutating func finish(_ row: Int, result: JSONRaw?, end: EndedAttempt? = nil, now: Now) {
        // What its worker is told of it comes after its end.
        let place = effects.count
        guard let job = drop(jobs[row: row].id, now: now) else { return }
        var ending = JobEnding(
            state: .succeeded, cause: "done", result: result, error: job.failure,
            attempts: min(job.attempts, job.view.maxAttempts), crashes: job.crashes)
        switch (job.interruption, job.failure) {
        case (.timedOut(let milliseconds), _):
            ending.state = .failed
            ending.cause = "ran longer than its timeout of \(milliseconds) ms"
            ending.error = RPCError(.deadlineExceeded, ending.cause, reason: "job.timeout")
        case (.cancelled(let reason), _):
            ending.state = .cancelled
            ending.cause = reason.map { "cancelled: \($0)" } ?? "cancelled"
        case (nil, .some(let failure)):
            ending.state = .failed
            ending.cause = failure.message
        case (nil, nil):
            let items = job.view.items
            guard items.failed > 0 else { break }
            ending.state = items.succeeded == 0 ? .failed : .partial
            ending.cause = "\(items.failed) of \(items.total) items failed"
        }
        effects.insert(.finish(job.view, ending, end), at: place)
    }
}
