import Linux
import MillraceProtocol
import TestSupport

@testable import RunnerService

/// What is true of a mill after every step, whatever has happened.
struct MillProperties {
    /// Jobs whose end was looked at.
    private var seen: Set<JobID> = []
    private var load = Load()

    private static let waiting: Set<WhyCode> = [
        .time, .retry, .snoozed, .dependency, .keyLimit, .buried, .queuePaused, .kindPaused, .draining, .noWorker,
        .workersBusy, .jobSlots, .queueLimit, .kindLimit, .userLimit, .breaker, .rate, .turn,
    ]
    private static let running: Set<WhyCode> = [
        .planning, .preloading, .processing, .summarizing, .itemsRetry, .place, .permit, .saving, .cancelling,
        .noWorker,
        .draining, .rate, .breaker,
    ]
    private static let ends: [JobState: Set<WhyCode>] = [
        .succeeded: [.succeeded], .partial: [.partial], .failed: [.failed, .timedOut, .crashed],
        .cancelled: [.cancelled, .replaced, .dependencyFailed],
    ]

    /// The first thing that is wrong; nil when nothing is.
    mutating func fault(of mill: Mill) throws -> String? {
        try books(mill) ?? bounds(mill) ?? reasons(mill) ?? (mill.isSettled ? wakes(mill) : nil)
    }

    // MARK: Books

    private func books(_ mill: Mill) -> String? {
        let dispatcher = mill.dispatcher
        for lease in dispatcher.leases.values {
            guard let job = dispatcher.jobs[lease.job] else { return "lease \(lease.fence) of no job" }
            guard dispatcher.workers[lease.worker] != nil else { return "lease \(lease.fence) of no worker" }
            guard job.leases.contains(lease.fence) else { return "job \(job.id) does not know lease \(lease.fence)" }
            if let item = lease.item, !job.runs(item) { return "item \(item) of job \(job.id) does not run" }
        }
        for worker in dispatcher.workers.values {
            let held = dispatcher.leases.values.count { $0.worker == worker.id }
            guard held == worker.running, held <= worker.capacity else {
                return "worker \(worker.id) runs \(worker.running) of \(worker.capacity), holds \(held)"
            }
            if worker.prepared.keys.contains(where: { dispatcher.jobs[$0] == nil }) {
                return "worker \(worker.id) is prepared for a job that is over"
            }
        }
        for job in dispatcher.jobs.values {
            let places = dispatcher.kinds[job.kind].line.count { $0 == job.id }
            guard places == (job.isBlocked ? 1 : 0) else { return "job \(job.id) stands \(places) times in line" }
            guard job.leases.allSatisfy({ dispatcher.leases[$0]?.job == job.id }) else {
                return "job \(job.id) has a lease that is over"
            }
            guard job.running.count <= max(job.slots, 20) else {
                return "job \(job.id) runs \(job.running.count) items"
            }
        }
        return nil
    }

    // MARK: Bounds

    private mutating func bounds(_ mill: Mill) -> String? {
        let before = load
        load = mill.dispatcher.load
        let bounds = mill.dispatcher.bounds
        // Who lowers a limit does not stop what runs.
        func exceeds(_ what: String, _ now: Int, _ before: Int?, _ limit: Int?) -> String? {
            guard let limit, limit > 0, now > limit, now > before ?? 0 else { return nil }
            return "\(what): \(now) of at most \(limit) run, before it were \(before ?? 0)"
        }
        if let fault = exceeds("machine", load.jobs, before.jobs, bounds.jobs) { return fault }
        for (kind, count) in load.kinds {
            if let fault = exceeds("kind \(kind)", count, before.kinds[kind], bounds.kinds[kind]) { return fault }
        }
        for (queue, count) in load.queues {
            if let fault = exceeds("queue \(queue)", count, before.queues[queue], bounds.queues[queue]) { return fault }
        }
        for (user, count) in load.users {
            if let fault = exceeds("user \(user)", count, before.users[user], bounds.jobs(of: user)) { return fault }
        }
        var counted = Load()
        for job in mill.dispatcher.jobs.values { counted.add(job.lane) }
        return counted == load ? nil : "the load is \(counted), not \(load)"
    }

    // MARK: Reasons

    private mutating func reasons(_ mill: Mill) throws -> String? {
        let (rules, known) = (mill.storeRules, seen)
        let (facts, over) = try mill.store.readBlocking { db in
            let rows = try db.query("SELECT id, finished_at IS NOT NULL FROM job ORDER BY id") {
                (id: JobID($0.int(0)), isOver: $0.bool(1))
            }
            return (
                try rows.filter { !$0.isOver || !known.contains($0.id) }
                    .map { try JobStore.whyFacts(db, $0.id, rules) }, Set(rows.filter(\.isOver).map(\.id))
            )
        }
        seen = over
        for facts in facts {
            let reasons = mill.dispatcher.why(facts, now: mill.now)
            if let fault = fault(reasons, facts, mill) { return "job \(facts.view.id), \(facts.view.state): \(fault)" }
        }
        return nil
    }

