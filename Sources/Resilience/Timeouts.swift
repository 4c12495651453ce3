import Linux
import Synchronization

/// Work that is cancelled when its deadline has passed.
@usableFromInline
final class TimedWork: Sendable {
    @usableFromInline let deadline: Deadline
    private let late = Atomic(false)
    private let finished = Atomic(false)

    @usableFromInline
    init(_ deadline: Deadline) {
        self.deadline = deadline
    }

    /// Whether the deadline passed before the work had ended.
    @usableFromInline var isLate: Bool { late.load(ordering: .acquiring) }

    @usableFromInline var isFinished: Bool { finished.load(ordering: .acquiring) }

    /// Says that there is nothing left to wait for.
    @usableFromInline
    func finish() { finished.store(true, ordering: .releasing) }

    fileprivate func expire() { late.store(true, ordering: .releasing) }
}

/// Deadlines of any number of calls, watched by one sleeper.
///
/// Like ``withDeadline(_:time:_:)``, at a fraction of its cost: the work starts on its caller's thread, in a task of its
/// own only so that it can be cancelled alone, and no second task sleeps for it.
@usableFromInline
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

    /// Waits for the end of a task; at the deadline cancels it and throws ``DeadlineExceeded`` once it has ended.
    @usableFromInline
    nonisolated(nonsending) func value<R: Sendable>(of task: Task<R, any Error>, _ work: TimedWork) async throws -> R {
        let position = timers.add(Overdue(work: work) { task.cancel() }, at: work.deadline.instant)
        defer { timers.remove(position) }
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch {
            throw work.isLate ? DeadlineExceeded(work.deadline) : error
        }
    }
}
