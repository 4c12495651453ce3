import KindFiles
import Linux

/// A process of a pool, as the pool's rules know it.
struct PoolMember: Sendable {
    enum Phase: Hashable, Sendable {
        /// Started, or about to be; it has not registered.
        case starting
        case ready
        /// Gets no new calls; the runner hangs up when its last one has ended.
        case retiring
        /// Its connection is over or it was told to end.
        case ending
    }

    /// What is still to be done to a process that is ending.
    enum LastStep: Hashable, Sendable {
        case term, kill, nothing
    }

    /// Whose fault it would be if the process ended now.
    enum Blame: Hashable, Sendable {
        /// It could not be started.
        case start
        /// It broke down.
        case crash
        /// It was asked to.
        case nobody
    }

    let ticket: Int
    let born: Duration
    /// The process that retires when this one has registered.
    var replaces: Int?
    var pid: Int32?
    /// The runner's number for it as a worker.
    var worker: Int?
    var phase = Phase.starting
    var registered: Duration?
    var load = PoolLoad(calls: 0, capacity: 0)
    /// Whether it has ever been given a call.
    var served = false
    /// Since when it has had no call.
    var idleSince: Duration
    /// Too old, idle for too long after work, or started by an earlier declaration: it goes as soon as another can come.
    var expired = false
    var blame = Blame.start
    /// Whether its fault has been counted, though its end has yet to tell what it was.
    var isCounted = false
    var nextPing: Duration?
    /// When the patience with it is over: to register, to answer a ping, to end.
    var deadline: Duration?
    var lastStep = LastStep.nothing

    init(ticket: Int, born: Duration, replaces: Int? = nil) {
        self.ticket = ticket
        self.born = born
        self.replaces = replaces
        idleSince = born
    }

    /// "process 4711"
    var label: String { pid.map { "process \($0)" } ?? "process" }
}
