/// A budget that refills steadily: so many tokens a second, at most `burst` of them saved up.
///
/// In any time span t no more than burst + rate × t tokens are taken. Exact: whole nanoseconds, no floating point, so a
/// bucket that is asked a billion times does not drift. A value; the owner guards it and passes the time in.
public struct TokenBucket: Hashable, Sendable {
    /// Between two tokens; at least 1 ns.
    public let interval: Duration
    /// Tokens that can be saved up; at least 1.
    public let burst: Int
    /// When the bucket would be full again if nothing more were taken. "Empty" is burst × interval ahead of now.
    private var fullAt: Duration

    /// Full at `now`.
    ///
    /// - Parameter rate: tokens a second, 0.001 to 1,000,000.
    public init(rate: Double, burst: Int, now: Duration) {
        precondition(rate >= 0.001 && rate <= 1_000_000, "a rate is 0.001 to 1,000,000 a second")
        precondition(burst >= 1, "a burst is at least 1")
        interval = .nanoseconds(Int64((1_000_000_000 / rate).rounded(.up)))
        self.burst = burst
        fullAt = now
    }

    /// Whole tokens there are now.
    public func tokens(at now: Duration) -> Int {
        let missing = max(.zero, fullAt - now)
        return burst - Int((missing + interval - .nanoseconds(1)) / interval)
    }

    /// Takes one token, if there is one.
    public mutating func take(at now: Duration) -> Bool {
        guard tokens(at: now) >= 1 else { return false }
        fullAt = max(fullAt, now) + interval
        return true
    }

    /// When the next token can be taken; not later than `now` when there is one.
    public func nextToken(at now: Duration) -> Duration {
        max(now, fullAt - interval * (burst - 1))
    }

    /// Puts back a token that was taken and not used.
    public mutating func giveBack() {
        fullAt -= interval
    }

    /// The same budget under other numbers; what was taken stays taken.
    public func changed(rate: Double, burst: Int, now: Duration) -> TokenBucket {
        var changed = TokenBucket(rate: rate, burst: burst, now: now)
        let missing = min(self.burst - tokens(at: now), burst)
        changed.fullAt = now + changed.interval * max(0, missing)
        return changed
    }
}
