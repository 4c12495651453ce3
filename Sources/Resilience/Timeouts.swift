import Linux
import Synchronization

/// Work that is cancelled when its deadline has passed.
final class TimedWork: Sendable {
    let deadline: Deadline
    private let late = Atomic(false)
    private let finished = Atomic(false)

    init(_ deadline: Deadline) {
        self.deadline = deadline
    }

    /// Whether the deadline passed before the work had ended.
    var isLate: Bool { late.load(ordering: .acquiring) }

    fileprivate var isFinished: Bool { finished.load(ordering: .acquiring) }

    fileprivate func finish() { finished.store(true, ordering: .releasing) }

    fileprivate func expire() { late.store(true, ordering: .releasing) }
}

/// Deadlines of any number of calls, watched by one sleeper.
///
/// Like ``withDeadline(_:time:_:)``, at a fraction of its cost: the work starts on its caller's thread, in a task of its
/// own only so that it can be cancelled alone, and no second task sleeps for it.
final class Timeouts: Sendable {
    private struct Overdue: Sendable {
        let work: TimedWork
        let cancel: @Sendable () -> Void
    }

    private let timers: Timers<Overdue>

    init(time: any TimeSource) {
        timers = Timers(time: time) { overdue in
            overdue.work.expire()
            overdue.cancel()
        }
    }

    /// Runs `body`; at the deadline cancels it and throws ``DeadlineExceeded``. The body has ended when this returns.
    func run<R: Sendable>(
        until deadline: Deadline, isolation: isolated (any Actor)? = #isolation,
        _ body: @escaping @Sendable (TimedWork) async throws -> R
    ) async throws -> R {
        try Task.checkCancellation()
        let work = TimedWork(deadline)
        let task = Task.immediate {
            defer { work.finish() }
            return try await body(work)
        }
        if work.isFinished { return try await task.value }
        let position = timers.add(Overdue(work: work) { task.cancel() }, at: deadline.instant)
        defer { timers.remove(position) }
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch {
            throw work.isLate ? DeadlineExceeded(deadline) : error
        }
    }

    /// How many calls are watched.
    var count: Int { timers.count }
}
