import Linux
import Resilience
import TestSupport
import Testing

@Suite struct RateLimiterTests {
    let time = ManualTime()

    /// Starts a task that notes its name when it has a token; returns once it stands in line.
    private func start(
        _ name: Int, _ limiter: RateLimiter, _ served: Watched<[Int]>, deadline: Deadline? = nil
    ) async throws -> Task<Void, any Error> {
        let before = limiter.waiting
        let task = Task {
            try await limiter.acquire(deadline: deadline)
            served.update { $0.append(name) }
        }
        try await eventually("\(name) waits") { limiter.waiting > before }
        return task
    }

    @Test func tokensAreGivenInTheOrderOfTheirAsking() async throws {
        let limiter = RateLimiter("api", rate: 10, burst: 1, time: time)
        #expect(limiter.take() && !limiter.take())
        let served = Watched<[Int]>([])
        var tasks: [Task<Void, any Error>] = []
        for name in 0..<5 { tasks.append(try await start(name, limiter, served)) }
        for count in 1...5 {
            await time.sleepers(atLeast: 1)
            time.advance(by: .milliseconds(100))
            try await served.wait(for: "\(count) are served") { $0 == Array(0..<count) }
        }
        for task in tasks { try await task.value }
        #expect(limiter.waiting == 0)
    }

    @Test func whatWouldComeTooLateIsRefusedAtOnce() async throws {
        let limiter = RateLimiter("api", rate: 1, burst: 2, waitingLimit: 2, time: time)
        #expect(limiter.take() && limiter.take())
        let deadline = Deadline(after: .milliseconds(999), time: time)
        await #expect(throws: RateLimited(resource: "api", retryAfter: .seconds(1))) {
            try await limiter.acquire(deadline: deadline)
        }
        let served = Watched<[Int]>([])
        let tasks = [try await start(0, limiter, served), try await start(1, limiter, served)]
        await #expect(throws: RateLimited(resource: "api", retryAfter: .seconds(1))) { try await limiter.acquire() }
        #expect(!limiter.take(), "nobody passes those who wait")
        for task in tasks { task.cancel() }
        for task in tasks {
            await #expect(throws: CancellationError.self) { try await within { try await task.value } }
        }
    }

    @Test func whoGivesUpMovesTheOthersUp() async throws {
        let limiter = RateLimiter("api", rate: 1, burst: 1, time: time)
        #expect(limiter.take())
        let served = Watched<[Int]>([])
        let first = try await start(0, limiter, served)
        let second = try await start(1, limiter, served)
        first.cancel()
        await #expect(throws: CancellationError.self) { try await within { try await first.value } }
        await time.sleepers(atLeast: 1)
        time.advance(by: .seconds(1))
        try await within { try await second.value }
        #expect(served.value == [1])
    }

    @Test func aFasterRateServesThoseWhoWait() async throws {
        let limiter = RateLimiter("api", rate: 0.001, burst: 1, time: time)
        #expect(limiter.take())
        let served = Watched<[Int]>([])
        let task = try await start(0, limiter, served)
        await time.sleepers(atLeast: 1)
        limiter.change(rate: 1, burst: 1)
        try await eventually("it sleeps no longer than needed") {
            time.advance(by: .milliseconds(10))
            return !served.value.isEmpty
        }
        try await task.value
        #expect(time.boot() < .seconds(900))
    }

    @Test func aSlowerRateRefusesWhoWouldWaitTooLong() async throws {
        let limiter = RateLimiter("api", rate: 1, burst: 1, time: time)
        #expect(limiter.take())
        let served = Watched<[Int]>([])
        let task = try await start(0, limiter, served, deadline: Deadline(after: .seconds(2), time: time))
        limiter.change(rate: 0.01, burst: 1)
        await #expect(throws: RateLimited(resource: "api", retryAfter: .seconds(100))) {
            try await within { try await task.value }
        }
    }

    /// Hundreds of tasks on the machine's clock, some of which give up.
    @Test func underLoadNobodyIsLostAndNoTokenTooManyGiven() async throws {
        let time = SystemTime()
        let limiter = RateLimiter("api", rate: 2000, burst: 5, time: time)
        let start = time.boot()
        let served = try await within(.seconds(30)) {
            await withTaskGroup(of: Bool.self) { group in
                for number in 0..<400 {
                    group.addTask {
                        let task = Task { try await limiter.acquire() }
                        if number.isMultiple(of: 5) { task.cancel() }
                        return (try? await task.value) != nil
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
        }
        let allowed = 5 + (time.boot() - start).seconds * 2000
        #expect(served >= 320 && Double(served) <= allowed)
        #expect(limiter.waiting == 0)
    }
}
