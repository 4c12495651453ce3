public import Linux

/// How often and when a failed call is made again.
public struct RetryPolicy: Sendable {
    /// Attempts in all, at least 1.
    public var attempts: Int
    public var backoff: Backoff
    /// Shared by all calls under the policy.
    public var budget: Locked<RetryBudget>?
    /// Whether another attempt can help.
    public var isTransient: @Sendable (any Error) -> Bool

    public init(
        attempts: Int = 3, backoff: Backoff = Backoff(base: .seconds(1), cap: .seconds(10)),
        budget: Locked<RetryBudget>? = nil, isTransient: @escaping @Sendable (any Error) -> Bool
    ) {
        precondition(attempts >= 1, "at least one attempt")
        self.attempts = attempts
        self.backoff = backoff
        self.budget = budget
        self.isTransient = isTransient
    }
}

/// One attempt of a call under a ``ResiliencePolicy``.
public struct Attempt: Hashable, Sendable {
    /// From 1.
    public let number: Int
    /// When the call is cancelled; to be passed on to what it calls.
    public let deadline: Deadline?
}

/// Guards the calls of one dependency: a deadline around all, in it retries, in each the breaker, a place and a token.
///
/// A call is refused by an open breaker before it waits for anything. If it has to wait, it asks the breaker again
/// afterwards, so that nobody waits while on trial and nobody calls what broke in the meantime. What is refused without
/// having been called says nothing of the dependency; what the deadline cancels counts as its failure. Parts that are
/// nil are left out; breaker, bulkhead and rate may be shared with other policies.
public final class ResiliencePolicy: Sendable {
    public let timeout: Duration?
    public let retry: RetryPolicy?
    public let breaker: Breaker?
    public let bulkhead: Bulkhead<String>?
    public let rate: RateLimiter?
    private let time: any TimeSource
    private let timeouts: Timeouts

    /// - Parameter timeout: for the call with all its waits and attempts.
    public init(
        timeout: Duration? = nil, retry: RetryPolicy? = nil, breaker: Breaker? = nil,
        bulkhead: Bulkhead<String>? = nil, rate: RateLimiter? = nil, time: any TimeSource
    ) {
        self.timeout = timeout
        self.retry = retry
        self.breaker = breaker
        self.bulkhead = bulkhead
        self.rate = rate
        self.time = time
        timeouts = Timeouts(time: time)
    }

    /// - Parameters:
    ///   - key: whose places in the bulkhead are taken.
    ///   - body: must heed cancellation; one that does not is waited for.
    /// - Throws: ``DeadlineExceeded``, ``BreakerOpen``, ``BulkheadFull``, ``RateLimited``, `CancellationError`, or what
    ///   the last attempt threw.
    public func call<R: Sendable>(
        key: String = "", isolation: isolated (any Actor)? = #isolation,
        _ body: @escaping @Sendable (Attempt) async throws -> R
    ) async throws -> R {
        guard let timeout else { return try await attempts(key, nil, body) }
        return try await timeouts.run(until: Deadline(after: timeout, time: time)) { work in
            try await self.attempts(key, work, body)
        }
    }

    private func attempts<R: Sendable>(
        _ key: String, _ work: TimedWork?, isolation: isolated (any Actor)? = #isolation,
        _ body: @Sendable (Attempt) async throws -> R
    ) async throws -> R {
        guard let retry else { return try await attempt(1, key, work, body) }
        return try await withRetry(
            attempts: retry.attempts, backoff: retry.backoff, deadline: work?.deadline, budget: retry.budget,
            time: time, isTransient: retry.isTransient
        ) { number in
            try await attempt(number, key, work, body)
        }
    }

    private func attempt<R: Sendable>(
        _ number: Int, _ key: String, _ work: TimedWork?, isolation: isolated (any Actor)? = #isolation,
        _ body: @Sendable (Attempt) async throws -> R
    ) async throws -> R {
        let now = time.boot()
        let deadline = work?.deadline
        var ticket = try breaker?.admit(at: now)
        var place = bulkhead?.take(key, at: now)
        defer { if let place { bulkhead?.leave(place) } }
        if let bulkhead, place == nil {
            withdraw(&ticket)
            place = try await bulkhead.enter(key, deadline: deadline)
        }
        if let rate, !rate.take(1, at: now) {
            withdraw(&ticket)
            try await rate.acquire(deadline: deadline)
        }
        guard let breaker else { return try await body(Attempt(number: number, deadline: deadline)) }
        let leave = try ticket ?? admitAfterWaiting(breaker)
        do {
            let result = try await body(Attempt(number: number, deadline: deadline))
            breaker.report(leave, .healthy)
            return result
        } catch {
            let verdict = breaker.verdict(error)
            breaker.report(leave, verdict == .unknown && work?.isLate == true ? .failed : verdict)
            throw error
        }
    }

    private func withdraw(_ ticket: inout CircuitBreaker.Ticket?) {
        if let withdrawn = ticket { breaker?.report(withdrawn, .unknown) }
        ticket = nil
    }

    private func admitAfterWaiting(_ breaker: Breaker) throws(BreakerOpen) -> CircuitBreaker.Ticket {
        do {
            return try breaker.admit()
        } catch {
            rate?.giveBack()
            throw error
        }
    }
}
