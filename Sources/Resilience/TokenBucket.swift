import Linux

/// A budget that refills steadily: so many tokens a second, at most `burst` of them saved up.
///
/// In any time span t no more than burst + rate × t tokens are taken. Exact: whole nanoseconds, no floating point, so a
/// bucket that is asked a billion times does not drift. A value; the owner guards it and passes the time in.
public struct TokenBucket: Hashable, Sendable {
    /// Between two tokens; at least 1 ns.
    public var interval: Duration { .nanoseconds(step) }
    /// Tokens that can be saved up; 1 to 1,000,000.
    public let burst: Int
    private let step: Int64
    /// When the bucket would be full again if nothing more were taken. "Empty" is burst × interval ahead of now.
    private var fullAt: Int64

    /// Full at `now`.
    ///
    /// - Parameter rate: tokens a second, 0.001 to 1,000,000.
    public init(rate: Double, burst: Int, now: Duration) {
        precondition(rate >= 0.001 && rate <= 1_000_000, "a rate is 0.001 to 1,000,000 a second")
        precondition(burst >= 1 && burst <= 1_000_000, "a burst is 1 to 1,000,000")
        // At most 10^12 ns, so that burst × interval stays below 2^63 ns.
        step = Int64((1_000_000_000 / rate).rounded(.up))
        self.burst = burst
        fullAt = now.nanoseconds
    }

    /// Whole tokens there are now.
    public func tokens(at now: Duration) -> Int {
        let missing = max(0, fullAt - now.nanoseconds)
        return burst - Int((missing + step - 1) / step)
    }

    /// Takes `count` tokens, or none when there are fewer.
    ///
    /// - Parameter count: 1 to ``burst``; more than the burst can never be taken at once.
    public mutating func take(_ count: Int = 1, at now: Duration) -> Bool {
        precondition(count >= 1 && count <= burst, "takes 1 to \(burst) tokens at once")
        let now = now.nanoseconds
        let full = max(fullAt, now) + step * Int64(count)
        guard full - now <= step * Int64(burst) else { return false }
        fullAt = full
        return true
    }

    /// When the next `count` tokens can be taken; not later than `now` when they are there.
    ///
    /// A count above the burst tells when the last of them will have come, if they are taken one after the other.
    public func nextToken(_ count: Int = 1, at now: Duration) -> Duration {
        max(now, .nanoseconds(fullAt - step * Int64(burst - count)))
    }

    /// So many of the tokens that were taken are still held at `now`: none of these has begun to come back.
    ///
    /// Said whenever what is held is about to change, it makes the budget one for calls that reach where they go at some
    /// time while their token is held: then burst + rate × t holds for them as well, however long they were on their way.
    public mutating func keep(_ held: Int, at now: Duration) {
        fullAt = max(fullAt, now.nanoseconds + step * Int64(held))
    }

    /// Puts back tokens that were taken and not used.
    public mutating func giveBack(_ count: Int = 1) {
        fullAt -= step * Int64(count)
    }

    /// The same budget under other numbers; what was taken stays taken, and what has come of the next token stays too.
    public func changed(rate: Double, burst: Int, now: Duration) -> TokenBucket {
        var changed = TokenBucket(rate: rate, burst: burst, now: now)
        let missing = max(0, fullAt - now.nanoseconds)
        let (tokens, part) = missing.quotientAndRemainder(dividingBy: step)
        let product = part.multipliedFullWidth(by: changed.step)
        // part < step, so the quotient is below the new step.
        let rest = step.dividingFullWidth(product)
        let scaled = tokens >= Int64(burst) ? changed.step * Int64(burst) : changed.step * tokens + rest.quotient
        changed.fullAt += min(scaled + (rest.remainder > 0 ? 1 : 0), changed.step * Int64(burst))
        return changed
    }
}