    private func fault(_ reasons: [WhyReason], _ facts: WhyFacts, _ mill: Mill) -> String? {
        guard !reasons.isEmpty else { return "no reason" }
        let allowed: Set<WhyCode> =
            switch facts.view.state {
            case .scheduled, .ready: Self.waiting
            case .running: Self.running
            default: Self.ends[facts.view.state] ?? []
            }
        for reason in reasons {
            guard allowed.contains(reason.code) else { return "\(reason)" }
            guard !reason.message.isEmpty, proves(reason, mill) else { return "without its numbers: \(reason)" }
        }
        // What is written at last says why by itself.
        if mill.isSettled, facts.view.state == .running, reasons.contains(where: { $0.code == .saving }) {
            return "nothing is being written"
        }
        return nil
    }

    private func proves(_ reason: WhyReason, _ mill: Mill) -> Bool {
        switch reason.code {
        case .time, .retry, .snoozed: reason.until != nil
        case .itemsRetry: reason.until != nil && reason.items ?? 0 > 0
        case .dependency: reason.jobs?.isEmpty == false
        case .keyLimit:
            reason.name != nil && reason.ahead != nil && reason.limit ?? 0 > 0 && reason.used ?? -1 >= 0
        case .jobSlots: reason.limit != nil && reason.used ?? -1 >= reason.limit ?? 0
        case .queueLimit, .kindLimit, .userLimit:
            reason.name != nil && reason.limit != nil && reason.used ?? -1 >= reason.limit ?? 0
        case .workersBusy: reason.name != nil && reason.used != nil
        case .queuePaused, .kindPaused, .noWorker, .breaker, .permit: reason.name != nil
        case .rate: reason.name != nil && reason.ahead != nil && reason.until != nil
        case .turn: reason.ahead != nil
        case .place: reason.name != nil && reason.ahead != nil
        case .planning, .preloading, .summarizing: reason.worker != nil && reason.since != nil
        case .processing:
            reason.worker != nil && reason.since != nil && reason.used ?? 0 > 0 && reason.limit != nil
        case .cancelling: reason.used != nil
        case .saving, .draining, .buried: true
        case .succeeded, .partial, .failed, .timedOut, .crashed, .cancelled, .replaced, .dependencyFailed:
            reason.since != nil
        }
    }

    // MARK: Wake-ups

    /// With everything written and told, nothing waits that could go on.
    private func wakes(_ mill: Mill) throws -> String? {
        let dispatcher = mill.dispatcher
        let rows = try mill.store.readBlocking { db in
            try db.query("SELECT id, state, hold IS NULL, queue, kind, uid, run_at FROM job WHERE finished_at IS NULL")
            {
                (
                    id: JobID($0.int(0)), state: $0.text(1), isFree: $0.bool(2),
                    lane: Lane(queue: $0.text(3), kind: $0.text(4), uid: UInt32($0.int(5))),
                    runAt: Timestamp(milliseconds: $0.int(6))
                )
            }
        }
        let running = Set(rows.filter { $0.state == "running" }.map(\.id))
        let active = Set(dispatcher.jobs.keys)
        guard running == active else { return "running are \(running.sorted()), known to run \(active.sorted())" }
        let retriesClaim = dispatcher.claimAgainAt != nil
        for job in rows where job.state == "ready" && job.isFree && !retriesClaim {
            if dispatcher.hindrances(job.lane, now: mill.now.boot).isEmpty {
                return "job \(job.id) in \(job.lane) is ready, nothing hinders it, it does not start; "
                    + "hungry is \(dispatcher.kinds.entries.map(\.hungry)), a claim is \(dispatcher.claiming ? "" : "not ")under way"

            }
        }
        let due = rows.filter { $0.state == "scheduled" && $0.isFree && $0.runAt <= mill.now.wall }
        if let late = due.first, !dispatcher.draining,
            dispatcher.nextTick(after: mill.now).map({ $0 > .seconds(1) }) ?? true
        {
            return "job \(late.id) is due since \(late.runAt)"
        }
        for (number, kind) in dispatcher.kinds.entries.enumerated() where !kind.line.isEmpty && !dispatcher.draining {
            if dispatcher.hasPlace(for: number) {
                return "jobs \(kind.line) stand in line, yet there is a place for \(kind.name)"
            }
        }
        let lines = dispatcher.kinds.entries.count { !$0.line.isEmpty }
        if lines != dispatcher.lines { return "\(lines) kinds have jobs in line, not \(dispatcher.lines)" }
        if let tick = dispatcher.nextTick(after: mill.now), tick < .microseconds(100) {
            return "the next tick is \(tick)"
        }
        return nil
    }
}
