import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore
import TestSupport

@testable import RunnerService

/// The runner's database and a clock, with each function of the store as one transaction.
final class JobYard {
    let folder = TemporaryDirectory()
    private(set) var store: Database
    var rules = StoreRules()
    var now = Timestamp("2026-11-21T00:00:00Z")!
    private(set) var run: Int64
    private var lastFence: Int64 = 0
    /// Attempts that were begun and not ended.
    private(set) var leases: [JobID: Lease] = [:]
    private(set) var running: [JobID: ClaimedJob] = [:]

    init() throws {
        store = try Database.open(
            folder.file("runner.sqlite"), migrations: JobStore.migrations, durability: .crash)
        let (rules, now) = (rules, now)
        run = try store.writeBlocking { try JobStore.beginRun($0, bootID: "test", rules, now: now).run }
    }

    deinit { store.close() }

    @discardableResult
    func write<T: Sendable>(
        _ body: @escaping @Sendable (Connection, StoreRules, Timestamp) throws -> T
    ) throws -> T {
        let (rules, now) = (rules, now)
        return try store.writeBlocking { try body($0, rules, now) }
    }

    func read<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T) throws -> T {
        try store.readBlocking(body)
    }

    func advance(by duration: Duration) { now = now + duration }

    @discardableResult
    func submit(
        _ specification: JobSpecification, uid: UInt32 = 1000, durability: JobDurability = .disk
    ) throws -> Taken {
        try write { db, rules, now in
            let submission = Submission(
                specification, rules, uid: uid, correlationId: "test", durability: { _ in durability })
            return try JobStore.submit(db, submission, rules, now: now)
        }
    }

    /// Takes jobs of a kind out of the lane of one user and begins their attempts.
    @discardableResult
    func claim(
        _ kind: String, _ count: Int = 1, uid: UInt32 = 1000, queue: String = "default",
        isPlain: Bool = true
    ) throws -> [ClaimedJob] {
        let request = LaneRequest(
            lane: Lane(queue: queue, kind: kind, uid: uid), count: count, isPlain: isPlain)
        let claim = try write { db, _, now in try JobStore.claim(db, [request], now: now) }
        for job in claim.jobs {
            running[job.brief.id] = job
            guard isPlain else { continue }
            lastFence += 1
            let lease = Lease(
                fence: run << 32 + lastFence, job: job.brief.id, stage: .process, item: 0, worker: 1,
                workerName: "worker/1")
            leases[job.brief.id] = lease
            try write { db, _, now in try JobStore.beginAttempt(db, lease, isPlain: true, now: now) }
        }
        return claim.jobs
    }

    @discardableResult
    func finish(
        _ id: JobID, _ state: JobState = .succeeded, result: String? = nil
    ) throws -> (detail: JobDetail, changes: Changes) {
        guard let view = running.removeValue(forKey: id)?.view else {
            throw TestFailure("job \(id) does not run")
        }
        let end = leases.removeValue(forKey: id).map {
            ($0, AttemptEnd(cause: state == .succeeded ? .succeeded : .error, message: nil))
        }
        let ending = JobEnding(
            state: state, cause: "test", result: result.map { JSONRaw(unchecked: Array($0.utf8)) },
            error: state == .failed
                ? RPCError(.failedPrecondition, "cannot be", reason: "test.never") : nil,
            attempts: 1, crashes: 0)
        return try write { try JobStore.finish($0, view, ending, end: end, $1, now: $2) }
    }

    @discardableResult
    func postpone(_ id: JobID, by delay: Duration, keepPlace: Bool = false) throws -> (
        job: JobView, changes: Changes
    ) {
        running[id] = nil
        let end = leases.removeValue(forKey: id).map {
            ($0, AttemptEnd(cause: .error, message: "test"))
        }
        return try write { db, rules, now in
            try JobStore.postpone(
                db, id, until: now + delay, cause: "tries again", attempts: 1, crashes: 0, end: end,
                keepPlace: keepPlace, rules, now: now)
        }
    }

    @discardableResult
    func cancel(_ id: JobID) throws -> (job: JobView, changes: Changes) {
        try write { try JobStore.cancel($0, id, reason: "test", $1, now: $2) }
    }

    @discardableResult
    func retry(_ id: JobID) throws -> Changes {
        try write { try JobStore.retry($0, id, $1, now: $2).changes }
    }

    @discardableResult
    func bury(_ id: JobID) throws -> Changes {
        try write { try JobStore.bury($0, id, reason: "test", $1, now: $2).changes }
    }

    @discardableResult
    func redrive(_ wanted: JobRedrive.Params) throws -> (result: JobRedrive.Result, changes: Changes) {
        try write { try JobStore.redrive($0, wanted, $1, now: $2) }
    }

    @discardableResult
    func edit(_ wanted: JobEdit.Params) throws -> (detail: JobDetail, changes: Changes) {
        try write { try JobStore.edit($0, wanted, $1, now: $2) }
    }

    @discardableResult
    func promote() throws -> Changes { try write { try JobStore.promote($0, $1, now: $2) } }

    /// As after `kill -9`: memory is gone, a new run begins on the same file.
    @discardableResult
    func restart() throws -> Changes {
        store.close()
        running = [:]
        leases = [:]
        store = try Database.open(
            folder.file("runner.sqlite"), migrations: JobStore.migrations, durability: .crash)
        let begun = try write { try JobStore.beginRun($0, bootID: "test", $1, now: $2) }
        run = begun.run
        return begun.changes
    }

    func job(_ id: JobID) throws -> JobView { try read { try JobStore.job($0, id) } }

    func detail(_ id: JobID) throws -> JobDetail {
        try read {
            try JobStore.detail(
                $0, JobShow.Params(id: id, items: true, attempts: true, transitions: true, limit: 1000))
        }
    }

    /// State and hold in one word: `ready`, `ready/key`.
    func place(_ id: JobID) throws -> String {
        let job = try job(id)
        return job.state.rawValue + (job.hold.map { "/\($0.rawValue)" } ?? "")
    }

    func ids(_ sql: String) throws -> [JobID] { try read { try $0.query(sql) { JobID($0.int(0)) } } }
}

extension JobSpecification {
    static func plain(_ kind: String = "plain") -> JobSpecification { JobSpecification(kind: kind) }

    static func keyed(_ key: String, _ kind: String = "plain") -> JobSpecification {
        JobSpecification(kind: kind, key: key)
    }
}
