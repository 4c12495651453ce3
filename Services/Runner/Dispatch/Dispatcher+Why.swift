import Linux
import MillraceProtocol

/// What the store knows of why a job stands where it stands.
struct WhyFacts: Sendable {
    var view: JobView
    var lane: Lane
    /// Jobs before it in its lane, or in the line of its key.
    var ahead = 0
    /// How many jobs of its key may run, and do.
    var keyLimit = 0
    var keyUsed = 0
    /// Jobs it comes after that are not over.
    var dependencies: [JobID] = []
    var lastAttempt: AttemptView?
}

/// Why a job waits, what it does, or how it ended: never without an answer.
extension Dispatcher {
    func why(_ facts: WhyFacts, now: Now) -> [WhyReason] {
        let view = facts.view
        switch view.state {
        case .scheduled, .ready:
            if let hold = view.hold { return [held(hold, facts)] + scheduled(facts, now: now) }
            return view.state == .scheduled ? scheduled(facts, now: now) : ready(facts, now: now)
        case .running: return running(view, now: now)
        case .succeeded, .partial, .failed, .cancelled: return [ended(view)]
        }
    }

    private func held(_ hold: JobHold, _ facts: WhyFacts) -> WhyReason {
        switch hold {
        case .key:
            WhyReason(
                code: .keyLimit,
                message: "\(facts.keyUsed) of \(facts.keyLimit) jobs of the key \"\(facts.view.key ?? "")\" run or are "
                    + "next; \(facts.ahead) wait before this one",
                name: facts.view.key, limit: facts.keyLimit, used: facts.keyUsed, ahead: facts.ahead)
        case .dependency:
            WhyReason(
                code: .dependency,
                message: "it comes after "
                    + (facts.dependencies.count == 1 ? "job " : "jobs ")
                    + facts.dependencies.prefix(10).map(\.description).joined(separator: ", ")
                    + (facts.dependencies.count > 10 ? " and more" : ""),
                jobs: Array(facts.dependencies.prefix(100)))
        case .bury:
            WhyReason(code: .buried, message: "it was buried: \(facts.view.cause); millctl job redrive brings it back")
        }
    }

    private func scheduled(_ facts: WhyFacts, now: Now) -> [WhyReason] {
        guard facts.view.state == .scheduled, let until = facts.view.runAt else { return [] }
        if facts.view.hold != nil, until <= now.wall { return [] }
        guard let last = facts.lastAttempt else {
            return [WhyReason(code: .time, message: "its time is \(until)", until: until)]
        }
        if last.cause == AttemptEnd.Cause.snoozed.rawValue {
            return [WhyReason(code: .snoozed, message: facts.view.cause, since: last.endedAt, until: until)]
        }
        return [WhyReason(code: .retry, message: facts.view.cause, since: last.endedAt, until: until)]
    }

    private func ready(_ facts: WhyFacts, now: Now) -> [WhyReason] {
        let lane = facts.lane
        var reasons = hindrances(lane, now: now.boot).map { reason($0, lane, now: now) }
        if reasons.isEmpty || facts.ahead > 0 {
            reasons.append(
                WhyReason(
                    code: .turn,
                    message: facts.ahead == 0
                        ? "it is next" : "\(facts.ahead) jobs of its kind, queue and user come before it",
                    ahead: facts.ahead))
        }
        return reasons
    }

    private func reason(_ hindrance: Hindrance, _ lane: Lane, now: Now) -> WhyReason {
        switch hindrance {
        case .draining: return WhyReason(code: .draining, message: "the runner is stopping")
        case .queuePaused:
            return WhyReason(code: .queuePaused, message: "the queue \(lane.queue) is paused", name: lane.queue)
        case .kindPaused:
            return WhyReason(code: .kindPaused, message: "the kind \(lane.kind) is paused", name: lane.kind)
        case .noWorker:
            return WhyReason(
                code: .noWorker, message: "no worker that serves the kind \(lane.kind) is connected", name: lane.kind)
        case .workersBusy(let running):
            return WhyReason(
                code: .workersBusy,
                message: "the workers of the kind \(lane.kind) have all their places taken (\(running) in use)",
                name: lane.kind, used: running)
        case .jobs(let used, let limit):
            return limited(.jobSlots, "this machine", nil, used, limit)
        case .user(let used, let limit): return limited(.userLimit, "user \(lane.uid)", "\(lane.uid)", used, limit)
        case .kept(let scope, let held, let kept, let total):
            let whose = scope == .kind ? "the kind \(lane.kind)" : "the queue \(lane.queue)"
            return WhyReason(
                code: .userLimit,
                message: "user \(lane.uid) runs \(held) jobs; of the \(total) places of \(whose) the last \(kept) are "
                    + "kept for users who run fewer than \(kept)", name: "\(lane.uid)", limit: kept, used: held)
        case .kind(let used, let limit):
            return limited(.kindLimit, "the kind \(lane.kind)", lane.kind, used, limit)
        case .queue(let used, let limit):
            return limited(.queueLimit, "the queue \(lane.queue)", lane.queue, used, limit)
        case .breaker(let name, let until):
            return breaker(name, until, now: now)
        case .rate(let name, let until, let ahead): return rate(name, until, ahead, now: now)
        }
    }

    private func limited(_ code: WhyCode, _ what: String, _ name: String?, _ used: Int, _ limit: Int) -> WhyReason {
        WhyReason(
            code: code, message: "\(used) of at most \(limit) jobs of \(what) run", name: name, limit: limit, used: used
        )
    }

