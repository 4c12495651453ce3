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
    private let endsGroup: Bool
    private let state = Locked(State())

    /// Starts `arguments[0]`, looked up in PATH when it has no slash.
    ///
    /// - Parameters:
    ///   - environment: exactly the child's variables; nil gives it a copy of ours.
    ///   - directory: where the child starts; a relative `arguments[0]` is looked up from there.
    ///   - descriptors: what the child has open, in any order, swaps included. Left out, 0 is /dev/null and 1 and 2
    ///     are ours.
    ///   - newSession: the child leads a session too, so it has no terminal.
    ///   - endsGroup: what is left of the group is killed when the child itself has ended.
    /// - Throws: also what kept the program from being executed: ENOENT, EACCES, ENOEXEC.
    public convenience init(
        _ arguments: [String], environment: [String: String]? = nil, directory: String? = nil,
        descriptors: [Mapping] = [], newSession: Bool = false, endsGroup: Bool = false
    ) throws(SystemError) {
        let pid = try Spawn.run(
            arguments, environment: environment ?? Environment.all, directory: directory, descriptors: descriptors,
            newSession: newSession)
        let handle = millrace_pidfd_open(pid)
        guard handle >= 0 else {
            let error = SystemError(errno: "pidfd_open \(pid)")
            kill(-pid, SIGKILL)
            var status: Int32 = 0
            waitpid(pid, &status, 0)
            throw error
        }
        self.init(pid: pid, pidfd: Descriptor(handle), endsGroup: endsGroup)
        do {
            _ = try WorkerThread("wait-\(pid)") { [self] in waitAndReap() }
        } catch {
            kill(-pid, SIGKILL)
            waitAndReap()
            throw error
        }
    }

    private init(pid: Int32, pidfd: Descriptor, endsGroup: Bool) {
        self.pid = pid
        self.pidfd = pidfd
        self.endsGroup = endsGroup
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
            // The zombie keeps pid and group ours until it is reaped, which happens under this lock.
            state.outcome == nil && kill(group ? -pid : pid, number) == 0
        }
    }

    private func waitAndReap() {
        var code: Int32 = 0
        var status: Int32 = 0
        var result: Int32
        repeat { result = millrace_wait_pidfd(pidfd.raw, 0, &code, &status) } while result < 0 && errno == EINTR
        let waiters = state.withLock { state in
            if result == 0 {
                if endsGroup { kill(-pid, SIGKILL) }
                repeat { result = millrace_wait_pidfd(pidfd.raw, 1, &code, &status) } while result < 0 && errno == EINTR
            }
            let outcome: Result<ExitStatus, SystemError> =
                result < 0
                ? .failure(SystemError(errno: "waitid \(pid)"))
                : .success(code == Int32(CLD_EXITED) ? .exited(status) : .signalled(status))
            state.outcome = outcome
            defer { state.waiters = [:] }
            return state.waiters.values.map { ($0, outcome) }
        }
        for (waiter, outcome) in waiters { waiter.resume(with: outcome.mapError { $0 as any Error }) }
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
