import Linux
import MillraceProtocol

/// Decides what happens next: a state machine without I/O, clock or lock. Events go in, effects come out.
///
/// It holds the jobs that are being worked on and the workers that are connected; the backlog stays in the store. What
/// an event costs does not grow with the jobs at work: only those it touches are looked at.
struct Dispatcher: Sendable {
    /// Both clocks at one moment.
    struct Now: Sendable, Hashable {
        var wall: Timestamp
        var boot: Duration
    }

    /// What is large and rare is kept apart, so that the rest is moved cheaply.
    enum Event: Sendable {
        indirect case workerJoined(Worker)
        case workerLeft(Int)
        /// The worker gets nothing new.
        case workerRetires(Int)
        /// Jobs in these lanes became ready in the store.
        case lanesReady(Set<Lane>)
        /// A job was scheduled for that time.
        case jobScheduled(Timestamp)
        /// Jobs were taken; in these lanes no other is ready.
        case claimed([ClaimedJob], exhausted: Set<Lane>)
        case claimFailed
        /// Scheduled jobs became ready in these lanes; the next is due at that time.
        case promoted(Set<Lane>, next: Timestamp?)
        case promoteFailed
        case planSaved(JobID, [PendingItem])
        case leaseEnded(Int64, LeaseEnd, AttemptFacts)
        case itemSaved(JobID)
        indirect case interrupted(JobID, Interruption)
        /// A worker's word on its progress.
        case message(Int64, String)
        /// Other bounds, gates or rules are in force.
        indirect case ruled(Rules)
        /// The slots of a job that runs.
        case slots(JobID, Int)
        indirect case permitAsked(Int64, PermitBook.Permit)
        /// The permit was used: did the dependency do its part? Nil where nobody knows.
        case permitReported(Int64, succeeded: Bool?)
        /// The permit was not used, or whoever waited for it is gone.
        case permitReturned(Int64)
        /// Whoever was granted the permit is gone and will not report.
        case permitLost(Int64)
        case breakerForced(String, open: Bool?)
        /// Time went by.
        case tick
        /// Start nothing new.
        case drain
    }

    /// What is decided elsewhere.
    struct Rules: Sendable, Hashable {
        var bounds = Bounds()
        var pauses = Pauses()
        /// What the items of a kind depend on.
        var needs: [String: ResourceBook.Needs] = [:]
        var definitions: [String: ResourceBook.Definition] = [:]
        /// The time an item of a kind may take where its job does not say.
        var itemTimeouts: [String: Duration] = [:]
        /// How many retries a kind may add to its first attempts; ``RetryBudget`` otherwise.
        var retryRatios: [String: Double] = [:]
    }

    private(set) var rules: Rules
    var bounds: Bounds { rules.bounds }
    private(set) var draining = false
    var workers = NumberTable<Int, Worker>()
    var jobs = JobTable()
    var leases = NumberTable<Int64, Lease>()
    var kinds = KindTable()
    var lanes = LaneTable()
    var resources: ResourceBook
    var effects: [Effect] = []
    var timers = Timers()
    var generator = SystemRandomNumberGenerator()

    /// Jobs that an event concerns.
    var touched: [JobID] = []
    /// Kinds for which a place may be free again.
    var freed: [Int] = []
    /// How many kinds have jobs in line for a place.
    var lines = 0
    /// Jobs that run, those of the runner itself left out, and whose they are.
    var running = 0
    var users = NumberTable<UInt32, Int>()
    var shares = Shares()
    var guests = Guests()
    var claiming = false
    var claimAgainAt: Duration?
    /// Whether the demand is to be said although it is the same.
    var saysDemandAgain = false
    var permits = PermitBook()
    /// When something about a dependency will be looked at again.
    var awaited: [String: Duration] = [:]
    /// Jobs that an open breaker keeps from going on, by its name.
    var atBreaker: [String: Set<JobID>] = [:]
    /// How often jobs were looked at: what an event costs.
    var advances = 0

    /// What has happened since the start.
    var counts = Counts()

    struct Counts: Sendable, Hashable {
        /// Jobs that began to run, those of the runner itself left out.
        var started = 0
        /// Attempts whose worker was lost.
        var lost = 0
    }

