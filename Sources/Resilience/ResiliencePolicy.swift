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

    @inlinable
    public init(number: Int, deadline: Deadline?) {
        self.number = number
        self.deadline = deadline
    }
}

/// Guards the calls of one dependency: a deadline around all, in it retries, in each the breaker, a place and a token.
///
/// A call is refused by an open breaker before it waits for anything. If it has to wait, it asks the breaker again
/// afterwards, so that no trial stands in line and nobody calls what broke in the meantime. What is refused without
/// having been called says nothing of the dependency; what the deadline cancels counts as its failure. Parts that are
/// nil are left out; breaker, bulkhead and rate may be shared with other policies.
public final class ResiliencePolicy: Sendable {
    public let timeout: Duration?
    public let retry: RetryPolicy?
    public let breaker: Breaker?
    public let bulkhead: Bulkhead<String>?
    public let rate: RateLimiter?
    @usableFromInline let time: any TimeSource
    @usableFromInline let timeouts: Timeouts

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
    @inlinable
    public nonisolated(nonsending) func call<R: Sendable>(
        key: String = "", _ body: nonisolated(nonsending) @escaping @Sendable (Attempt) async throws -> R
    ) async throws -> R {
        var now = time.boot()
        let deadline = timeout.map { Deadline(instant: now + $0) }
        retry?.budget?.withLock { $0.earn() }
        var number = 1
        while true {
            do {
                try Task.checkCancellation()
                let pass = if let pass = try enterAtOnce(key, now) { pass } else { try await enter(key, deadline) }
                let attempt = Attempt(number: number, deadline: deadline)
                let work = deadline.map(TimedWork.init)
                do {
                    let result: R
                    if let work {
                        // Around the body alone: whatever else waits here keeps the deadline by itself.
                        let task = Task.immediate {
                            defer { work.finish() }
                            return try await body(attempt)
                        }
                        // Work that did not have to wait has ended by now.
                        result = try await work.isFinished ? task.value : timeouts.value(of: task, work)
                    } else {
                        result = try await body(attempt)
                    }
                    leave(pass, .healthy)
                    return result
                } catch {
                    leave(pass, verdict(error, work))
                    throw error
                }
            } catch {
                try await pause(after: error, number, deadline)
                number += 1
                now = time.boot()
            }
        }
    }

    /// Leave to make one attempt.
    @usableFromInline
    struct Pass {
        @usableFromInline var ticket: CircuitBreaker.Ticket?
        @usableFromInline var place: Bulkhead<String>.Place?
    }

    /// Waits until the next attempt may be made; throws `error` when there must be none.
    @usableFromInline
    nonisolated(nonsending) func pause(after error: any Error, _ number: Int, _ deadline: Deadline?) async throws {
        guard let retry, number < retry.attempts, retry.isTransient(error) else { throw error }
        let wait = RetryWait(attempt: number, backoff: retry.backoff, deadline: deadline, time: time)
        try await wait.pause(after: error, (error as? any RetryAfterError)?.retryAfter, retry.budget)
    }

    @usableFromInline
    func verdict(_ error: any Error, _ work: TimedWork?) -> Breaker.Verdict {
        let verdict = breaker?.verdict(error) ?? .unknown
        return verdict == .unknown && work?.isLate == true ? .failed : verdict
    }

    /// Nil when something has to be waited for.
    @usableFromInline
    func enterAtOnce(_ key: String, _ now: Duration) throws(BreakerOpen) -> Pass? {
        var pass = Pass()
        pass.ticket = try breaker?.admit(at: now)
        if let bulkhead {
            pass.place = bulkhead.take(key, at: now)
            if pass.place == nil {
                leave(pass, .unknown)
                return nil
            }
        }
        if let rate, !rate.take(1, at: now) {
            leave(pass, .unknown)
            return nil
        }
        return pass
    }

    @usableFromInline
    nonisolated(nonsending) func enter(_ key: String, _ deadline: Deadline?) async throws -> Pass {
        var pass = Pass()
        pass.place = try await bulkhead?.enter(key, deadline: deadline)
        do {
            try await rate?.acquire(deadline: deadline)
            do {
                pass.ticket = try breaker?.admit()
            } catch {
                rate?.giveBack()
                throw error
            }
        } catch {
            leave(pass, .unknown)
            throw error
        }
        return pass
    }

    @usableFromInline
    func leave(_ pass: Pass, _ verdict: Breaker.Verdict) {
        if let ticket = pass.ticket { breaker?.report(ticket, verdict) }
        if let place = pass.place { bulkhead?.leave(place) }
    }
}
