import CLinux
import Glibc

/// A child process in a process group of its own, always reaped, even when nobody waits for it.
///
/// It starts with no blocked signals and default dispositions, and has exactly the descriptors it was given. However
/// many there are, two threads serve them all.
public final class ChildProcess: Sendable {
    /// Descriptor `from` of this process becomes `to` in the child.
    public typealias Mapping = (from: Int32, to: Int32)

    /// Also the id of the process group.
    public let pid: Int32
    /// Becomes readable when the process has ended.
    public let pidfd: Descriptor
    private let life: Life

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
    public convenience init(
        _ arguments: [String], environment: [String: String]? = nil, directory: String? = nil,
        descriptors: [Mapping] = [], passing: [(Descriptor, to: Int32)] = [], newSession: Bool = false,
        endsGroup: Bool = false
    ) throws(SystemError) {
        var launch = ChildLaunch(arguments, environment: environment, directory: directory)
        launch.descriptors = descriptors
        launch.passing = passing
        launch.newSession = newSession
        launch.endsGroup = endsGroup
        try self.init(launch)
    }

    /// Starts the child and returns when its program is executed. It blocks for that time, about a millisecond.
    ///
    /// - Throws: the step that failed and what it was about: "setuid 1000", "chdir /x", "spawn /usr/bin/x".
    public convenience init(_ launch: ChildLaunch) throws(SystemError) {
        let started = Monitor<Result<Life, SystemError>?>(nil)
        try Children.onStarter {
            let result = Self.begin(launch)
            started.withLock(notify: true) { $0 = result }
        }
        self.init(try started.wait { $0 }!.get())
    }

    /// Starts the child without blocking and tells `then`, on the thread that starts all children: it must not block.
    public static func start(
        _ launch: ChildLaunch, then: @escaping @Sendable (Result<ChildProcess, SystemError>) -> Void
    ) {
        do throws(SystemError) {
            try Children.onStarter { then(begin(launch).map { ChildProcess($0) }) }
        } catch {
            then(.failure(error))
        }
    }

    private init(_ life: Life) {
        self.life = life
        pid = life.pid
        pidfd = life.pidfd
    }

    deinit { life.release() }

    /// How it ended; nil while it runs.
    public var exitStatus: ExitStatus? { ending?.status }

    /// How it ended and what it used; nil while it runs.
    public var ending: Ending? {
        do throws(SystemError) {
            return try life.outcome?.get()
        } catch {
            return nil
        }
    }

    /// Suspends until the process has ended. Cancelling the waiting task ends the wait, not the process.
    public func wait() async throws -> ExitStatus {
        let waiter = life.newWaiter()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                life.enroll(waiter) { outcome in
                    continuation.resume(
                        with: outcome.map { $0.map(\.status).mapError { $0 } } ?? .failure(CancellationError()))
                }
            }
        } onCancel: {
            life.dismiss(waiter)
        }
    }

    /// Calls `then` once, when the process has ended: on the thread that notices it, so it must not block; or at once
    /// when it has ended already.
    public func whenEnded(_ then: @escaping @Sendable (Result<Ending, SystemError>) -> Void) {
        life.enroll(life.newWaiter()) { outcome in
            if let outcome { then(outcome) }
        }
    }

    /// Sends a signal to the whole group, or with `group: false` to the child alone.
    ///
    /// False when the child has ended: its pid may belong to another by then.
    @discardableResult
    public func signal(_ number: Int32, group: Bool = true) -> Bool {
        life.signal(number, group: group)
    }

    /// Reaps a child that was started with ``ChildLaunch/keepsZombie``, as soon as it has ended; pid, group and session
    /// may belong to others from then on. It comes of itself when the last reference goes.
    public func release() { life.release() }

    private static func begin(_ launch: ChildLaunch) -> Result<Life, SystemError> {
        do throws(SystemError) {
            let poller = try Children.poller()
            let child = try Children.start(launch)
            withExtendedLifetime(launch.passing) {}
            let life = Life(child.pid, child.pidfd, launch)
            do throws(SystemError) {
                try life.watch(on: poller)
            } catch {
                kill(-child.pid, SIGKILL)
                life.collectUnwatched()
                throw error
            }
            return .success(life)
        } catch {
            return .failure(error)
        }
    }
}