    /// What is shown of the limits.
    struct Snapshot: Sendable {
        var bounds: Bounds
        var resources: [String: ResourceBook.Resource]
        /// Boot time.
        var now: Duration
    }

    var load: Load {
        var load = Load(jobs: running)
        for kind in kinds.entries where kind.running > 0 { load.kinds[kind.name] = kind.running }
        for queue in lanes.queues where queue.running > 0 { load.queues[queue.name] = queue.running }
        for (user, count) in zip(users.keys, users.values) { load.users[user] = count }
        return load
    }

    func snapshot(now: Duration) -> Snapshot {
        Snapshot(bounds: bounds, resources: resources.resources, now: now)
    }

    private var promoting = false
    private(set) var nextScheduled: Timestamp?
    var lastFence: Int64
    /// The number of the runner's own kind.
    let canary: Int

    /// - Parameter run: The number of this run of the runner; fencing numbers of later runs are greater.
    init(run: Int64, rules: Rules = Rules()) {
        self.rules = rules
        resources = ResourceBook(followsAnother: run > 1)
        lastFence = run << 32
        canary = kinds.number(Canary.kind, rules)
    }

    /// Takes note of an event and says what is to be done, in this order.
    mutating func handle(_ event: consuming Event, now: Now) -> [Effect] {
        var effects: [Effect] = []
        handle(event, now: now, &effects)
        return effects
    }

    /// The same, added to what is to be done already: whoever keeps the array spares an allocation for each event.
    mutating func handle(_ event: consuming Event, now: Now, _ todo: inout [Effect]) {
        swap(&effects, &todo)
        apply(event, now: now)
        observeTime(now)
        advanceAll(now: now)
        claimMore(now: now)
        sayDemand()
        sweepTimers()
        swap(&effects, &todo)
    }

    private mutating func apply(_ event: consuming Event, now: Now) {
        switch event {
        case .workerJoined(let worker): join(worker)
        case .workerLeft(let id): leave(id, now: now)
        case .workerRetires(let id): retire(id)
        case .lanesReady(let lanes): fill(lanes, now: now)
        case .jobScheduled(let time): nextScheduled = nextScheduled.map { min($0, time) } ?? time
        case .claimed(let claimed, let exhausted):
            claiming = false
            for lane in exhausted { if let number = lanes.number(of: lane) { lanes.isSated(number, &kinds) } }
            for job in claimed { take(job, now: now) }
        case .claimFailed:
            claiming = false
            claimAgainAt = now.boot + .seconds(1)
        case .promoted(let lanes, let next):
            promoting = false
            fill(lanes, now: now)
            nextScheduled = [nextScheduled.flatMap { $0 > now.wall ? $0 : nil }, next].compactMap(\.self).min()
        case .promoteFailed:
            promoting = false
            nextScheduled = now.wall + .seconds(1)
        case .planSaved(let id, let items): planSaved(id, items)
        case .leaseEnded(let fence, let ending, let facts): end(fence, ending, facts, now: now)
        case .itemSaved(let id): itemSaved(id)
        case .interrupted(let id, let interruption): interrupt(id, interruption, now: now)
        case .message(let fence, let text):
            guard let job = leases[fence]?.job, jobs.contains(job) else { break }
            effects.append(.announce(job, message: text))
        case .ruled(let rules): obey(rules, now: now)
        case .slots(let id, let slots):
            guard let row = jobs.row(of: id) else { break }
            jobs[row: row].slots = slots
            jobs[row: row].view.slots = slots
            touch(id)
        case .permitAsked(let number, let permit): ask(number, permit, now: now)
        case .permitReported(let permit, let succeeded): report(permit, succeeded: succeeded, now: now)
        case .permitReturned(let permit): giveBack(permit, now: now)
        case .permitLost(let permit): lose(permit, now: now)
        case .breakerForced(let name, let open):
            resources.force(name, open: open, now: now.boot)
            resourceChanged(name, now: now)
        case .tick: break
        case .drain:
            draining = true
            // Permits go on, for what still runs may need them.
            for job in jobs.values where job.refusal != nil { touch(job.id) }
        }
    }

