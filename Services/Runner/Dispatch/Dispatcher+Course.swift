import Linux
import MillraceProtocol

/// The course of one job: plan → preload → process → summarize.
extension Dispatcher {
    /// Starts whatever of the job can start now.
    mutating func advance(_ id: JobID, now: Now) {
        // A copy of a job that is kept while the job changes would cost a copy of all its items.
        guard let (phase, isEnding) = jobs[id].map({ ($0.phase, $0.interruption != nil || $0.failure != nil) })
        else { return }
        if isEnding { return wind(up: id, now: now) }
        guard !draining else { return }
        switch phase {
        case .planning: startPlanning(id)
        case .storing: break
        case .processing: process(id)
        case .summarizing: summarize(id)
        }
    }

    private mutating func startPlanning(_ id: JobID) {
        guard let job = jobs[id], job.leases.isEmpty, let stages = stages(of: job.brief.kind) else { return }
        guard stages.contains(.plan) else {
            // A plain job is its own single item.
            return store(WorkloadPlan.Result(items: [.init(key: "job")]), slots: 1, of: job.id)
        }
        guard let worker = freeWorker(for: job.brief.kind) else { return }
        let lease = lease(.plan, of: job.id, to: worker.id)
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
    }

    private mutating func enter(_ phase: ActiveJob.Phase, _ id: JobID) {
        jobs[id]?.phase = phase
        jobs[id]?.view.phase = phase == .summarizing ? .summarizing : .processing
        if let view = jobs[id]?.view { effects.append(.announce(JobProgress(job: view))) }
    }

    private mutating func process(_ id: JobID) {
        guard let brief = jobs[id]?.brief else { return }
        while jobs[id].map({ $0.freeSlots > 0 && !$0.pending.isEmpty }) == true,
            let worker = preparedWorker(for: id), let item = jobs[id]?.pending.popLast()
        {
            jobs[id]?.running[item.brief.index] = item
            jobs[id]?.count()
            let lease = lease(.process, of: id, item: item.brief.index, to: worker)
            effects.append(
                .process(
                    lease,
                    WorkloadProcess.Params(
                        job: brief, item: item.brief, attempt: item.attempts + 1, fence: lease.fence)))
        }
        guard let job = jobs[id], job.leases.isEmpty, job.pending.isEmpty, job.unsaved == 0 else { return }
        if let next = job.later.last?.notBefore {
            effects.append(
                .postpone(
                    id, until: next, cause: "waits to try \(job.later.count) of its items again",
                    attempts: job.attempts,
                    crashes: job.crashes))
            drop(id)
        } else {
            enter(.summarizing, id)
            summarize(id)
        }
    }

    /// A worker that has a place and the job's data; where there is none yet, one is asked to preload.
    private mutating func preparedWorker(for id: JobID) -> Int? {
        guard let kind = jobs[id]?.brief.kind, let stages = stages(of: kind) else { return nil }
        guard stages.contains(.preload) else { return freeWorker(for: kind)?.id }
        if let ready = freeWorker(for: kind, where: { $0.prepared[id] == .done }) { return ready.id }
        guard !workers.values.contains(where: { $0.prepared[id] == .underway }) else { return nil }
        guard let worker = freeWorker(for: kind, where: { $0.prepared[id] == nil }), let job = jobs[id] else {
            return nil
        }
        workers[worker.id]?.prepared[id] = .underway
        let lease = lease(.preload, of: id, to: worker.id)
        let items = (job.pending + job.later + job.running.values).map(\.brief).sorted { $0.index < $1.index }
        effects.append(.preload(lease, WorkloadPreload.Params(job: job.brief, items: items)))
        return nil
    }

    private mutating func summarize(_ id: JobID) {
        guard let job = jobs[id], job.leases.isEmpty else { return }
        guard let stages = stages(of: job.brief.kind) else {
            // Nobody could be asked; a cancelled job does not wait for somebody.
            if job.interruption != nil { finish(job, result: nil) }
            return
        }
        guard stages.contains(.summarize) else { return finish(job, result: nil) }
        guard let worker = freeWorker(for: job.brief.kind) else { return }
        let lease = lease(.summarize, of: job.id, to: worker.id)
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
        } else if job.phase == .planning {
            finish(job, result: nil)
        } else {
            jobs[id]?.phase = .summarizing
            jobs[id]?.view.phase = .summarizing
            if !draining { summarize(id) }
        }
    }

    /// A stage that concerns the whole job has failed: another try later, or the end.
    private mutating func settle(_ job: ActiveJob, _ failure: RPCError, now: Now) {
        if failure.isWorthRetrying, job.attempts < job.view.maxAttempts, job.interruption == nil {
            let wait = delay(before: job.attempts, job, failure)
            effects.append(
                .postpone(
                    job.id, until: now.wall + wait, cause: "tries again after: \(failure.message)",
                    attempts: job.attempts, crashes: job.crashes))
            drop(job.id)
        } else {
            finish(job, result: nil)
        }
    }

    mutating func finish(_ job: ActiveJob, result: WorkloadSummarize.Result?) {
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
        effects.append(
            .finish(
                job.id,
                JobEnding(
                    state: state, cause: cause, result: result?.result, error: error,
                    attempts: min(job.attempts, job.view.maxAttempts), crashes: job.crashes)))
        drop(job.id)
    }
}
