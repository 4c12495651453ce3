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
///
/// A value, kept in one place that is copied before it is changed unless this is its only owner: a job is looked up and
/// changed a dozen times for each of its items, and moving all of it each time would cost more than the changes.
struct ActiveJob: Sendable {
    enum Phase: Sendable, Hashable {
        /// `storing` while the plan is on its way to the disk.
        case planning, storing, processing, summarizing
    }

    private var course: Course

    private mutating func own() {
        if !isKnownUniquelyReferenced(&course) { course = Course(course) }
    }

    var id: JobID { course.brief.id }
    var brief: JobBrief { course.brief }
    var lane: Lane { course.lane }
    /// What its kind needs to start an item.
    var needs: ResourceBook.Needs? { course.needs }
    /// What the runner itself is to do, for a job of a hook.
    var task: HookTask? { course.task }
    var backoff: Duration { course.backoff }
    var view: JobView {
        get { course.view }
        _modify {
            own()
            yield &course.view
        }
    }
    var attempts: Int {
        get { course.attempts }
        _modify {
            own()
            yield &course.attempts
        }
    }
    var crashes: Int {
        get { course.crashes }
        _modify {
            own()
            yield &course.crashes
        }
    }
    var slots: Int {
        get { course.slots }
        _modify {
            own()
            yield &course.slots
        }
    }
    var phase: Phase {
        get { course.phase }
        _modify {
            own()
            yield &course.phase
        }
    }
    /// Whether the job is its own single item, which no row of its own remembers.
    var isPlain: Bool {
        get { course.isPlain }
        _modify {
            own()
            yield &course.isPlain
        }
    }
    /// Items that may start; the next one is the last.
    var pending: [PendingItem] {
        get { course.pending }
        _modify {
            own()
            yield &course.pending
        }
    }
    /// Items that wait for their next try, the latest first, by boot time.
    var later: [(at: Duration, item: PendingItem)] {
        get { course.later }
        _modify {
            own()
            yield &course.later
        }
    }
    /// Boot time at which the next of them is looked for.
    var wakeAt: Duration? {
        get { course.wakeAt }
        _modify {
            own()
            yield &course.wakeAt
        }
    }
    var running: [Int: PendingItem] {
        get { course.running }
        _modify {
            own()
            yield &course.running
        }
    }
    /// Leases of the stages that concern the whole job, and of items.
    var leases: Set<Int64> {
        get { course.leases }
        _modify {
            own()
            yield &course.leases
        }
    }
    /// Boot time at which the job has run too long.
    var deadline: Duration? {
        get { course.deadline }
        _modify {
            own()
            yield &course.deadline
        }
    }
    var interruption: Interruption? {
        get { course.interruption }
        _modify {
            own()
            yield &course.interruption
        }
    }
    /// Why a stage that concerns the whole job went wrong.
    var failure: RPCError? {
        get { course.failure }
        _modify {
            own()
            yield &course.failure
        }
    }
    /// Boot time at which workers that do not heed a cancellation are dropped.
    var graceEnds: Duration? {
        get { course.graceEnds }
        _modify {
            own()
            yield &course.graceEnds
        }
    }
    /// Checkpoints on their way to the disk.
    var unsaved: Int {
        get { course.unsaved }
        _modify {
            own()
            yield &course.unsaved
        }
    }
    /// Whether it stands in line for a place at a worker.
    var isBlocked: Bool {
        get { course.isBlocked }
        _modify {
            own()
            yield &course.isBlocked
        }
    }
    /// What it waits for besides a place.
    var refusal: ResourceRefusal? {
        get { course.refusal }
        _modify {
            own()
            yield &course.refusal
        }
    }

    init(_ claimed: ClaimedJob, lane: Lane, needs: ResourceBook.Needs?, now: Dispatcher.Now) {
        course = Course(claimed, lane: lane, needs: needs, now: now)
    }

    /// Items that may run now beside those that do.
    var freeSlots: Int { max(0, slots - running.count) }

    var isEnding: Bool { interruption != nil || failure != nil }

    /// Makes the job its own single item.
    mutating func becomePlain() {
        isPlain = true
        slots = 1
        phase = .processing
        view.phase = .processing
        pending = [.plain(attempts: attempts, crashes: crashes)]
        view.items = ItemCounts(total: 1, waiting: 1)
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
}

extension ActiveJob {
    private final class Course: @unchecked Sendable {
        let brief: JobBrief
        let lane: Lane
        let needs: ResourceBook.Needs?
        let task: HookTask?
        let backoff: Duration
        var view: JobView
        var attempts: Int
        var crashes: Int
        var slots: Int
        var phase: Phase
        var isPlain = false
        var pending: [PendingItem]
        var later: [(at: Duration, item: PendingItem)]
        var wakeAt: Duration?
        var running: [Int: PendingItem] = [:]
        var leases: Set<Int64> = []
        var deadline: Duration?
        var interruption: Interruption?
        var failure: RPCError?
        var graceEnds: Duration?
        var unsaved = 0
        var isBlocked = false
        var refusal: ResourceRefusal?

        init(_ claimed: ClaimedJob, lane: Lane, needs: ResourceBook.Needs?, now: Dispatcher.Now) {
            brief = claimed.brief
            self.lane = lane
            self.needs = needs
            task = claimed.task
            backoff = claimed.backoff
            view = claimed.view
            attempts = claimed.attempts
            crashes = claimed.crashes
            slots = claimed.slots ?? 0
            phase = claimed.slots == nil ? .planning : .processing
            deadline = claimed.view.timeoutMs.map { now.boot + .milliseconds($0) }
            pending = claimed.items.filter { $0.notBefore <= now.wall }.sorted { $0.brief.index > $1.brief.index }
            later = claimed.items.filter { $0.notBefore > now.wall }
                .map { (now.boot + ($0.notBefore - now.wall), $0) }.sorted { $0.at > $1.at }
            if view.cancelRequested { interruption = .cancelled(reason: nil) }
        }

        init(_ other: Course) {
            brief = other.brief
            lane = other.lane
            needs = other.needs
            task = other.task
            backoff = other.backoff
            view = other.view
            attempts = other.attempts
            crashes = other.crashes
            slots = other.slots
            phase = other.phase
            isPlain = other.isPlain
            pending = other.pending
            later = other.later
            wakeAt = other.wakeAt
            running = other.running
            leases = other.leases
            deadline = other.deadline
            interruption = other.interruption
            failure = other.failure
            graceEnds = other.graceEnds
            unsaved = other.unsaved
            isBlocked = other.isBlocked
            refusal = other.refusal
        }
    }
}
