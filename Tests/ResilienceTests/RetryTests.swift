import Linux
import Resilience
import TestSupport
import Testing

private struct Failure: Error, Equatable { var number: Int }

@Suite struct RetryTests {
    let time = ManualTime()
    let backoff = Backoff(base: .seconds(1), cap: .seconds(60))

    @Test func aSuccessIsNotRepeated() async throws {
        var attempts: [Int] = []
        let result = try await withRetry(attempts: 5, backoff: backoff, time: time) { attempt in
            attempts.append(attempt)
            return "done"
        }
        #expect(result == "done" && attempts == [1])
    }

    @Test func failuresAreRepeatedAfterTheirWaits() async throws {
        let attempts = Watched<[Int]>([])
        let task = Task { [time, backoff] in
            try await withRetry(attempts: 3, backoff: backoff, time: time) { attempt in
                attempts.update { $0.append(attempt) }
                throw Failure(number: attempt)
            }
        }
        await time.sleepers(atLeast: 1)
        #expect(attempts.value == [1])
        time.advance(by: .seconds(1))
        try await attempts.wait(for: "the second attempt") { $0 == [1, 2] }
        await time.sleepers(atLeast: 1)
        time.advance(by: .seconds(2))
        await #expect(throws: Failure(number: 3)) { try await within { try await task.value } }
        #expect(attempts.value == [1, 2, 3])
    }

    @Test func anErrorThatAnotherAttemptCannotMendIsThrownAtOnce() async {
        await #expect(throws: Failure(number: 1)) {
            try await withRetry(attempts: 9, backoff: backoff, time: time, isTransient: { _ in false }) { attempt in
                throw Failure(number: attempt)
            }
        }
    }

    @Test func noWaitGoesPastTheDeadline() async {
        let deadline = Deadline(after: .zero, time: time)
        await #expect(throws: Failure(number: 1)) {
            try await withRetry(attempts: 9, backoff: backoff, deadline: deadline, time: time) { attempt in
                throw Failure(number: attempt)
            }
        }
    }

    @Test func theErrorSaysWhenNotToComeBefore() async throws {
        let attempts = Watched(0)
        let task = Task { [time] in
            try await withRetry(attempts: 2, backoff: Backoff(base: .zero, cap: .zero), time: time) { attempt in
                attempts.update { $0 = attempt }
                if attempt == 1 { throw RateLimited(resource: "r", retryAfter: .seconds(20)) }
            }
        }
        await time.sleepers(atLeast: 1)
        time.advance(by: .milliseconds(19_999))
        #expect(attempts.value == 1 && time.sleeperCount == 1)
        time.advance(by: .milliseconds(1))
        try await within { try await task.value }
        #expect(attempts.value == 2)
    }

    @Test func whatIsToldPastTheDeadlineIsNotWaitedFor() async {
        let deadline = Deadline(after: .seconds(10), time: time)
        await #expect(throws: RateLimited.self) {
            try await withRetry(attempts: 2, backoff: backoff, deadline: deadline, time: time) { _ in
                throw RateLimited(resource: "r", retryAfter: .seconds(10))
            }
        }
    }

    @Test func withoutBudgetTheLastErrorIsThrown() async throws {
        let budget = Locked(RetryBudget(ratio: 0, perSecond: 0, cap: 2, now: .zero))
        var attempts = 0
        await #expect(throws: Failure(number: 3)) {
            try await withRetry(
                attempts: 9, backoff: Backoff(base: .zero, cap: .zero), budget: budget, time: time
            ) { attempt in
                attempts = attempt
                throw Failure(number: attempt)
            }
        }
        #expect(attempts == 3)
    }

    @Test func cancellingEndsTheWait() async throws {
        let task = Task { [time, backoff] in
            try await withRetry(attempts: 3, backoff: backoff, time: time) { _ in throw Failure(number: 1) }
        }
        await time.sleepers(atLeast: 1)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await within { try await task.value } }
    }
}

@Suite struct DeadlineTests {
    let time = ManualTime(boot: .seconds(100))

    @Test func whatRemainsIsNeverNegative() {
        let deadline = Deadline(after: .seconds(5), time: time)
        #expect(deadline.remaining(time) == .seconds(5))
        time.advance(by: .seconds(5))
        #expect(deadline.remaining(time) == .zero)
        time.advance(by: .seconds(5))
        #expect(deadline.remaining(time) == .zero)
    }

    @Test func aResultInTimeIsGiven() async throws {
        let result = try await withDeadline(Deadline(after: .seconds(5), time: time), time: time) { 7 }
        #expect(result == 7)
        #expect(time.sleeperCount == 0)
    }

    @Test func atTheDeadlineTheWorkIsCancelled() async throws {
        let deadline = Deadline(after: .seconds(5), time: time)
        let cancelled = Watched(false)
        let task = Task { [time] in
            try await withDeadline(deadline, time: time) {
                do {
                    try await time.sleep(for: .seconds(3600))
                } catch {
                    cancelled.update { $0 = true }
                    throw error
                }
            }
        }
        await time.sleepers(atLeast: 2)
        time.advance(by: .seconds(5))
        await #expect(throws: DeadlineExceeded(deadline)) { try await within { try await task.value } }
        #expect(cancelled.value)
    }

    @Test func anErrorOfTheWorkPassesThrough() async {
        await #expect(throws: Failure(number: 2)) {
            try await withDeadline(Deadline(after: .seconds(5), time: time), time: time) { () async throws -> Int in
                throw Failure(number: 2)
            }
        }
    }
}
