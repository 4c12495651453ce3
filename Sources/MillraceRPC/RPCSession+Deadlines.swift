import Linux
import MillraceProtocol

/// Deadlines in both directions. The transport wakes the session at the earliest only; a wake that comes too early, or
/// for a call that is over, costs a look at the list.
extension RPCSession {
    /// A wish to be woken, uttered outside the lock.
    struct Wake: Sendable {
        let transport: any SessionTransport
        let instant: Duration

        func callAsFunction() { transport.wake(at: instant) }
    }

    /// Answers what is past its deadline and stops its handlers.
    func timePassed() {
        let now = time.boot()
        var wake: Wake?
        let (late, given) = state.withLock { state -> ([IncomingCall], [OutgoingCall]) in
            state.wakeAt = nil
            var late: [IncomingCall] = [], given: [OutgoingCall] = []
            var next: Duration?
            if let leaveUntil = state.leaveUntil {
                if leaveUntil <= now { state.leaveUntil = nil } else { next = leaveUntil }
            }
            for call in state.running where !call.isAnswered {
                guard let deadline = call.deadline else { continue }
                if deadline <= now { late.append(call) } else { next = min(next ?? deadline, deadline) }
            }
            for (id, call) in state.outgoing {
                guard let deadline = call.deadline else { continue }
                if deadline <= now {
                    given.append(call)
                    state.outgoing[id] = nil
                } else {
                    next = min(next ?? deadline, deadline)
                }
            }
            // Not more often than each millisecond, however the deadlines lie.
            if let next { wake = state.wake(by: max(next, now + .milliseconds(1))) }
            return (late, given)
        }
        wake?()
        for call in late {
            answer(call, failing: Self.pastDeadline)
            stop(call)
        }
        for call in given { call.completion(.error(Self.pastDeadline)) }
        closeIfFinished()
    }
}

extension RPCSession.State {
    /// The wish to utter so that the session is awake at `deadline`; nil when an earlier one serves.
    mutating func wake(by deadline: Duration) -> RPCSession.Wake? {
        if let wakeAt, wakeAt <= deadline { return nil }
        guard let transport else { return nil }
        wakeAt = deadline
        return RPCSession.Wake(transport: transport, instant: deadline)
    }
}
