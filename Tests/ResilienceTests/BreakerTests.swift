import Linux
import Resilience
import TestSupport
import Testing

private struct Broken: Error {}
private struct NotFound: Error {}

@Suite struct BreakerTests {
    let time = ManualTime()

    @Test func afterFiveFailuresNothingIsCalledUntilATrialSucceeds() async throws {
        let breaker = Breaker("mail", time: time)
        for _ in 0..<5 { await #expect(throws: Broken.self) { try await breaker.call { throw Broken() } } }
        time.advance(by: .seconds(10))
        await #expect(throws: BreakerOpen(dependency: "mail", retryAfter: .seconds(20))) {
            try await breaker.call { Issue.record("it was called") }
        }
        time.advance(by: .seconds(20))
        #expect(try await breaker.call { 7 } == 7)
        #expect(breaker.current == .closed && breaker.failures == 0)
    }

    @Test func theClosureSaysWhichErrorsCount() async throws {
        let breaker = Breaker("mail", time: time) { error in
            if error is NotFound { return .healthy }
            return error is CancellationError ? .unknown : .failed
        }
        for _ in 0..<4 { await #expect(throws: Broken.self) { try await breaker.call { throw Broken() } } }
        await #expect(throws: CancellationError.self) { try await breaker.call { throw CancellationError() } }
        #expect(breaker.failures == 4, "a call that was given up says nothing")
        await #expect(throws: NotFound.self) { try await breaker.call { throw NotFound() } }
        #expect(breaker.failures == 0, "an answer shows that it is alive")
    }

    @Test func aTrialGivenUpLeavesTheNextOneToAnother() async throws {
        let breaker = Breaker("mail", CircuitBreaker(threshold: 1), time: time)
        await #expect(throws: Broken.self) { try await breaker.call { throw Broken() } }
        time.advance(by: .seconds(30))
        await #expect(throws: CancellationError.self) { try await breaker.call { throw CancellationError() } }
        try await breaker.call {}
        #expect(breaker.current == .closed)
    }

    @Test func ofManyAtOnceOneIsTheTrial() async throws {
        let breaker = Breaker("mail", CircuitBreaker(threshold: 1), time: time)
        await #expect(throws: Broken.self) { try await breaker.call { throw Broken() } }
        time.advance(by: .seconds(30))
        let go = Watched(false)
        let calls = Watched(0)
        let refused = Watched(0)
        let tasks = (0..<50).map { _ in
            Task {
                do {
                    try await breaker.call {
                        calls.update { $0 += 1 }
                        try await go.wait(for: "the others have asked") { $0 }
                    }
                } catch is BreakerOpen {
                    refused.update { $0 += 1 }
                }
            }
        }
        try await refused.wait(for: "all others are refused") { $0 == 49 }
        go.update { $0 = true }
        for task in tasks { try await task.value }
        #expect(calls.value == 1 && breaker.current == .closed)
    }

    @Test func forcedOpenItTellsOfNoTime() async {
        let breaker = Breaker("mail", time: time)
        breaker.force(open: true)
        await #expect(throws: BreakerOpen(dependency: "mail", retryAfter: nil)) { try await breaker.call {} }
        breaker.reset()
        await #expect(throws: Never.self) { try await breaker.call {} }
    }
}
