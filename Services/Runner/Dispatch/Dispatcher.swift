import Linux
import MillraceProtocol
import Resilience

/// Decides what happens next: a state machine without I/O, clock or lock. Events go in, effects come out.
///
/// It holds the jobs that are being worked on and the workers that are connected; the backlog stays in the store.
struct Dispatcher: Sendable {
    struct Limits: Sendable, Hashable {
        /// Jobs that run at once.
        var jobs = 32
        /// Calls to workers at once, over all jobs.
        var calls = 128
        /// An item or job that lost its worker so often has failed.
        var crashes = 3
        /// Items that run at once in a job whose plan does not say.
        var slots = 5
        /// Items one job may have.
        var items = 100_000
        /// How long a worker may take to heed a cancellation.
        var grace = Duration.seconds(30)
    }

    /// Both clocks at one moment.
    struct Now: Sendable, Hashable {
        var wall: Timestamp
        var boot: Duration
    }

    struct Worker: Sendable {
        enum Preparation: Sendable { case underway, done }

        let id: Int
        let name: String
        let pid: Int32
        let kinds: [KindDeclaration]
        let capacity: Int
        let since: Timestamp
        var running = 0
        /// Jobs whose data it preloads or has preloaded.
        var prepared: [JobID: Preparation] = [:]

        var label: String { "\(name)/\(pid)" }

        func serves(_ kind: String) -> Bool { kinds.contains { $0.name == kind } }
    }

    enum Event: Sendable {
        case workerJoined(Worker)
        case workerLeft(Int)
        /// Jobs of these kinds became ready in the store.
        case jobsReady(Set<String>)
        /// A job was scheduled for that time.
        case jobScheduled(Timestamp)
        /// Jobs were taken; of these kinds no other is ready.
        case claimed([ClaimedJob], exhausted: Set<String>)
        case claimFailed
        /// Scheduled jobs of these kinds became ready; the next is due at that time.
        case promoted(Set<String>, next: Timestamp?)
        case promoteFailed
        case planSaved(JobID, [PendingItem])
        case leaseEnded(Int64, LeaseEnd)
        case itemSaved(JobID, ItemView)
        case interrupted(JobID, Interruption)
        /// A worker's word on its progress.
        case message(Int64, String)
        /// Time went by.
        case tick
        /// Start nothing new.
        case drain
    }

    var limits: Limits
    private(set) var draining = false
    var workers: [Int: Worker] = [:]
    var jobs: [JobID: ActiveJob] = [:]
    /// The running jobs in the order in which they were taken.
    var order: [JobID] = []
    var leases: [Int64: Lease] = [:]
    var effects: [Effect] = []
    var generator = SystemRandomNumberGenerator()

    private var hungry: Set<String> = []
    private var claiming = false
    private var claimAgainAt: Duration?
    private var promoting = false
    private var nextScheduled: Timestamp?
    private var lastFence: Int64

    /// - Parameter run: The number of this run of the runner; fencing numbers of later runs are greater.
    init(run: Int64, limits: Limits) {
        self.limits = limits
        lastFence = run << 32
    }

    /// Takes note of an event and says what is to be done, in this order.
    mutating func handle(_ event: Event, now: Now) -> [Effect] {
        apply(event, now: now)
        for id in order { advance(id, now: now) }
        claimMore(now: now)
        defer { effects.removeAll(keepingCapacity: true) }
        return effects
    }

    private mutating func apply(_ event: Event, now: Now) {
        switch event {
        case .workerJoined(let worker):
            workers[worker.id] = worker
            hungry.formUnion(worker.kinds.map(\.name))
        case .workerLeft(let id):
            workers[id] = nil
            for lease in leases.values.filter({ $0.worker == id }).sorted(by: { $0.fence < $1.fence }) {
                end(lease.fence, .lost, now: now)
            }
        case .jobsReady(let kinds):
            hungry.formUnion(kinds)
        case .jobScheduled(let time):
            nextScheduled = nextScheduled.map { min($0, time) } ?? time
        case .claimed(let claimed, let exhausted):
            claiming = false
            hungry.subtract(exhausted)
            for job in claimed { take(job, now: now) }
        case .claimFailed:
            claiming = false
            claimAgainAt = now.boot + .seconds(1)
        case .promoted(let kinds, let next):
            promoting = false
            hungry.formUnion(kinds)
            nextScheduled = [nextScheduled.flatMap { $0 > now.wall ? $0 : nil }, next].compactMap(\.self).min()
        case .promoteFailed:
            promoting = false
            nextScheduled = now.wall + .seconds(1)
        case .planSaved(let id, let items):
            planSaved(id, items)
        case .leaseEnded(let fence, let ending):
            end(fence, ending, now: now)
        case .itemSaved(let id, let item):
            itemSaved(id, item)
        case .interrupted(let id, let interruption):
            interrupt(id, interruption, now: now)
        case .message(let fence, let text):
            guard let lease = leases[fence], let job = jobs[lease.job] else { break }
            effects.append(.announce(JobProgress(job: job.view, message: text)))
        case .tick:
            break
        case .drain:
            draining = true
        }
        observeTime(now)
    }

