import Linux
import MillraceRPC

/// What the pools need of the runner.
///
/// It tells them in turn what becomes of their processes: ``WorkerPools/registered(pid:worker:load:)``,
/// ``WorkerPools/changed(pid:load:)``, ``WorkerPools/left(pid:)`` and ``WorkerPools/demand(pool:waiting:)``.
protocol WorkerPoolsOwner: AnyObject, Sendable {
    /// Serves a process's end of its socket pair; the process may write and registers itself.
    func adopt(_ descriptor: Descriptor, pid: Int32, pool: String) async throws -> RPCSession

    /// Gives the process no new calls and hangs up when it has none left, at once if it has none now. May come twice.
    func retire(pid: Int32)
}

/// How busy a worker process is.
struct PoolLoad: Hashable, Sendable {
    /// Calls in flight.
    var calls: Int
    /// Calls that may be in flight at once.
    var capacity: Int
}
