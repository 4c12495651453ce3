import CLinux
import Glibc

/// A child process in a process group of its own, always reaped, even when nobody waits for it.
///
/// It starts with no blocked signals and default dispositions, and has exactly the descriptors it was given.
public final class ChildProcess: Sendable {
    /// Descriptor `from` of this process becomes `to` in the child.
    public typealias Mapping = (from: Int32, to: Int32)

    private struct State {
        var outcome: Result<ExitStatus, SystemError>?
        var nextWaiter = 0
        var waiters: [Int: CheckedContinuation<ExitStatus, any Error>] = [:]
        var cancelled: Set<Int> = []
    }

    /// Also the id of the process group.
    public let pid: Int32
    /// Becomes readable when the process has ended.
    public let pidfd: Descriptor
    private let state = Locked(State())

    /// Starts `arguments[0]`, looked up in PATH when it has no slash.
    ///
    /// - Parameters:
    ///   - environment: exactly the child's variables; nil gives it a copy of ours.
    ///   - directory: where the child starts; a relative `arguments[0]` is looked up from there.
    ///   - descriptors: what the child has open, in any order, swaps included. Left out, 0 is /dev/null and 1 and 2
    ///     are ours. Whoever owns them must outlive the call.
    ///   - passing: the same for descriptors with an owner, which this call keeps alive.
    ///   - newSession: the child leads a session too, so it has no terminal.
    ///   - endsGroup: what is left of the group is killed when the child itself has ended.
    /// - Throws: also what kept the program from being executed: ENOENT, EACCES, ENOEXEC.
    public init(
        _ arguments: [String], environment: [String: String]? = nil, directory: String? = nil,
        descriptors: [Mapping] = [], passing: [(Descriptor, to: Int32)] = [], newSession: Bool = false,
        endsGroup: Bool = false
    ) throws(SystemError) {
        let descriptors = descriptors + passing.map { ($0.0.raw, $0.to) }
        let environment = environment ?? Environment.all
        let started = Monitor<Result<(pid: Int32, pidfd: Descriptor), SystemError>?>(nil)
        let state = state
        // One thread starts the child, waits for it and reaps it: a child that asks to end with its parent
        // (PR_SET_PDEATHSIG) means the thread that started it, and those of the cooperative pool come and go.
        _ = try WorkerThread("child") {
            let outcome = Self.start {
                () throws(SystemError) in
                try Spawn.run(
                    arguments, environment: environment, directory: directory, descriptors: descriptors,
                    newSession: newSession)
            }
            started.withLock(notify: true) { $0 = outcome }
            if case .success(let child) = outcome {
                Self.waitAndReap(child.pid, child.pidfd, state, endsGroup: endsGroup)
            }
        }
        let outcome = started.wait { $0 }!
        withExtendedLifetime(passing) {}
        (pid, pidfd) = try outcome.get()
    }

    /// How it ended; nil while it runs.
    public var exitStatus: ExitStatus? {
        state.withLock { try? $0.outcome?.get() }
    }

    /// Suspends until the process has ended. Cancelling the waiting task ends the wait, not the process.
    public func wait() async throws -> ExitStatus {
        let waiter = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enroll(waiter, continuation)
            }
        } onCancel: {
            cancel(waiter)
        }
    }

    /// Sends a signal to the whole group, or with `group: false` to the child alone.
    ///
    /// False when the child has ended: its pid may belong to another by then.
    @discardableResult
    public func signal(_ number: Int32, group: Bool = true) -> Bool {
        state.withLock { state in
            state.outcome == nil && kill(group ? -pid : pid, number) == 0
        }
    }

    private static func start(
        _ spawn: () throws(SystemError) -> Int32
    ) -> Result<(pid: Int32, pidfd: Descriptor), SystemError> {
        do {
            let pid = try spawn()
            let handle = millrace_pidfd_open(pid)
            if handle >= 0 { return .success((pid, Descriptor(handle))) }
            let error = SystemError(errno: "pidfd_open \(pid)")
            kill(-pid, SIGKILL)
            var status: Int32 = 0
            waitpid(pid, &status, 0)
            return .failure(error)
        } catch {
            return .failure(error)
        }
    }

    private static func waitAndReap(_ pid: Int32, _ pidfd: Descriptor, _ state: Locked<State>, endsGroup: Bool) {
        var code: Int32 = 0
        var status: Int32 = 0
        func wait(reap: Bool) -> Bool {
            while true {
                if millrace_wait_pidfd(pidfd.raw, reap ? 1 : 0, &code, &status) == 0 { return true }
                if errno != EINTR { return false }
            }
        }
        let ended = wait(reap: false)
        let (waiters, outcome) = state.withLock { state in
            // The zombie keeps pid and group ours until here, so that no signal can meet another's.
            if ended, endsGroup { kill(-pid, SIGKILL) }
            let outcome: Result<ExitStatus, SystemError> =
                if ended, wait(reap: true) {
                    .success(code == Int32(CLD_EXITED) ? .exited(status) : .signalled(status))
                } else {
                    .failure(SystemError(errno: "waitid \(pid)"))
                }
            state.outcome = outcome
            defer { state.waiters = [:] }
            return (Array(state.waiters.values), outcome.mapError { $0 as any Error })
        }
        for waiter in waiters { waiter.resume(with: outcome) }
    }

    private func enroll(_ waiter: Int, _ continuation: CheckedContinuation<ExitStatus, any Error>) {
        let outcome: Result<ExitStatus, any Error>? = state.withLock { state in
            if let outcome = state.outcome { return outcome.mapError { $0 as any Error } }
            if state.cancelled.remove(waiter) != nil { return .failure(CancellationError()) }
            state.waiters[waiter] = continuation
            return nil
        }
        if let outcome { continuation.resume(with: outcome) }
    }

    private func cancel(_ waiter: Int) {
        let continuation = state.withLock { state -> CheckedContinuation<ExitStatus, any Error>? in
            if let there = state.waiters.removeValue(forKey: waiter) { return there }
            if state.outcome == nil { state.cancelled.insert(waiter) }
            return nil
        }
        continuation?.resume(throwing: CancellationError())
    }
}
