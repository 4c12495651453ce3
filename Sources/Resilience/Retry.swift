public import Linux

/// Runs `body` until it succeeds, at most `attempts` times, waiting with jitter after each failure.
///
/// - Parameters:
///   - deadline: no wait goes past it; the failure of the last attempt is thrown instead.
///   - budget: shared by the callers of one dependency; when it is used up the failure is thrown instead.
///   - isTransient: whether another attempt can help; an error for which it is false is thrown at once.
///   - retryAfter: what the error tells of when; the jitter is waited on top of it, so that those who were told the same
///     do not come together.
///   - body: gets the number of its attempt, from 1.
/// - Throws: the error of the last attempt, or `CancellationError` when cancelled while waiting.
public func withRetry<R: Sendable>(
    attempts: Int, backoff: Backoff, deadline: Deadline? = nil, budget: Locked<RetryBudget>? = nil,
    time: any TimeSource, isTransient: (any Error) -> Bool = { !($0 is CancellationError) },
    retryAfter: (any Error) -> Duration? = { ($0 as? any RetryAfterError)?.retryAfter },
    isolation: isolated (any Actor)? = #isolation, _ body: (_ attempt: Int) async throws -> R
) async throws -> R {
    precondition(attempts >= 1, "at least one attempt")
    budget?.withLock { $0.earn() }
    var attempt = 1
    while true {
        do {
            return try await body(attempt)
        } catch {
            guard attempt < attempts, isTransient(error) else { throw error }
            let wait = RetryWait(attempt: attempt, backoff: backoff, deadline: deadline, time: time)
            try await wait.pause(after: error, retryAfter(error), budget)
            attempt += 1
        }
    }
}

/// The time between a failed attempt and the next.
struct RetryWait {
    /// The one that failed.
    let attempt: Int
    let backoff: Backoff
    let deadline: Deadline?
    let time: any TimeSource

    /// Waits until the next attempt may be made; throws `error` when there must be none.
    nonisolated(nonsending) func pause(
        after error: any Error, _ retryAfter: Duration?, _ budget: Locked<RetryBudget>?
    ) async throws {
        let now = time.boot()
        let wake = now + max(.zero, retryAfter ?? .zero) + backoff.delay(attempt: attempt)
        if Task.isCancelled { throw error }
        if let deadline, wake >= deadline.instant { throw error }
        if let budget, !budget.withLock({ $0.take(at: now) }) { throw error }
        try await time.sleep(until: wake)
    }
}
