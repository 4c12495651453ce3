import CLinux
import Glibc

/// The children this process has started and not yet reaped, and the two threads that serve all of them.
enum Children {
    /// Those that are not reaped. Held while one is started and while one is reaped, so that whoever holds it and has
    /// seen a child of ours knows whether it was started here.
    private static let pids = Locked<Set<Int32>>([])

    /// The thread that starts them. A child that asks to end with its parent (PR_SET_PDEATHSIG) means the thread that
    /// started it, so this one lives as long as the process; those of the cooperative pool come and go.
    private static let starter = Result<Starter, SystemError> { () throws(SystemError) in
        try Starter()
    }

    /// The thread that notices their end.
    private static let reaper = Result<Poller, SystemError> { () throws(SystemError) in
        try Poller("reaper")
    }

    static func poller() throws(SystemError) -> Poller { try reaper.get() }

    /// Runs `body` on the starting thread, in the order of the calls.
    static func onStarter(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
        try starter.get().perform(body)
    }

    /// Only on the starting thread.
    static func start(_ launch: ChildLaunch) throws(SystemError) -> (pid: Int32, pidfd: Descriptor) {
        // Before the child is there: what it leaves without a parent sooner than that would be lost to us.
        if launch.keepsZombie { try Orphans.adopt() }
        return try pids.withLock { pids throws(SystemError) in
            let child = try Spawn.run(launch)
            pids.insert(child.pid)
            return child
        }
    }

    static func reap(_ pid: Int32, _ pidfd: Descriptor) {
        pids.withLock { pids in
            var ending = millrace_ending()
            _ = millrace_wait_pidfd(pidfd.raw, 1, &ending)
            pids.remove(pid)
        }
    }

    /// Those that were started here and are not reaped; complete for every child that was seen before the call.
    static var started: Set<Int32> { pids.withLock { $0 } }
}

/// Carries out one thing after the other on a thread that never ends.
private final class Starter: Sendable {
    private let queue = Monitor<[@Sendable () -> Void]>([])

    init() throws(SystemError) {
        let queue = queue
        _ = try WorkerThread("starter") {
            while true {
                let work = queue.wait { queue -> [@Sendable () -> Void]? in
                    if queue.isEmpty { return nil }
                    defer { queue = [] }
                    return queue
                }
                for body in work ?? [] { body() }
            }
        }
    }

    func perform(_ body: @escaping @Sendable () -> Void) {
        queue.withLock(notify: true) { $0.append(body) }
    }
}
