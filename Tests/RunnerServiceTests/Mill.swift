import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore
import TestSupport

@testable import RunnerService

/// The dispatcher over a real database, with workers that do what the test says: every effect is carried out at once,
/// calls wait until the test answers them.
///
/// A lazy mill keeps what goes to the database until it is told to go on, as a busy disk does: writes happen in their
/// order, and what came of them is told in that order too.
final class Mill {
    let folder: TemporaryDirectory
    private(set) var store: Database
    let time = ManualTime(wall: Timestamp("2026-11-21T00:00:00Z")!)
    private(set) var dispatcher: Dispatcher
    private(set) var run: Int64
    private(set) var rules: Dispatcher.Rules
    var storeRules: StoreRules
    /// Calls that wait for their answer, by fence.
    private(set) var calls: [Int64: Call] = [:]
    private(set) var cancelled: Set<Int64> = []
    private(set) var released: [(JobID, worker: Int)] = []
    private(set) var dropped: [Int] = []
    private(set) var permits: [Int64: Result<PermitGrant, ResourceRefusal>] = [:]
    private(set) var demands: [[String: Int]] = []
    /// Jobs that ended otherwise than by their own finish: replaced, cancelled with those they waited for.
    private(set) var endedBySide: [JobView] = []
    /// The most calls of one job that were in flight at once.
    private(set) var mostItemsAtOnce: [JobID: Int] = [:]
    /// Jobs in the order in which they were taken.
    private(set) var claimed: [JobID] = []

    /// Whether writes wait for ``write()`` and what came of them for ``tell()``.
    var isLazy = false
    /// Claims and promotions that are to fail as on a full disk.
    var failures = 0
    private var unwritten: [() throws -> [Dispatcher.Event]] = []
    /// A claim that is written, and told, before what waited already, as the store does while several users have work.
    private var express: (() throws -> [Dispatcher.Event])?
    private var untold: [Dispatcher.Event] = []
    private var workerNumber = 0
    private var permitNumber: Int64 = 0

    enum Call {
        case plan(WorkloadPlan.Params)
        case preload(WorkloadPreload.Params)
        case process(WorkloadProcess.Params)
        case summarize(JobBrief, [ItemView], cancelled: Bool)

        var stage: WorkloadStage {
            switch self {
            case .plan: .plan
            case .preload: .preload
            case .process: .process
            case .summarize: .summarize
            }
        }
    }

    init(_ rules: Dispatcher.Rules = Dispatcher.Rules(), store storeRules: StoreRules = StoreRules()) throws {
        folder = TemporaryDirectory()
        self.rules = rules
        self.storeRules = storeRules
        store = try Database.open(folder.file("runner.sqlite"), migrations: JobStore.migrations, durability: .crash)
        let now = time.wall()
        run = try store.writeBlocking { try JobStore.beginRun($0, bootID: "test", storeRules, now: now).run }
        dispatcher = Dispatcher(run: run, rules: rules)
        try handle(.ruled(rules))
    }

    convenience init(bounds: Bounds) throws {
        try self.init(Dispatcher.Rules(bounds: bounds))
    }

    deinit { store.close() }

    var now: Dispatcher.Now { Dispatcher.Now(wall: time.wall(), boot: time.boot()) }

    // MARK: Events and effects

    func handle(_ event: Dispatcher.Event) throws {
        take(event)
        if !isLazy { try settle() }
    }

    private func take(_ event: Dispatcher.Event) {
        if case .claimed(let jobs, _) = event { claimed += jobs.map(\.brief.id) }
        var touched: Set<JobID> = []
        for effect in dispatcher.handle(event, now: now) {
            if case .process(let lease, _) = effect { touched.insert(lease.job) }
            perform(effect)
        }
        for id in touched {
            mostItemsAtOnce[id] = max(mostItemsAtOnce[id] ?? 0, dispatcher.jobs[id]?.running.count ?? 0)
        }
    }

    /// Does the earliest write that waits; false when none does.
    @discardableResult
    func write() throws -> Bool {
        if let claim = express {
            express = nil
            untold.insert(contentsOf: try claim(), at: 0)
            return true
        }
        guard !unwritten.isEmpty else { return false }
        untold += try unwritten.removeFirst()()
        return true
    }

    /// Tells what came of the earliest write; false when nothing is left to tell.
    @discardableResult
    func tell() -> Bool {
        guard !untold.isEmpty else { return false }
        take(untold.removeFirst())
        return true
    }

    /// Does and tells everything that waits.
    func settle() throws {
        while true {
            if tell() { continue }
            guard try write() else { return }
        }
    }

