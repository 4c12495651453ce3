import Resilience

/// A token bucket for calls whose end is told: the token of a call starts to come back when the call is over.
///
/// A call reaches its system at some time between its permit and its end. Counted from the permit, calls that were held up
/// on their way would arrive together with later ones, and the system would see more than burst + rate × t. What is
/// counted from the end cannot be seen too early. A call is waited for no longer than ``grace(_:)``, so that long calls cost
/// nothing of the rate.
struct CallBudget: Sendable {
    private(set) var bucket: TokenBucket
    private var held: [Int64: (tokens: Int, until: Duration)] = [:]
    /// Those of ``held`` and some that have ended, by how long they are waited for.
    private var order: [Int64] = []
    private var heldTokens = 0

    /// - Parameter used: whether somebody may just have used it: then what comes back within a minute is not there yet. Else
    ///   all tokens are there.
    init(rate: Double, burst: Int, used: Bool = false, now: Duration) {
        bucket = TokenBucket(rate: rate, burst: burst, now: now)
        if used { bucket.keep(Int(min(rate * 60, Double(burst))), at: now) }
    }

    private init(_ bucket: TokenBucket) { self.bucket = bucket }

    var burst: Int { bucket.burst }

    /// (burst − tokens) ÷ rate: the longest for which the rate is kept up by calls that never end.
    private func grace(_ tokens: Int) -> Duration { bucket.interval * (burst - tokens) }

    /// Whole tokens there are now.
    func tokens(at now: Duration) -> Int { settled(now).bucket.tokens(at: now) }

    /// Takes tokens, or none when there are fewer. They start to come back at once; for a permit when it ends.
    mutating func take(_ count: Int = 1, for permit: Int64? = nil, at now: Duration) -> Bool {
        settle(now)
        guard bucket.take(count, at: now) else { return false }
        if let permit, count < burst {
            let until = now + grace(count)
            let place = order.lastIndex { held[$0].map { $0.until <= until } ?? false } ?? -1
            held[permit] = (count, until)
            order.insert(permit, at: place + 1)
            heldTokens += count
        }
        return true
    }

    /// The call of a permit is over; it may have been made at any time until now.
    mutating func end(_ permit: Int64, at now: Duration) {
        settle(now)
        drop(permit)
    }

    /// The call of a permit was not made.
    mutating func giveBack(_ permit: Int64, tokens: Int, at now: Duration) {
        settle(now)
        drop(permit)
        bucket.giveBack(tokens)
    }

    /// When the next `count` tokens can be taken, or not before; not later than `now` when they are there.
    func nextToken(_ count: Int = 1, at now: Duration) -> Duration {
        let state = settled(now)
        let next = state.bucket.nextToken(count, at: now)
        guard count > burst - state.heldTokens, let first = state.order.first, let call = state.held[first] else {
            return next
        }
        return max(next, call.until)
    }

    /// The same budget under other numbers. What was taken stays taken; calls under way count as made.
    func changed(rate: Double, burst: Int, now: Duration) -> CallBudget {
        CallBudget(settled(now).bucket.changed(rate: rate, burst: burst, now: now))
    }

    private func settled(_ now: Duration) -> CallBudget {
        var copy = self
        copy.settle(now)
        return copy
    }

    /// Lets go of calls that were waited for long enough, each at its time.
    private mutating func settle(_ now: Duration) {
        var gone = 0
        for permit in order {
            guard let call = held[permit] else {
                gone += 1
                continue
            }
            guard call.until <= now else { break }
            bucket.keep(heldTokens, at: call.until)
            drop(permit)
            gone += 1
        }
        if gone > 0 { order.removeFirst(gone) }
        if heldTokens > 0 { bucket.keep(heldTokens, at: now) }
    }

    private mutating func drop(_ permit: Int64) {
        if let call = held.removeValue(forKey: permit) { heldTokens -= call.tokens }
    }
}