    /// What became due since the last event.
    private mutating func observeTime(_ now: Now) {
        for id in order {
            jobs[id]?.wakeItems(at: now.wall)
            if let deadline = jobs[id]?.deadline, deadline <= now.boot, let timeout = jobs[id]?.view.timeoutMs {
                interrupt(id, .timedOut(milliseconds: timeout), now: now)
            }
            if let graceEnds = jobs[id]?.graceEnds, graceEnds <= now.boot {
                jobs[id]?.graceEnds = nil
                let deaf = Set((jobs[id]?.leases ?? []).compactMap { leases[$0]?.worker })
                effects += deaf.sorted().map { .drop(worker: $0) }
            }
        }
        if let due = nextScheduled, due <= now.wall, !promoting, !draining {
            promoting = true
            effects.append(.promote)
        }
        if let again = claimAgainAt, again <= now.boot { claimAgainAt = nil }
    }

    /// How long nothing becomes due by itself; nil when only events matter.
    func nextTick(after now: Now) -> Duration? {
        var waits: [Duration] = []
        for job in jobs.values {
            if let next = job.later.last { waits.append(next.notBefore - now.wall) }
            if job.interruption == nil, let deadline = job.deadline { waits.append(deadline - now.boot) }
            if let graceEnds = job.graceEnds { waits.append(graceEnds - now.boot) }
        }
        if let nextScheduled, !promoting, !draining { waits.append(nextScheduled - now.wall) }
        if let claimAgainAt { waits.append(claimAgainAt - now.boot) }
        return waits.min().map { max($0, .zero) }
    }

    private mutating func claimMore(now: Now) {
        guard !draining, !claiming, claimAgainAt == nil, jobs.count < limits.jobs, !hungry.isEmpty else { return }
        let free = workers.values.filter { $0.running < $0.capacity }
        let kinds = hungry.sorted().filter { kind in free.contains { $0.serves(kind) } }
        guard !kinds.isEmpty else { return }
        claiming = true
        effects.append(.claim(kinds, limit: limits.jobs - jobs.count))
    }

    private mutating func take(_ claimed: ClaimedJob, now: Now) {
        let job = ActiveJob(claimed, now: now)
        jobs[job.id] = job
        order.append(job.id)
        effects.append(.announce(JobProgress(job: job.view)))
    }

    /// Forgets a job; whoever preloaded for it is told.
    mutating func drop(_ id: JobID) {
        jobs[id] = nil
        order.removeAll { $0 == id }
        for worker in workers.values where worker.prepared[id] != nil {
            workers[worker.id]?.prepared[id] = nil
            effects.append(.release(id, worker: worker.id))
        }
    }

    /// Opens a lease for a worker that has a free place.
    mutating func lease(_ stage: WorkloadStage, of id: JobID, item: Int? = nil, to worker: Int) -> Lease {
        lastFence += 1
        let lease = Lease(
            fence: lastFence, job: id, stage: stage, item: item, worker: worker,
            workerName: workers[worker]?.label ?? "")
        leases[lease.fence] = lease
        workers[worker]?.running += 1
        jobs[id]?.leases.insert(lease.fence)
        return lease
    }

    /// The least busy worker with a free place for the kind.
    func freeWorker(for kind: String, where suits: (Worker) -> Bool = { _ in true }) -> Worker? {
        guard leases.count < limits.calls else { return nil }
        return workers.values
            .filter { $0.running < $0.capacity && $0.serves(kind) && suits($0) }
            .min { ($0.running, $0.id) < ($1.running, $1.id) }
    }

    /// What the kind's workers implement; of workers that differ, the first one's word counts.
    func stages(of kind: String) -> Set<WorkloadStage>? {
        workers.values.sorted { $0.id < $1.id }.lazy
            .compactMap { $0.kinds.first { $0.name == kind } }
            .first.map { Set($0.stages) }
    }
}