    /// Whether everything that was decided has been written and told.
    var isSettled: Bool { express == nil && unwritten.isEmpty && untold.isEmpty }

    private func write<T: Sendable>(_ body: @escaping @Sendable (Connection, StoreRules, Timestamp) throws -> T) throws
        -> T
    {
        let (rules, now) = (storeRules, time.wall())
        return try store.writeBlocking { try body($0, rules, now) }
    }

    private func later(
        _ body: @escaping @Sendable (Connection, StoreRules, Timestamp) throws -> [Dispatcher.Event]
    ) {
        let (rules, now) = (storeRules, time.wall())
        unwritten.append { [store] in try store.writeBlocking { try body($0, rules, now) } }
    }

    /// What somebody outside asks for: it comes after all that was to be written before.
    private func ask<T: Sendable>(
        _ body: @escaping @Sendable (Connection, StoreRules, Timestamp) throws -> (T, Changes),
        then events: (T) -> [Dispatcher.Event] = { _ in [] }
    ) throws -> T {
        while try write() {}
        let (value, changes) = try write(body)
        endedBySide += changes.ended
        untold += events(value) + Self.events(changes)
        if !isLazy { try settle() }
        return value
    }

    private static func events(_ changes: Changes) -> [Dispatcher.Event] {
        (changes.nextScheduled.map { [.jobScheduled($0)] } ?? [])
            + (changes.lanes.isEmpty ? [] : [.lanesReady(changes.lanes)])
    }

    private func perform(_ effect: Effect) {
        switch effect {
        case .claim(let requests):
            guard failures == 0 else {
                failures -= 1
                return untold.append(.claimFailed)
            }
            let now = time.wall()
            let claim: () throws -> [Dispatcher.Event] = { [store] in
                let claim = try store.writeBlocking { try JobStore.claim($0, requests, now: now) }
                return [.claimed(claim.jobs, exhausted: claim.exhausted)]
            }
            if dispatcher.guests.areMany { express = claim } else { unwritten.append(claim) }
        case .promote:
            guard failures == 0 else {
                failures -= 1
                return untold.append(.promoteFailed)
            }
            later { db, rules, now in
                let changes = try JobStore.promote(db, rules, now: now)
                return [.promoted(changes.lanes, next: changes.nextScheduled)]
            }
        case .savePlan(let id, let plan, let slots):
            later { db, _, _ in [.planSaved(id, try JobStore.savePlan(db, id, plan, slots: slots))] }
        case .plan(let lease, let params): begin(lease, .plan(params))
        case .preload(let lease, let params): begin(lease, .preload(params))
        case .process(let lease, let params): begin(lease, .process(params))
        case .summarize(let lease, let brief, let cancelled):
            begin(lease, .summarize(brief, [], cancelled: cancelled))
            unwritten.append { [self] in
                let items = try store.writeBlocking { try JobStore.items($0, brief.id, inputs: false) }
                if calls[lease.fence] != nil { calls[lease.fence] = .summarize(brief, items, cancelled: cancelled) }
                return []
            }
        case .endAttempt(let lease, let end):
            later { db, _, now in
                try JobStore.endAttempt(db, lease, end, now: now)
                return []
            }
        case .notePlain(let lease, let end, let attempts, let crashes):
            later { db, _, now in
                try JobStore.notePlain(db, lease, end, attempts: attempts, crashes: crashes, now: now)
                return []
            }
        case .saveItem(let lease, let outcome, let end): save(lease, outcome, end)
        case .postpone(let put): postpone(put)
        case .finish(let view, let ending, let end):
            unwritten.append { [self] in
                let changes = try write { db, rules, now in
                    try JobStore.finish(
                        db, view, ending, end: end.map { ($0.lease, $0.end) }, rules, now: now
                    ).changes
                }
                endedBySide += changes.ended
                return Self.events(changes)
            }
        case .cancel(let lease): cancelled.insert(lease.fence)
        case .release(let id, let worker): released.append((id, worker))
        case .drop(let worker, _):
            dropped.append(worker)
            forgetCalls(of: worker)
            untold.append(.workerLeft(worker))
        case .announce: break
        case .permit(let number, let outcome): permits[number] = outcome
        case .demand(let kinds): demands.append(kinds)
        }
    }

    private func begin(_ lease: Lease, _ call: Call) {
        calls[lease.fence] = call
        later { db, _, now in
            try JobStore.beginAttempt(db, lease, isPlain: lease.isPlain, now: now)
            return []
        }
    }

    private func save(_ lease: Lease, _ outcome: ItemOutcome, _ end: AttemptEnd) {
        later { db, _, now in
            try JobStore.saveItem(db, lease, outcome, end, now: now)
            return [.itemSaved(lease.job)]
        }
    }

