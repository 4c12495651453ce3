import Linux

/// Exponential back-off with full jitter: attempt n waits a random time up to min(cap, base × multiplier^(n−1)).
///
/// Full jitter spreads callers that failed together over the whole window; see the AWS architecture note "Exponential
/// Backoff And Jitter".
public struct Backoff: Hashable, Sendable {
    /// The window after the first attempt.
    public var base: Duration
    /// No window is wider.
    public var cap: Duration
    /// How much wider each window is than the one before; at least 1.
    public var multiplier: Double

    public init(base: Duration, cap: Duration, multiplier: Double = 2) {
        precondition(base >= .zero && cap >= .zero && multiplier >= 1, "back-off windows never shrink")
        self.base = base
        self.cap = cap
        self.multiplier = multiplier
    }

    /// The longest time that may be waited after `attempt` failed; the first attempt is 1.
    public func window(attempt: Int) -> Duration {
        var window = min(base, cap)
        guard multiplier > 1, window > .zero else { return window }
        for _ in 1..<max(1, attempt) {
            // Multiplied step by step and held at the cap, so that no attempt number overflows.
            if window.seconds * multiplier >= cap.seconds { return cap }
            window = window * multiplier
        }
        return window
    }

    /// A time to wait after `attempt` failed, evenly from zero to the window, in whole nanoseconds.
    public func delay(attempt: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        .nanoseconds(Int64.random(in: 0...window(attempt: attempt).nanoseconds, using: &generator))
    }

    public func delay(attempt: Int) -> Duration {
        var generator = SystemRandomNumberGenerator()
        return delay(attempt: attempt, using: &generator)
    }
}
