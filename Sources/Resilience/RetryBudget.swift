import Linux

/// Bounds retries to a share of the calls, so that a dependency in trouble is not met with several times its load.
///
/// Each first attempt and each second earn a part of a token, a retry takes a whole one. The share is what protects under
/// load; the tokens by time let a caller that calls rarely retry at all. By default 20 % and one a second, at most ten
/// saved up: a caller of ten calls a second may retry three of them, one of a call a minute every one.
///
/// Exact: integers in units of 10^-12 token, so it does not drift. A value; the owner guards it and passes the time in.
public struct RetryBudget: Hashable, Sendable {
    private static let token: Int64 = 1_000_000_000_000

    private let perAttempt: Int64
    private let perNanosecond: Int64
    private let cap: Int64
    private var balance: Int64
    private var countedTo: Int64

    /// Full at `now`.
    ///
    /// - Parameters:
    ///   - ratio: tokens earned by a first attempt, 0 to 1, in thousandths.
    ///   - perSecond: tokens earned by a second, 0 to 1000, in thousandths.
    ///   - cap: tokens that can be saved up, 1 to 1,000,000.
    public init(ratio: Double = 0.2, perSecond: Double = 1, cap: Int = 10, now: Duration) {
        precondition(ratio >= 0 && ratio <= 1, "a ratio is 0 to 1")
        precondition(perSecond >= 0 && perSecond <= 1000, "tokens a second are 0 to 1000")
        precondition(cap >= 1 && cap <= 1_000_000, "1 to 1,000,000 tokens are saved up")
        perAttempt = Int64((ratio * 1000).rounded()) * (Self.token / 1000)
        // A thousandth of a token a second is 10^9 units in 10^9 nanoseconds.
        perNanosecond = Int64((perSecond * 1000).rounded())
        self.cap = Int64(cap) * Self.token
        balance = self.cap
        countedTo = now.nanoseconds
    }

    /// Notes a first attempt.
    public mutating func earn() {
        balance = min(cap, balance + perAttempt)
    }

    /// Takes a token for a retry, if there is one.
    public mutating func take(at now: Duration) -> Bool {
        count(to: now.nanoseconds)
        guard balance >= Self.token else { return false }
        balance -= Self.token
        return true
    }

    /// Whole tokens there are now.
    public func tokens(at now: Duration) -> Int {
        var counted = self
        counted.count(to: now.nanoseconds)
        return Int(counted.balance / Self.token)
    }

    private mutating func count(to now: Int64) {
        guard now > countedTo else { return }
        let (earned, overflow) = (now - countedTo).multipliedReportingOverflow(by: perNanosecond)
        countedTo = now
        balance = overflow || earned >= cap - balance ? cap : balance + earned
    }
}