    private func postpone(_ put: Postponement) {
        let keepPlace = storeRules.keyLimit(of: put.view.kind).ordered
        unwritten.append { [self] in
            let (_, changes) = try write { db, rules, now in
                try JobStore.postpone(
                    db, put.view.id, until: put.until, cause: put.cause, attempts: put.attempts, crashes: put.crashes,
                    end: put.end.map { ($0.lease, $0.end) }, keepPlace: keepPlace, rules, now: now)
            }
            endedBySide += changes.ended
            return Self.events(changes)
        }
    }

    private func forgetCalls(of worker: Int) {
        for lease in dispatcher.leases.values where lease.worker == worker { calls[lease.fence] = nil }
    }

    // MARK: Workers

    @discardableResult
    func join(_ kinds: [KindDeclaration], capacity: Int = 100, pool: String? = nil) throws -> Int {
        workerNumber += 1
        try handle(
            .workerJoined(
                Worker(
                    id: workerNumber, name: "worker", pid: Int32(workerNumber), pool: pool, kinds: kinds,
                    capacity: capacity, since: time.wall())))
        return workerNumber
    }

    /// The runner's own hands, for commands.
    func joinOwn(_ kinds: [KindDeclaration], capacity: Int) throws {
        try handle(
            .workerJoined(
                Worker(
                    id: Worker.own, name: "command", pid: 1, kinds: kinds, capacity: capacity, since: time.wall())))
    }

    func leave(_ worker: Int) throws {
        forgetCalls(of: worker)
        try handle(.workerLeft(worker))
    }

    func answer(_ fence: Int64, _ ending: LeaseEnd, _ facts: AttemptFacts = AttemptFacts()) throws {
        calls[fence] = nil
        cancelled.remove(fence)
        try handle(.leaseEnded(fence, ending, facts))
    }

