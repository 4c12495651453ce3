import JSONCodec
import Linux
import MillraceProtocol

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

    let brief: JobBrief
    var view: JobView
    let backoff: Duration
    var attempts: Int
    var crashes: Int
    var slots: Int
    var phase: Phase
    /// Items that may start; the next one is the last.
    var pending: [PendingItem] = []
    /// Items that wait for their next try, the latest first.
    var later: [PendingItem] = []
    var running: [Int: PendingItem] = [:]
    /// Leases of the stages that concern the whole job, and of items.
    var leases: Set<Int64> = []
    /// Boot time at which the job has run too long.
    var deadline: Duration?
    var interruption: Interruption?
    /// Why a stage that concerns the whole job went wrong.
    var failure: RPCError?
    /// Boot time at which workers that do not heed a cancellation are dropped.
    var graceEnds: Duration?
    /// Checkpoints on their way to the disk.
    var unsaved = 0

    var id: JobID { brief.id }

    init(_ claimed: ClaimedJob, now: Dispatcher.Now) {
        brief = claimed.brief
        view = claimed.view
        backoff = claimed.backoff
        attempts = claimed.attempts
        crashes = claimed.crashes
        slots = claimed.slots ?? 0
        phase = claimed.slots == nil ? .planning : .processing
        deadline = claimed.view.timeoutMs.map { now.boot + .milliseconds($0) }
        let sorted = claimed.items.sorted { $0.brief.index > $1.brief.index }
        pending = sorted.filter { $0.notBefore <= now.wall }
        later = sorted.filter { $0.notBefore > now.wall }.sorted { $0.notBefore > $1.notBefore }
        if view.cancelRequested { interruption = .cancelled(reason: nil) }
    }

    /// Items that may run now beside those that do.
    var freeSlots: Int { max(0, slots - running.count) }

    /// Takes back an item that is to be tried again, at once or after its pause.
    mutating func putBack(_ item: PendingItem, now: Timestamp) {
        guard item.notBefore > now else { return pending.append(item) }
        let place = later.firstIndex { $0.notBefore <= item.notBefore } ?? later.endIndex
        later.insert(item, at: place)
    }

    /// Lets items whose pause is over start again, before those that were not tried yet.
    mutating func wakeItems(at now: Timestamp) {
        while let item = later.last, item.notBefore <= now {
            later.removeLast()
            pending.append(item)
        }
    }

    mutating func count() {
        view.items.waiting = pending.count + later.count
        view.items.running = running.count
    }
}
