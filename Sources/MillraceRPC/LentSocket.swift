import Glibc
import Linux

/// A second descriptor for a channel's socket, for threads other than the event loop's: it is made for the first of them that
/// wants to send, and closed when none has sent for a while, so that a connection that says nothing takes one descriptor.
struct LentSocket: Sendable {
    private final class Loan: Sendable {
        let socket: Descriptor
        private let budget: SharedBudget

        /// Nil where no more are lent, or the process may open no more.
        init?(_ original: Int32, within budget: SharedBudget) {
            let duplicate = budget.add(1) ? fcntl(original, F_DUPFD_CLOEXEC, 3) : -1
            guard duplicate >= 0 else {
                budget.add(-1)
                return nil
            }
            socket = Descriptor(duplicate)
            self.budget = budget
        }

        deinit { budget.add(-1) }
    }

    private struct State {
        var loan: Loan?
        var isUsed = false
        var isOver = false
    }

    private let state = Locked(State())
    private let budget: SharedBudget

    init(within budget: SharedBudget) { self.budget = budget }

    /// The descriptor, open for as long as the caller keeps it; nil when there is none.
    func use() -> Descriptor? {
        state.withLock { state in
            state.isUsed = true
            return state.loan?.socket
        }
    }

    /// - Parameter socket: open until this returns.
    /// - Returns: whether there is a new one now.
    func lend(_ socket: Int32) -> Bool {
        state.withLock { state in
            guard !state.isOver, state.loan == nil else { return false }
            state.loan = Loan(socket, within: budget)
            return state.loan != nil
        }
    }

    /// - Returns: false when it was used since the last time.
    func takeBack() -> Bool {
        state.withLock { state in
            defer { state.isUsed = false }
            if !state.isUsed { state.loan = nil }
            return !state.isUsed
        }
    }

    /// Wakes whoever sends over it, and lets the peer know.
    func hangUp() {
        state.withLock { state in
            if let loan = state.loan { SocketWriter.hangUp(loan.socket.raw) }
        }
    }

    /// Hangs up; there will be none any more.
    func end() {
        hangUp()
        state.withLock { state in
            state.loan = nil
            state.isOver = true
        }
    }
}
