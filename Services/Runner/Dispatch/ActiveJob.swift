import JSONCodec
import Linux
import MillraceProtocol

extension ClaimedJob {
    var lane: Lane { Lane(queue: view.queue, kind: view.kind, uid: view.user) }
}

extension PendingItem {
    /// The only item of a plain job.
    static func plain(attempts: Int, crashes: Int) -> PendingItem {
        PendingItem(
            brief: ItemBrief(index: 0, key: plainKey, input: .null), attempts: attempts, crashes: crashes,
            notBefore: Timestamp(milliseconds: 0))
    }

    static let plainKey = "job"
}

/// Why a job has to end before its work is done.
enum Interruption: Sendable, Hashable {
    case cancelled(reason: String?)
    case timedOut(milliseconds: Int)
}

/// The course of one running job, in memory. What has to outlive the process is in the store.
struct ActiveJob: Sendable {
    enum Phase: Sendable, Hashable {
        /// `storing` while the plan is on its way to the disk.
        case planning, storing, processing, summarizing
    }

    private let claim: Claim
    /// Numbers of its lane and of its kind.
    let laneNumber: Int
    let kind: Int
    private var shown: Shown
    private var fault: Fault?
    var attempts: Int
    var crashes: Int
    var slots: Int
    var phase: Phase
    /// Whether the job is its own single item, which no row of its own remembers.
    var isPlain = false
    /// Items that may start; the next one is the last.
    var pending: [PendingItem] = []
    /// Items that wait for their next try, the latest first, by boot time.
    var later: [(at: Duration, item: PendingItem)] = []
    /// Boot time at which the next of them is looked for.
    var wakeAt: Duration?
    private(set) var running: [PendingItem] = []
    /// Leases of the stages that concern the whole job, and of items.
    private(set) var leases: [Int64] = []
    /// Boot time at which the job has run too long.
    var deadline: Duration?
    var interruption: Interruption?
    /// Boot time at which workers that do not heed a cancellation are dropped.
    var graceEnds: Duration?
    /// Checkpoints on their way to the disk.
    var unsaved = 0
    /// Whether it stands in line for a place at a worker.
    var isBlocked = false
    /// What it waits for besides a place.
    var refusal: ResourceRefusal?

    var id: JobID { claim.brief.id }
    var brief: JobBrief { claim.brief }
    var lane: Lane { claim.lane }
    /// What its kind needs to start an item.
    var needs: ResourceBook.Needs? { claim.needs }
    /// What the runner itself is to do, for a job of a hook.
    var task: HookTask? { claim.task }
    var backoff: Duration { claim.backoff }

    var view: JobView {
        get { shown.view }
        _modify {
            if !isKnownUniquelyReferenced(&shown) { shown = Shown(shown.view) }
            yield &shown.view
        }
    }

    /// Why a stage that concerns the whole job went wrong.
    var failure: RPCError? {
        get { fault?.error }
        set { fault = newValue.map(Fault.init) }
    }

    /// The time an item may take, where the job says.
    var itemTimeout: Duration? { shown.view.itemTimeoutMs.map { .milliseconds($0) } }

    init(
        _ claimed: ClaimedJob, lane: LaneTable.Entry, number: Int, needs: ResourceBook.Needs?, now: Dispatcher.Now
    ) {
        claim = Claim(
            brief: claimed.brief, lane: lane.lane, needs: needs, task: claimed.task, backoff: claimed.backoff)
        laneNumber = number
        kind = lane.kind
        shown = Shown(claimed.view)
        attempts = claimed.attempts
        crashes = claimed.crashes
        slots = claimed.slots ?? 0
        phase = claimed.slots == nil ? .planning : .processing
        deadline = claimed.view.timeoutMs.map { now.boot + .milliseconds($0) }
        if !claimed.items.isEmpty {
            pending = claimed.items.filter { $0.notBefore <= now.wall }.sorted { $0.brief.index > $1.brief.index }
            later = claimed.items.filter { $0.notBefore > now.wall }
                .map { (now.boot + ($0.notBefore - now.wall), $0) }.sorted { $0.at > $1.at }
        }
        if claimed.view.cancelRequested { interruption = .cancelled(reason: nil) }
    }

    /// Items that may run now beside those that do.
    var freeSlots: Int { max(0, slots - running.count) }

    var isEnding: Bool { interruption != nil || failure != nil }

    /// Makes the job its own single item.
    mutating func becomePlain() {
        isPlain = true
        slots = 1
        phase = .processing
        pending = [.plain(attempts: attempts, crashes: crashes)]
        view.phase = .processing
        view.items = ItemCounts(total: 1, waiting: 1)
    }

    // MARK: What runs

    func runs(_ item: Int) -> Bool { running.contains { $0.brief.index == item } }

    /// Takes the next item that may start.
    mutating func startNext() -> PendingItem? {
        guard let item = pending.popLast() else { return nil }
        running.append(item)
        count()
        return item
    }

    /// Takes an item out of those that run.
    mutating func stop(_ item: Int) -> PendingItem? {
        running.firstIndex { $0.brief.index == item }.map { running.remove(at: $0) }
    }

    mutating func add(lease fence: Int64) { leases.append(fence) }

    mutating func remove(lease fence: Int64) {
        if let place = leases.firstIndex(of: fence) { leases.remove(at: place) }
    }

    // MARK: What waits

    /// Gives up what has not started.
    mutating func dropWaiting() {
        let dropped = pending.count + later.count
        guard dropped > 0 else { return }
        view.items.cancelled += dropped
        pending = []
        later = []
        count()
    }

    /// Takes back an item that is to be tried again, at once or after its pause.
    mutating func putBack(_ item: PendingItem, now: Dispatcher.Now) {
        guard item.notBefore > now.wall else { return pending.append(item) }
        let at = now.boot + (item.notBefore - now.wall)
        let place = later.firstIndex { $0.at <= at } ?? later.endIndex
        later.insert((at, item), at: place)
    }

    /// Lets items whose pause is over start again, before those that were not tried yet.
    mutating func wakeItems(at now: Duration) {
        while let next = later.last, next.at <= now { pending.append(later.removeLast().item) }
    }

    mutating func count() {
        view.items.waiting = pending.count + later.count
        view.items.running = running.count
    }

    /// Counts an item that was stopped, by the state it is in now.
    mutating func count(_ state: ItemState) {
        count()
        switch state {
        case .succeeded: view.items.succeeded += 1
        case .failed: view.items.failed += 1
        case .cancelled: view.items.cancelled += 1
        case .ready, .running: break
        }
    }
}

// What is large stands beside the job: a job is moved each time something of it changes.
extension ActiveJob {
    /// What does not change while it runs.
    private final class Claim: Sendable {
        let brief: JobBrief
        let lane: Lane
        let needs: ResourceBook.Needs?
        let task: HookTask?
        let backoff: Duration

        init(brief: JobBrief, lane: Lane, needs: ResourceBook.Needs?, task: HookTask?, backoff: Duration) {
            self.brief = brief
            self.lane = lane
            self.needs = needs
            self.task = task
            self.backoff = backoff
        }
    }

    /// Copied before it is changed unless the job is its only owner.
    private final class Shown: @unchecked Sendable {
        var view: JobView

        init(_ view: JobView) { self.view = view }
    }

    private final class Fault: Sendable {
        let error: RPCError

        init(_ error: RPCError) { self.error = error }
    }
}
