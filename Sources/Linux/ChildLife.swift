import CLinux
import Glibc

/// What is known of a child from its start until it is reaped. The reaping thread holds it until then, also when nobody
/// else does.
final class Life: Sendable {
    typealias Outcome = Result<Ending, SystemError>

    private struct State {
        var outcome: Outcome?
        var isReaped = false
        var isReleased: Bool
        var watch: Poller.Watch?
        var nextWaiter = 0
        /// Each is told once: the outcome, or nil when it was dismissed.
        var waiters: [Int: @Sendable (Outcome?) -> Void] = [:]
        var dismissed: Set<Int> = []
    }

    let pid: Int32
    let pidfd: Descriptor
    private let endsGroup: Bool
    /// Our own peak in KiB at the start.
    private let floor = ResourceUsage.ownPeak
    private let state: Locked<State>

    init(_ pid: Int32, _ pidfd: Descriptor, _ launch: ChildLaunch) {
        self.pid = pid
        self.pidfd = pidfd
        endsGroup = launch.endsGroup
        state = Locked(State(isReleased: !launch.keepsZombie))
    }

    var outcome: Outcome? { state.withLock { $0.outcome } }

    func watch(on poller: Poller) throws(SystemError) {
        try state.withLock { state throws(SystemError) in
            state.watch = try poller.watch(pidfd.raw, .readable) { [weak poller] _ in
                if let poller { self.collect(poller) }
            }
        }
    }

    /// Reaps what was killed because it could not be watched.
    func collectUnwatched() {
        var descriptor = pollfd(fd: pidfd.raw, events: Int16(POLLIN), revents: 0)
        while Glibc.poll(&descriptor, 1, -1) < 0 && errno == EINTR {}
        Children.reap(pid, pidfd)
    }

    func newWaiter() -> Int {
        state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
    }

    func enroll(_ waiter: Int, _ tell: @escaping @Sendable (Outcome?) -> Void) {
        let (now, outcome) = state.withLock { state -> (Bool, Outcome?) in
            if let outcome = state.outcome { return (true, outcome) }
            if state.dismissed.remove(waiter) != nil { return (true, nil) }
            state.waiters[waiter] = tell
            return (false, nil)
        }
        if now { tell(outcome) }
    }

    func dismiss(_ waiter: Int) {
        let tell = state.withLock { state -> (@Sendable (Outcome?) -> Void)? in
            if let there = state.waiters.removeValue(forKey: waiter) { return there }
            if state.outcome == nil { state.dismissed.insert(waiter) }
            return nil
        }
        tell?(nil)
    }

    func signal(_ number: Int32, group: Bool) -> Bool {
        state.withLock { state in
            state.outcome == nil && kill(group ? -pid : pid, number) == 0
        }
    }

    func release() {
        state.withLock { state in
            state.isReleased = true
            reapIfDone(&state)
        }
    }

    private func collect(_ poller: Poller) {
        var ending = millrace_ending()
        let result = millrace_wait_pidfd(pidfd.raw, 0, &ending)
        if result == 0 { return }
        let outcome: Outcome =
            result < 0
            ? .failure(SystemError(errno: "waitid \(pid)"))
            : .success(
                Ending(
                    status: ending.code == Int32(CLD_EXITED)
                        ? .exited(ending.status) : .signalled(ending.status),
                    usage: ResourceUsage(ending, floor: floor)))
        let waiters = state.withLock { state in
            if let watch = state.watch { poller.cancel(watch) }
            // The zombie keeps pid and group ours until here, so that no signal can meet another's.
            if endsGroup { kill(-pid, SIGKILL) }
            state.outcome = outcome
            reapIfDone(&state)
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for tell in waiters { tell(outcome) }
    }

    private func reapIfDone(_ state: inout State) {
        guard state.outcome != nil, state.isReleased, !state.isReaped else { return }
        state.isReaped = true
        Children.reap(pid, pidfd)
    }
}
