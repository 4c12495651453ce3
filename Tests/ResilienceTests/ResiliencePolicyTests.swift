import Linux
import Resilience
import TestSupport
import Testing

private struct Failure: Error, Equatable { var number: Int }

@Suite struct ResiliencePolicyTests {
    let time = ManualTime()

    private func all(
        timeout: Duration = .seconds(30), attempts: Int = 3, breaker: Breaker? = nil,
        bulkhead: Bulkhead<String>? = nil, rate: RateLimiter? = nil
    ) -> ResiliencePolicy {
        ResiliencePolicy(
            timeout: timeout,
            retry: RetryPolicy(attempts: attempts, backoff: Backoff(base: .zero, cap: .zero)) { $0 is Failure },
            breaker: breaker ?? Breaker("mail", time: time), bulkhead: bulkhead ?? Bulkhead(time: time),
            rate: rate ?? RateLimiter("mail", rate: 10, burst: 10, time: time), time: time)
    }

    @Test func aCallThatSucceedsLeavesNothingBehind() async throws {
        let policy = all()
        let result = try await policy.call(key: "k") { attempt in
            #expect(attempt == Attempt(number: 1, deadline: Deadline(instant: .seconds(30))))
            #expect(policy.bulkhead?.inside("k") == 1 && policy.rate?.tokens == 9)
            return 7
        }
        #expect(result == 7)
        #expect(policy.bulkhead?.keys == 0 && time.sleeperCount == 0)
    }

    @Test func everyAttemptTakesAPlaceAndATokenAndIsReported() async throws {
        let policy = all(attempts: 9)
        let seen = Watched<[Int]>([])
        let result = try await within { [policy] in
            try await policy.call { attempt in
                seen.update { $0.append(attempt.number) }
                await Task.yield()
                if attempt.number < 4 { throw Failure(number: attempt.number) }
                return "done"
            }
        }
        #expect(result == "done" && seen.value == [1, 2, 3, 4])
        #expect(policy.rate?.tokens == 6 && policy.breaker?.failures == 0 && policy.bulkhead?.keys == 0)
    }

    @Test func theBreakerEndsTheRetries() async throws {
        let policy = all(attempts: 100)
        await #expect(throws: BreakerOpen(dependency: "mail", retryAfter: .seconds(30))) {
            try await policy.call { attempt in throw Failure(number: attempt.number) }
        }
        #expect(policy.rate?.tokens == 5, "who is refused takes no token")
    }

    @Test func theDeadlineCancelsTheCallAndCountsAsAFailure() async throws {
        let policy = all()
        let task = Task { [time] in
            try await policy.call { _ in try await time.sleep(for: .seconds(3600)) }
        }
        await time.sleepers(atLeast: 2)
        time.advance(by: .seconds(30))
        await #expect(throws: DeadlineExceeded(Deadline(instant: .seconds(30)))) {
            try await within { try await task.value }
        }
        #expect(policy.breaker?.failures == 1 && policy.bulkhead?.keys == 0)
    }

    @Test func whoCancelsHasTheCallCancelledAndNothingCounted() async throws {
        let policy = all()
        let task = Task { [time] in
            try await policy.call { _ in try await time.sleep(for: .seconds(3600)) }
        }
        await time.sleepers(atLeast: 2)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await within { try await task.value } }
        #expect(policy.breaker?.failures == 0 && policy.bulkhead?.keys == 0)
    }

    @Test func aCancelledTaskCallsNothing() async throws {
        let policy = all()
        let go = Watched(false)
        let task = Task {
            _ = try? await go.wait(for: "it is cancelled") { $0 }
            try await policy.call { _ in _ = Issue.record("it was called") }
        }
        task.cancel()
        go.update { $0 = true }
        await #expect(throws: CancellationError.self) { try await within { try await task.value } }
    }

    @Test func whoWaitsIsNotOnTrialAndAsksAgainAfterwards() async throws {
        let bulkhead = Bulkhead<String>(limit: 1, waitingLimit: 5, time: time)
        let breaker = Breaker("mail", CircuitBreaker(threshold: 1), time: time)
        let policy = all(breaker: breaker, bulkhead: bulkhead)
        let place = try await bulkhead.enter("k")
        let waiter = Task { try await policy.call(key: "k") { _ in _ = Issue.record("it was called") } }
        try await eventually("it waits") { bulkhead.waiting("k") == 1 }
        await #expect(throws: Failure.self) { try await breaker.call { throw Failure(number: 1) } }
        bulkhead.leave(place)
        await #expect(throws: BreakerOpen.self) { try await within { try await waiter.value } }
        #expect(policy.rate?.tokens == 10, "the token went back")
        time.advance(by: .seconds(30))
        let again = try await bulkhead.enter("k")
        let second = Task { try await policy.call(key: "k") { _ in } }
        try await eventually("it waits") { bulkhead.waiting("k") == 1 }
        try await policy.call(key: "other") { _ in }
        #expect(breaker.current == .closed, "the one in line did not keep another from the trial")
        bulkhead.leave(again)
        try await within { try await second.value }
    }

    @Test func waitingForAPlaceEndsAtTheDeadline() async throws {
        let bulkhead = Bulkhead<String>(limit: 1, waitingLimit: 5, staleAfter: nil, time: time)
        let policy = all(bulkhead: bulkhead)
        let place = try await bulkhead.enter("k")
        let task = Task { try await policy.call(key: "k") { _ in } }
        try await eventually("it waits") { bulkhead.waiting("k") == 1 }
        await time.sleepers(atLeast: 1)
        time.advance(by: .seconds(30))
        await #expect(throws: DeadlineExceeded.self) { try await within { try await task.value } }
        #expect(policy.breaker?.failures == 0, "it was not called")
        bulkhead.leave(place)
    }

    /// Calls that wait, fail, give up and run late on the machine's clock leave nothing behind.
    @Test func underLoadEveryCallEndsAndNothingIsLeft() async throws {
        let time = SystemTime()
        let budget = Locked(RetryBudget(now: time.boot()))
        let policy = ResiliencePolicy(
            timeout: .milliseconds(50),
            retry: RetryPolicy(
                attempts: 3, backoff: Backoff(base: .milliseconds(1), cap: .milliseconds(5)), budget: budget
            ) {
                $0 is Failure
            },
            breaker: Breaker("mail", CircuitBreaker(threshold: 20, pause: .milliseconds(5)), time: time),
            bulkhead: Bulkhead(limit: 3, waitingLimit: 50, time: time),
            rate: RateLimiter("mail", rate: 5000, burst: 50, time: time), time: time)
        let ended = try await within(.seconds(30)) {
            await withTaskGroup(of: Int.self) { group in
                for number in 0..<600 {
                    group.addTask {
                        let task = Task {
                            try await policy.call(key: "\(number % 7)") { _ in
                                if number.isMultiple(of: 11) { throw Failure(number: number) }
                                if number.isMultiple(of: 13) { try await time.sleep(for: .seconds(60)) }
                                await Task.yield()
                            }
                        }
                        if number.isMultiple(of: 5) { task.cancel() }
                        _ = try? await task.value
                        return 1
                    }
                }
                return await group.reduce(0, +)
            }
        }
        #expect(ended == 600)
        #expect(policy.bulkhead?.keys == 0 && policy.rate?.waiting == 0)
    }
}
