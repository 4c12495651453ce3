/// Keeps callers away from a dependency that fails: after so many consecutive failures it is left alone for a while, then
/// one trial decides.
///
/// A value; the owner guards it and passes the time in. Every admission is a ticket; results are told with it, so that
/// an answer that belongs to an earlier state changes nothing.
public struct CircuitBreaker: Hashable, Sendable {
    public enum State: Hashable, Sendable {
        /// Calls pass.
        case closed
        /// Calls are refused until then.
        case open(until: Duration)
        /// One trial is under way.
        case halfOpen
        /// By hand, until told otherwise.
        case forcedOpen, forcedClosed
    }

    /// Leave to make one call.
    public struct Ticket: Hashable, Sendable {
        let generation: Int
        let isTrial: Bool
    }

    /// Consecutive failures that open it.
    public let threshold: Int
    /// How long it stays open.
    public let pause: Duration
    /// A trial that tells nothing for so long counts as failed, so that it is never stuck half open.
    public let trialTimeout: Duration

    public private(set) var state = State.closed
    /// Failures since the last success; while it is open, those that opened it.
    public private(set) var failures = 0
    /// Changes with every change of state.
    private var generation = 0
    private var trialEndsAt: Duration?

    public init(threshold: Int = 5, pause: Duration = .seconds(30), trialTimeout: Duration = .seconds(60)) {
        precondition(threshold >= 1 && pause > .zero && trialTimeout > .zero)
        self.threshold = threshold
        self.pause = pause
        self.trialTimeout = trialTimeout
    }

    /// The generation while all is well: whoever asks is admitted and a success changes nothing. Otherwise nil.
    var calm: Int? { state == .closed && failures == 0 ? generation : nil }

    /// Leave to call, or nil: then ``retryAfter(_:)`` says how long to stay away.
    public mutating func admit(_ now: Duration) -> Ticket? {
        switch state {
        case .closed, .forcedClosed: return Ticket(generation: generation, isTrial: false)
        case .forcedOpen: return nil
        case .open(let until):
            guard now >= until else { return nil }
            change(.halfOpen)
            trialEndsAt = now + trialTimeout
            return Ticket(generation: generation, isTrial: true)
        case .halfOpen:
            guard let end = trialEndsAt, now >= end else { return nil }
            open(now)
            return nil
        }
    }

    /// What became of a call. The time is asked for only when it matters.
    public mutating func report(_ ticket: Ticket, succeeded: Bool, _ now: @autoclosure () -> Duration) {
        guard ticket.generation == generation else { return }
        switch state {
        case .closed:
            failures = succeeded ? 0 : failures + 1
            if failures >= threshold { open(now()) }
        case .halfOpen where ticket.isTrial:
            if succeeded {
                failures = 0
                change(.closed)
            } else {
                open(now())
            }
        default: break
        }
    }

    /// A call that was not made after all: neither success nor failure. A trial may then be made by another.
    public mutating func withdraw(_ ticket: Ticket, _ now: Duration) {
        guard ticket.generation == generation, ticket.isTrial, state == .halfOpen else { return }
        change(.open(until: now))
    }

    /// How long it stays shut; nil when a call may pass or only a hand opens it.
    public func retryAfter(_ now: Duration) -> Duration? {
        switch state {
        case .open(let until): until > now ? until - now : nil
        case .halfOpen: trialEndsAt.map { max(.zero, $0 - now) }
        case .closed, .forcedOpen, .forcedClosed: nil
        }
    }

    /// Shuts it, or lets everything pass, until ``reset()``.
    public mutating func force(open: Bool) {
        change(open ? .forcedOpen : .forcedClosed)
    }

    /// Closed, as if new.
    public mutating func reset() {
        failures = 0
        change(.closed)
    }

    private mutating func open(_ now: Duration) {
        change(.open(until: now + pause))
    }

    private mutating func change(_ new: State) {
        state = new
        generation += 1
        trialEndsAt = nil
    }
}
