import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore
import TestSupport

@testable import RunnerService

/// The dispatcher over a real database, with workers that do what the test says: every effect is carried out at once,
/// calls wait until the test answers them.
final class Mill {
    let folder: TemporaryDirectory
    private(set) var store: Database
    let time = ManualTime(wall: Timestamp("2026-11-21T00:00:00Z")!)
    private(set) var dispatcher: Dispatcher
    private(set) var run: Int64
    /// Calls that wait for their answer, by fence.
    private(set) var calls: [Int64: Call] = [:]
    private(set) var cancelled: Set<Int64> = []
    private(set) var released: [(JobID, worker: Int)] = []
    private(set) var dropped: [Int] = []
    private(set) var announced: [JobProgress] = []
    /// The most calls of one job that were in flight at once.
    private(set) var mostItemsAtOnce: [JobID: Int] = [:]
    let limits: Dispatcher.Limits
    private var workerNumber = 0

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

    init(limits: Dispatcher.Limits = Dispatcher.Limits()) throws {
        folder = TemporaryDirectory()
        self.limits = limits
        store = try Database.open(folder.file("runner.sqlite"), migrations: JobStore.migrations, durability: .crash)
        let now = time.wall()
        run = try store.writeBlocking { try JobStore.beginRun($0, bootID: "test", now: now).run }
        dispatcher = Dispatcher(run: run, limits: limits)
    }

    deinit { store.close() }

    private var now: Dispatcher.Now { Dispatcher.Now(wall: time.wall(), boot: time.boot()) }

    func handle(_ event: Dispatcher.Event) throws {
        var events = [event]
        while !events.isEmpty {
            let effects = dispatcher.handle(events.removeFirst(), now: now)
            for effect in effects { events += try perform(effect) }
        }
        for id in dispatcher.order {
            let running = dispatcher.leases.values.count { $0.job == id && $0.stage == .process }
            mostItemsAtOnce[id] = max(mostItemsAtOnce[id] ?? 0, running)
        }
    }

    private func perform(_ effect: Effect) throws -> [Dispatcher.Event] {
        let now = time.wall()
        switch effect {
        case .claim(let kinds, let limit):
            let claim = try store.writeBlocking { try JobStore.claim($0, kinds, limit: limit, now: now) }
            return [.claimed(claim.jobs, exhausted: claim.exhausted)]
        case .promote:
            let promoted = try store.writeBlocking { try JobStore.promote($0, now: now) }
            return [.promoted(promoted.kinds, next: promoted.next)]
        case .savePlan(let id, let plan, let slots):
            return [.planSaved(id, try store.writeBlocking { try JobStore.savePlan($0, id, plan, slots: slots) })]
        case .plan(let lease, let params): try begin(lease, .plan(params))
        case .preload(let lease, let params): try begin(lease, .preload(params))
        case .process(let lease, let params): try begin(lease, .process(params))
        case .summarize(let lease, let brief, let cancelled):
            let items = try store.writeBlocking { try JobStore.items($0, brief.id, inputs: false) }
            try begin(lease, .summarize(brief, items, cancelled: cancelled))
        case .endAttempt(let lease, let end):
            try store.writeBlocking { try JobStore.endAttempt($0, lease, end, now: now) }
        case .saveItem(let lease, let outcome, let end):
            try store.writeBlocking { try JobStore.saveItem($0, lease, outcome, end, now: now) }
            return [
                .itemSaved(
                    lease.job,
                    ItemView(
                        index: outcome.number, key: outcome.key, state: outcome.state, attempts: outcome.attempts,
                        crashes: outcome.crashes, error: outcome.error))
            ]
        case .postpone(let id, let until, let cause, let attempts, let crashes):
            let view = try store.writeBlocking {
                try JobStore.postpone(
                    $0, id, until: until, cause: cause, attempts: attempts, crashes: crashes, now: now)
            }
            return view.state.isFinal ? [] : [.jobScheduled(until)]
        case .finish(let id, let ending):
            _ = try store.writeBlocking { try JobStore.finish($0, id, ending, now: now) }
        case .cancel(let lease): cancelled.insert(lease.fence)
        case .release(let id, let worker): released.append((id, worker))
        case .drop(let worker):
            dropped.append(worker)
            calls = calls.filter { dispatcher.leases[$0.key]?.worker != worker }
            return [.workerLeft(worker)]
        case .announce(let progress): announced.append(progress)
        }
        return []
    }