    /// Jobs stand in these lanes.
    private mutating func fill(_ ready: Set<Lane>, now: Now) {
        for lane in ready {
            lanes.becomesHungry(number(of: lane), &kinds)
            if !lane.isOwn { welcome(lane.uid, now: now) }
        }
    }

    mutating func number(of lane: Lane) -> Int {
        if let known = lanes.number(of: lane) { return known }
        return lanes.add(lane, &kinds, rules)
    }

    mutating func welcome(_ user: UInt32, now: Now) {
        guard guests.note(user, now: now.boot) else { return }
        timers.add(.guest(user), at: now.boot + Guests.memory)
    }

    private mutating func obey(_ new: Rules, now: Now) {
        rules = new
        kinds.obey(new)
        lanes.obey(new)
        resources.define(new.definitions, now: now.boot)
        for name in resources.resources.keys { resourceChanged(name, now: now) }
        for kind in kinds.entries.indices { free(kind) }
        for id in jobs.keys { touch(id) }
    }

    /// What became due since the last event.
    private mutating func observeTime(_ now: Now) {
        while let subject = timers.take(at: now.boot) {
            switch subject {
            case .items(let id):
                guard let row = jobs.row(of: id) else { continue }
                jobs[row: row].wakeAt = nil
                touch(id)
            case .timeout(let id):
                guard let job = jobs[id], let deadline = job.deadline, deadline <= now.boot,
                    let timeout = job.view.timeoutMs
                else { continue }
                interrupt(id, .timedOut(milliseconds: timeout), now: now)
            case .grace(let id):
                guard let row = jobs.row(of: id), let ends = jobs[row: row].graceEnds, ends <= now.boot else {
                    continue
                }
                jobs[row: row].graceEnds = nil
                dropHolders(of: jobs[row: row].leases)
            case .lease(let fence): overdue(fence, now: now)
            case .resource(let name):
                awaited[name] = nil
                resourceChanged(name, now: now)
            case .guest(let user):
                if let later = guests.forget(user, now: now.boot) { timers.add(.guest(user), at: later) }
            }
        }
        if let due = nextScheduled, due <= now.wall, !promoting, !draining {
            promoting = true
            effects.append(.promote)
        }
        if let again = claimAgainAt, again <= now.boot { claimAgainAt = nil }
    }

    /// A job that ended before its time leaves its timer behind: they may not be many more than what is at work.
    private mutating func sweepTimers() {
        guard timers.count > 1024, timers.count > 4 * (jobs.count + leases.count) else { return }
        timers.keep { subject in
            switch subject {
            case .items(let id): jobs[id]?.wakeAt != nil
            case .timeout(let id): jobs.contains(id)
            case .grace(let id): jobs[id]?.graceEnds != nil
            case .lease(let fence): leases.row(of: fence) != nil
            case .resource(let name): awaited[name] != nil
            case .guest(let user): guests.knows(user)
            }
        }
    }

    /// Commands are ended by their own grace; a connection whose worker is deaf is closed.
    private mutating func dropHolders(of fences: [Int64]) {
        let deaf = Set(fences.compactMap { leases[$0]?.worker }).filter { $0 > Worker.own }
        effects += deaf.sorted().map { .drop(worker: $0, because: "did not heed a cancellation in time") }
    }

    /// An item that takes too long is withdrawn; a worker that does not heed that is dropped.
    private mutating func overdue(_ fence: Int64, now: Now) {
        guard let lease = leases[fence], let deadline = lease.deadline, deadline <= now.boot else { return }
        if lease.isOverdue {
            dropHolders(of: [fence])
        } else {
            let ends = now.boot + bounds.grace
            leases.change(fence) {
                $0.isOverdue = true
                $0.deadline = ends
            }
            timers.add(.lease(fence), at: ends)
            effects.append(.cancel(lease))
        }
    }

    /// How long nothing becomes due by itself; nil when only events matter.
    func nextTick(after now: Now) -> Duration? {
        var wait: Duration?
        func earlier(_ other: Duration?) {
            guard let other else { return }
            wait = min(wait ?? other, other)
        }
        earlier(timers.next.map { $0 - now.boot })
        if !promoting, !draining { earlier(nextScheduled.map { $0 - now.wall }) }
        earlier(claimAgainAt.map { $0 - now.boot })
        return wait.map { max($0, .zero) }
    }
}