    private func breaker(_ name: String, _ until: Duration?, now: Now) -> WhyReason {
        let time = until.map { now.wall + ($0 - now.boot) }
        return WhyReason(
            code: .breaker,
            message: "the breaker of \(name) is open"
                + (time.map { " until \($0)" } ?? "; millctl breaker close \(name) closes it"),
            until: time, name: name)
    }

    private func rate(_ name: String, _ until: Duration, _ ahead: Int, now: Now) -> WhyReason {
        WhyReason(
            code: .rate, message: "waits for a token of \(name); \(ahead) are before it",
            until: now.wall + (until - now.boot), name: name, ahead: ahead)
    }

    // MARK: Running

    private func running(_ view: JobView, now: Now) -> [WhyReason] {
        guard let job = jobs[view.id] else {
            return [WhyReason(code: .saving, message: "what has just happened to it is being written to disk")]
        }
        var reasons: [WhyReason] = []
        if let interruption = job.interruption {
            let why =
                switch interruption {
                case .cancelled(let reason): reason.map { "cancelled: \($0)" } ?? "cancelled"
                case .timedOut(let milliseconds): "past its timeout of \(milliseconds) ms"
                }
            reasons.append(
                WhyReason(
                    code: .cancelling, message: "\(why); \(job.leases.count) calls have not stopped yet",
                    until: job.graceEnds.map { now.wall + ($0 - now.boot) }, used: job.leases.count))
        }
        reasons += stage(job, now: now)
        if job.unsaved > 0 || job.phase == .storing {
            reasons.append(
                WhyReason(code: .saving, message: "checkpoints are being written to disk", items: job.unsaved))
        }
        reasons += obstacles(job, now: now)
        if reasons.isEmpty {
            reasons.append(WhyReason(code: .saving, message: "its end is being written to disk"))
        }
        return reasons
    }

    private func stage(_ job: ActiveJob, now: Now) -> [WhyReason] {
        let held = job.leases.compactMap { leases[$0] }.sorted { $0.fence < $1.fence }
        func since(_ leases: [Lease]) -> Timestamp? { leases.first.map { now.wall - (now.boot - $0.since) } }
        return WorkloadStage.allCases.compactMap { stage in
            let here = held.filter { $0.stage == stage }
            guard let first = here.first else { return nil }
            switch stage {
            case .plan:
                return WhyReason(
                    code: .planning, message: "\(first.workerName) plans it", since: since(here),
                    worker: first.workerName)
            case .preload:
                return WhyReason(
                    code: .preloading, message: "\(first.workerName) reads what its items need", since: since(here),
                    worker: first.workerName)
            case .process:
                let (working, all) = (here.count, job.view.items.total)
                let message =
                    all == 1
                    ? "its only item is at work"
                    : "\(working) of its \(all) items \(working == 1 ? "is" : "are") at work"
                return WhyReason(
                    code: .processing, message: message,
                    since: since(here), limit: job.slots, used: here.count, items: here.count,
                    worker: first.workerName)
            case .summarize:
                return WhyReason(
                    code: .summarizing, message: "\(first.workerName) sums it up", since: since(here),
                    worker: first.workerName)
            }
        }
    }

    private func obstacles(_ job: ActiveJob, now: Now) -> [WhyReason] {
        var reasons: [WhyReason] = []
        if let next = job.later.last {
            reasons.append(
                WhyReason(
                    code: .itemsRetry, message: "\(job.later.count) items are tried again, the first at the time told",
                    until: now.wall + (next.at - now.boot), items: job.later.count))
        }
        if draining { reasons.append(WhyReason(code: .draining, message: "the runner is stopping")) }
        if kinds[job.kind].serving.isEmpty {
            reasons.append(
                WhyReason(
                    code: .noWorker, message: "no worker that serves the kind \(job.lane.kind) is connected",
                    name: job.lane.kind))
        } else if job.isBlocked {
            let before = kinds[job.kind].line.firstIndex(of: job.id) ?? 0
            reasons.append(
                WhyReason(
                    code: .place, message: "waits for a free place at a worker; \(before) jobs are before it",
                    name: job.lane.kind, ahead: before, items: job.pending.count))
        }
        if let refusal = job.refusal {
            switch refusal.refusal {
            case .breaker(let until): reasons.append(breaker(refusal.name, until, now: now))
            case .rate(let until, _):
                let ahead = resources.ahead(.job(job.id), of: refusal.name) ?? 0
                reasons.append(rate(refusal.name, until, ahead, now: now))
            case .full, .overBurst: break
            }
        }
        for worker in Set(job.leases.compactMap { leases[$0]?.worker }).sorted() {
            for name in permits.awaited(by: worker).sorted() {
                reasons.append(
                    WhyReason(
                        code: .permit, message: "its worker waits for a permit of \(name)", name: name,
                        worker: workers[worker]?.label))
            }
        }
        return reasons
    }

    // MARK: Over

    private func ended(_ view: JobView) -> WhyReason {
        let code: WhyCode =
            switch (view.state, view.error?.reason) {
            case (.failed, "job.timeout"?): .timedOut
            case (.failed, "worker.lost"?): .crashed
            case (.cancelled, "job.replaced"?): .replaced
            case (.cancelled, "job.dependencyFailed"?): .dependencyFailed
            case (.cancelled, _): .cancelled
            case (.partial, _): .partial
            case (.failed, _): .failed
            default: .succeeded
            }
        return WhyReason(code: code, message: view.cause, since: view.finishedAt)
    }
}