    private func begin(_ lease: Lease, _ call: Call) throws {
        let now = time.wall()
        try store.writeBlocking { try JobStore.beginAttempt($0, lease, now: now) }
        calls[lease.fence] = call
    }

    // MARK: What a test does

    @discardableResult
    func join(_ kinds: [KindDeclaration], capacity: Int = 100) throws -> Int {
        workerNumber += 1
        try handle(
            .workerJoined(
                Dispatcher.Worker(
                    id: workerNumber, name: "worker", pid: Int32(workerNumber), kinds: kinds, capacity: capacity,
                    since: time.wall())))
        return workerNumber
    }

    func leave(_ worker: Int) throws {
        let fences = dispatcher.leases.values.filter { $0.worker == worker }.map(\.fence)
        for fence in fences { calls[fence] = nil }
        try handle(.workerLeft(worker))
    }

    @discardableResult
    func submit(_ specification: JobSpecification, uid: UInt32 = 1000) throws -> JobReceipt {
        let now = time.wall()
        let receipt = try store.writeBlocking {
            try JobStore.submit(
                $0, Submission(specification: specification, uid: uid, correlationId: "test"), now: now)
        }
        if !receipt.duplicate {
            try handle(
                receipt.state == .ready ? .jobsReady([specification.kind]) : .jobScheduled(specification.runAt ?? now))
        }
        return receipt
    }

    func answer(_ fence: Int64, _ ending: LeaseEnd) throws {
        calls[fence] = nil
        cancelled.remove(fence)
        try handle(.leaseEnded(fence, ending))
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

    func cancel(_ id: JobID) throws -> JobView {
        let now = time.wall()
        let view = try store.writeBlocking { try JobStore.cancel($0, id, reason: "test", now: now) }
        if view.state == .running { try handle(.interrupted(id, .cancelled(reason: "test"))) }
        return view
    }

    func retry(_ id: JobID) throws -> JobRetry.Result {
        let now = time.wall()
        let result = try store.writeBlocking { try JobStore.retry($0, id, now: now) }
        try handle(.jobsReady([try job(id).kind]))
        return result
    }

    func advance(by duration: Duration) throws {
        time.advance(by: duration)
        try handle(.tick)
    }

    /// As after `kill -9`: memory is gone, a new run begins on the same file.
    func restart() throws {
        store.close()
        calls = [:]
        cancelled = []
        store = try Database.open(folder.file("runner.sqlite"), migrations: JobStore.migrations, durability: .crash)
        let now = time.wall()
        run = try store.writeBlocking { try JobStore.beginRun($0, bootID: "test", now: now).run }
        dispatcher = Dispatcher(run: run, limits: limits)
        let next = try store.readBlocking { try JobStore.nextScheduled($0) }
        try handle(.jobsReady([KindDeclaration.batch.name, KindDeclaration.plain.name]))
        if let next { try handle(.jobScheduled(next)) }
    }

    func job(_ id: JobID) throws -> JobView { try store.readBlocking { try JobStore.job($0, id) } }

    func detail(_ id: JobID) throws -> JobDetail {
        try store.readBlocking {
            try JobStore.detail($0, JobShow.Params(id: id, items: true, attempts: true, transitions: true, limit: 1000))
        }
    }
}

extension KindDeclaration {
    /// All four functions.
    static let batch = KindDeclaration(name: "batch", stages: WorkloadStage.allCases)
    /// A job that is its own single item.
    static let plain = KindDeclaration(name: "plain", stages: [.process])
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
}