    /// The calls of a stage that wait, the earliest first.
    func waiting(_ stage: WorkloadStage) -> [(fence: Int64, call: Call)] {
        calls.filter { $0.value.stage == stage }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Answers the earliest call of the stage.
    func answerFirst(_ stage: WorkloadStage, _ ending: LeaseEnd) throws {
        guard let first = waiting(stage).first else { throw TestFailure("no \(stage) call waits") }
        try answer(first.fence, ending)
    }

    /// Jobs of which an item is at work, by the order of their calls.
    var processing: [JobID] { waiting(.process).compactMap { dispatcher.leases[$0.fence]?.job } }

    // MARK: Jobs

    @discardableResult
    func submit(_ specification: JobSpecification, uid: UInt32 = 1000) throws -> JobReceipt {
        try ask { db, rules, now in
            let submission = Submission(
                specification, rules, uid: uid, correlationId: "test", durability: { _ in .crash })
            let taken = try JobStore.submit(db, submission, rules, now: now)
            return (taken.receipt, taken.changes)
        }
    }

    /// Submits many jobs as one transaction.
    @discardableResult
    func submit(_ count: Int, _ specification: JobSpecification, uid: UInt32 = 1000) throws -> [JobID] {
        try ask { db, rules, now in
            let submission = Submission(
                specification, rules, uid: uid, correlationId: "test", durability: { _ in .crash })
            var changes = Changes()
            let ids = try (0..<count).map { _ in
                let taken = try JobStore.submit(db, submission, rules, now: now)
                changes.merge(taken.changes)
                return taken.receipt.id
            }
            return (ids, changes)
        }
    }

    @discardableResult
    func cancel(_ id: JobID) throws -> JobView {
        try ask { db, rules, now in
            let (job, changes) = try JobStore.cancel(db, id, reason: "test", rules, now: now)
            return (job, changes)
        } then: {
            $0.state == .running ? [.interrupted(id, .cancelled(reason: "test"))] : []
        }
    }

    @discardableResult
    func retry(_ id: JobID) throws -> JobRetry.Result {
        try ask { db, rules, now in
            let (result, changes) = try JobStore.retry(db, id, rules, now: now)
            return (result, changes)
        }
    }

    @discardableResult
    func bury(_ id: JobID) throws -> JobBury.Result {
        try ask { db, rules, now in
            let (result, changes) = try JobStore.bury(db, id, reason: "test", rules, now: now)
            return (result, changes)
        }
    }

    @discardableResult
    func redrive(_ wanted: JobRedrive.Params) throws -> JobRedrive.Result {
        try ask { db, rules, now in
            let (result, changes) = try JobStore.redrive(db, wanted, rules, now: now)
            return (result, changes)
        }
    }

    @discardableResult
    func edit(_ wanted: JobEdit.Params) throws -> JobDetail {
        try ask { db, rules, now in
            let (detail, changes) = try JobStore.edit(db, wanted, rules, now: now)
            return (detail, changes)
        }
    }

    // MARK: Rules, permits, time

    /// Puts changed rules in force, as a setting or a command would.
    func rule(_ change: (inout Dispatcher.Rules) -> Void) throws {
        change(&rules)
        try handle(.ruled(rules))
    }

    func pause(queue: String? = nil, kind: String? = nil) throws {
        try rule { rules in
            if let queue { rules.pauses.queues.insert(queue) }
            if let kind { rules.pauses.kinds.insert(kind) }
        }
    }

    func resume() throws { try rule { $0.pauses = Pauses() } }

    /// Asks for a permit; ``permits`` has the answer.
    @discardableResult
    func acquire(_ name: String, _ count: Int = 1, worker: Int? = nil) throws -> Int64 {
        permitNumber += 1
        try handle(.permitAsked(permitNumber, PermitBook.Permit(name: name, count: count, worker: worker)))
        return permitNumber
    }

    /// Whether the permit was granted, is in line (nil), or was refused.
    func isGranted(_ permit: Int64) -> Bool? {
        switch permits[permit] {
        case .success?: true
        case .failure?: false
        case nil: nil
        }
    }

    func advance(by duration: Duration) throws {
        time.advance(by: duration)
        try handle(.tick)
    }

    /// As after `kill -9`: memory is gone, a new run begins on the same file.
    func restart() throws {
        express = nil
        unwritten = []
        untold = []
        store.close()
        calls = [:]
        cancelled = []
        store = try Database.open(folder.file("runner.sqlite"), migrations: JobStore.migrations, durability: .crash)
        run = try write { db, rules, now in try JobStore.beginRun(db, bootID: "test", rules, now: now).run }
        dispatcher = Dispatcher(run: run, rules: rules)
        try handle(.ruled(rules))
        let (lanes, next) = try store.readBlocking { db in
            (try JobStore.lanes(db).map(\.lane), try JobStore.nextScheduled(db))
        }
        try handle(.lanesReady(Set(lanes)))
        if let next { try handle(.jobScheduled(next)) }
    }

    // MARK: Looking

    func job(_ id: JobID) throws -> JobView { try store.readBlocking { try JobStore.job($0, id) } }

    func detail(_ id: JobID) throws -> JobDetail {
        try store.readBlocking {
            try JobStore.detail($0, JobShow.Params(id: id, items: true, attempts: true, transitions: true, limit: 1000))
        }
    }

    func why(_ id: JobID) throws -> [WhyReason] {
        let rules = storeRules
        return dispatcher.why(try store.readBlocking { try JobStore.whyFacts($0, id, rules) }, now: now)
    }

    func codes(_ id: JobID) throws -> [WhyCode] { try why(id).map(\.code) }
}

extension KindDeclaration {
    /// All four functions.
    static let batch = KindDeclaration(name: "batch", stages: WorkloadStage.allCases)
    /// A job that is its own single item.
    static let plain = KindDeclaration(name: "plain", stages: [.process])
    /// Items without preload and summary.
    static let list = KindDeclaration(name: "list", stages: [.plan, .process])
}

extension WorkloadPlan.Result {
    static func items(_ count: Int, slots: Int? = nil) -> Self {
        WorkloadPlan.Result(
            items: (0..<count).map { Item(key: "item-\($0)", input: JSONRaw(unchecked: Array("\($0)".utf8))) },
            slots: slots)
    }
}

extension LeaseEnd {
    static func output(_ text: String) -> LeaseEnd {
        .processed(WorkloadProcess.Result(output: JSONRaw(unchecked: Array(text.utf8))))
    }

    static let done = output("1")
    static let summary = LeaseEnd.summarized(WorkloadSummarize.Result(result: JSONRaw(unchecked: Array("{}".utf8))))
    static let transient = LeaseEnd.failed(RPCError(.unavailable, "away", reason: "test.away"))
    static let fatal = LeaseEnd.failed(RPCError(.failedPrecondition, "cannot be", reason: "test.never"))
    static let stopped = LeaseEnd.failed(RPCError(.cancelled, "stopped", reason: "request.cancelled"))

    /// Unavailable, to be tried again after a pause.
    static func away(for pause: Duration) -> LeaseEnd {
        .failed(RPCError(.unavailable, "away", reason: "test.away", retryAfterMs: Int(pause.milliseconds)))
    }

    static func snoozed(for pause: Duration) -> LeaseEnd {
        .failed(RPCError(.aborted, "not yet", reason: "job.snoozed", retryAfterMs: Int(pause.milliseconds)))
    }
}
