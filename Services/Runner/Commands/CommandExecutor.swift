import KindFiles
import Linux
import Logging
import MillraceProtocol

/// Runs commands: one process, and whatever it starts, for each attempt.
///
/// However many there are, one thread moves their bytes, beside the two that start and reap all children. Each takes
/// four descriptors. The process that has one becomes the parent of orphans among its descendants.
final class CommandExecutor: Sendable {
    typealias Completion = @Sendable (CommandOutcome) -> Void

    private struct State {
        var runs: [Int: CommandRun] = [:]
        var next = 0
        var isStopping = false
        var sweeper: Task<Void, Never>?
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let log: Logger
    private let time: any TimeSource
    private let socket: String?
    private let limit: Int
    private let poller: Poller
    private let state = Locked(State())

    /// - Parameters:
    ///   - socket: the runner's own, which commands find as `MILLRACE_SOCKET`.
    ///   - limit: commands at once; more are refused. Slots and limits of kinds are for others to keep.
    init(log: Logger, time: any TimeSource, socket: String?, limit: Int = 4096) throws(SystemError) {
        self.log = log
        self.time = time
        self.socket = socket
        self.limit = limit
        poller = try Poller("commands")
        // A command need not read what it is given.
        Signals.ignoreBrokenPipes()
    }

    /// How many commands run.
    var count: Int { state.withLock { $0.runs.count } }

    /// Starts one attempt, without blocking.
    ///
    /// `completion` is called exactly once, on the thread that serves all commands, so it must not block. The command
    /// and all that it started is gone then, but for what the kernel holds.
    func start(
        _ attempt: CommandAttempt, _ definition: CommandDefinition, completion: @escaping Completion
    ) -> CommandHandle {
        let run = CommandRun(attempt, definition, socket: socket, log: log, time: time, poller: poller)
        let refusal = state.withLock { state -> RPCError? in
            if state.isStopping {
                return RPCError(.unavailable, "the runner stops", reason: RPCError.Reason.stopping)
            }
            if state.runs.count >= limit {
                return RPCError(
                    .resourceExhausted, "\(limit) commands run already", reason: "command.tooMany",
                    retryAfterMs: 1000)
            }
            let number = state.next
            state.next += 1
            state.runs[number] = run
            if state.sweeper == nil { state.sweeper = Task { await self.sweep() } }
            run.onThread { run in
                run.begin { outcome in
                    self.forget(number)
                    completion(outcome)
                }
            }
            return nil
        }
        if let refusal { poller.perform { completion(CommandOutcome(result: .failure(refusal))) } }
        return CommandHandle(run: run)
    }

    /// Refuses new commands from now on and ends those that run: TERM, and KILL after their grace, at most `limit`.
    /// Returns when all are completed.
    func stop(within limit: Duration) async {
        let runs = state.withLock { state in
            state.isStopping = true
            return Array(state.runs.values)
        }
        for run in runs { run.onThread { $0.stop(.stopping, grace: limit) } }
        // One that is being ended for another reason may have a longer grace.
        let killer = Task {
            var pause = limit
            while true {
                do { try await time.sleep(for: pause) } catch { return }
                for run in state.withLock({ Array($0.runs.values) }) { run.onThread { $0.kill() } }
                pause = .milliseconds(500)
            }
        }
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if state.runs.isEmpty { return true }
                state.waiters.append(continuation)
                return false
            }
            if isDone { continuation.resume() }
        }
        killer.cancel()
        await killer.value
        let sweeper = state.withLock { $0.sweeper }
        sweeper?.cancel()
        await sweeper?.value
    }

    private func forget(_ number: Int) {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.runs[number] = nil
            guard state.runs.isEmpty else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// While commands run, or something is left of them: looks at their memory, and reaps what they left to us.
    private func sweep() async {
        while true {
            do { try await time.sleep(for: .seconds(1)) } catch { return }
            let isLittered = Orphans.reap() > 0
            let runs = state.withLock { state in
                if state.runs.isEmpty && !isLittered { state.sweeper = nil }
                return state.sweeper == nil ? nil : Array(state.runs.values)
            }
            guard let runs else { return }
            for run in runs { run.onThread { $0.measure() } }
        }
    }
}

/// A command that was started.
struct CommandHandle: Sendable {
    fileprivate let run: CommandRun

    /// TERM to the whole tree, the grace of the definition, KILL; the completion comes as ever. Nothing when it has
    /// ended. A command that has not been started yet is not.
    func cancel() { run.onThread { $0.stop(.cancelled) } }
}
