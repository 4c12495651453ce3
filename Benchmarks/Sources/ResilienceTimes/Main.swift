import Foundation
import Linux
import Resilience

/// Times a call under each part of `Resilience` and under all, in interleaved rounds, when nothing goes wrong.
@main
enum Main {
    static func main() async throws {
        let rounds = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 5 : 5
        let repeats = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 20_000 : 20_000
        let variants = Variant.all()
        var times: [String: [Double]] = [:]
        for _ in 0..<rounds {
            for variant in variants {
                times[variant.name, default: []].append(try await nanoseconds(repeats, variant.body))
            }
        }
        let middle = times.mapValues { $0.sorted()[$0.count / 2] }
        print(String(decoding: try JSONEncoder().encode(middle), as: UTF8.self))
    }

    /// Processor time of all threads for one call, so that what else runs on the machine counts less.
    private nonisolated static func nanoseconds(
        _ repeats: Int, _ body: @Sendable (Int) async throws -> Int
    ) async throws -> Double {
        var sum = 0
        let start = processorTime()
        for number in 0..<repeats { sum &+= try await body(number) }
        let end = processorTime()
        precondition(sum == repeats * (repeats - 1) / 2, "a call was lost")
        return (end - start) / Double(repeats)
    }

    private nonisolated static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}

/// A call that does nothing, but one that the compiler cannot see through.
@inline(never)
private func echo(_ number: Int) async throws -> Int { number }

struct Variant: Sendable {
    let name: String
    let body: @Sendable (Int) async throws -> Int

    init(_ name: String, _ body: @escaping @Sendable (Int) async throws -> Int) {
        self.name = name
        self.body = body
    }

    static func all() -> [Variant] {
        let time = SystemTime()
        let lock = Locked(0)
        let breaker = Breaker("service", time: time)
        let bulkhead = Bulkhead<String>(time: time)
        let rate = RateLimiter("service", rate: 1_000_000, burst: 1_000_000, time: time)
        let retry = RetryPolicy(budget: Locked(RetryBudget(now: time.boot()))) { _ in true }
        let pool = ResourcePool("sessions", time: time, make: { 0 }, check: { _ in true }, close: { _ in })
        let deadline = ResiliencePolicy(timeout: .seconds(30), time: time)
        let retried = ResiliencePolicy(retry: retry, time: time)
        let five = ResiliencePolicy(
            timeout: .seconds(30), retry: retry, breaker: breaker, bulkhead: bulkhead, rate: rate, time: time)
        return [
            Variant("call") { number in try await echo(number) },
            Variant("lock") { number in
                lock.withLock { $0 = number }
                return number
            },
            Variant("yield") { number in
                await Task.yield()
                return number
            },
            Variant("deadline") { number in try await deadline.call { _ in number } },
            Variant("retry") { number in try await retried.call { _ in number } },
            Variant("breaker") { number in try await breaker.call { number } },
            Variant("bulkhead") { number in try await bulkhead.call("clinic") { number } },
            Variant("rate") { number in try await rate.call { number } },
            Variant("pool") { number in try await pool.withResource { _ in number } },
            Variant("five") { number in try await five.call(key: "clinic") { _ in number } },
            Variant("five, waiting") { number in
                try await five.call(key: "clinic") { _ in
                    await Task.yield()
                    return number
                }
            },
        ]
    }
}
