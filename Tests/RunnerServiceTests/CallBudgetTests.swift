import Linux
import Resilience
import TestSupport
import Testing

@testable import RunnerService

/// A budget that an expectation may ask.
private final class Purse {
    private(set) var budget: CallBudget

    init(rate: Double, burst: Int) { budget = CallBudget(rate: rate, burst: burst, now: .zero) }

    func take(_ count: Int = 1, for permit: Int64? = nil, at now: Duration) -> Bool {
        budget.take(count, for: permit, at: now)
    }

    func end(_ permit: Int64, at now: Duration) { budget.end(permit, at: now) }
    func giveBack(_ permit: Int64, tokens: Int, at now: Duration) { budget.giveBack(permit, tokens: tokens, at: now) }
    func nextToken(at now: Duration) -> Duration { budget.nextToken(at: now) }
    func tokens(at now: Duration) -> Int { budget.tokens(at: now) }
}

/// The budget of calls as the system sees them that is called.
struct CallBudgetTests {
    @Test func aTokenComesBackAsLongAfterTheEndOfItsCallAsTheRateSays() {
        let budget = Purse(rate: 10, burst: 2)
        let taken = [budget.take(for: 1, at: .zero), budget.take(for: 2, at: .zero), budget.take(at: .zero)]
        #expect(taken == [true, true, false])
        budget.end(1, at: .milliseconds(60))
        #expect(!budget.take(at: .milliseconds(159)))
        #expect(budget.nextToken(at: .milliseconds(100)) == .milliseconds(160))
        #expect(budget.take(at: .milliseconds(160)))
    }

    @Test func aCallThatIsNeverOverIsWaitedForAsLongAsTheRateIsKeptUp() {
        let budget = Purse(rate: 10, burst: 3)
        for permit in 1...3 { #expect(budget.take(for: Int64(permit), at: .zero)) }
        #expect(budget.nextToken(at: .zero) == .milliseconds(200))
        // 200 ms of grace, then a token every 100 ms for good.
        var next = Duration.milliseconds(300)
        for permit in 4...40 {
            #expect(!budget.take(for: Int64(permit), at: next - .nanoseconds(1)))
            #expect(budget.take(for: Int64(permit), at: next))
            next += .milliseconds(100)
        }
    }

    @Test func oneTokenAtATimeIsABucketLikeAnyOther() {
        let budget = Purse(rate: 10, burst: 1)
        #expect(budget.take(for: 1, at: .zero))
        #expect(!budget.take(for: 2, at: .milliseconds(99)))
        #expect(budget.take(for: 2, at: .milliseconds(100)))
    }

    @Test func whatWasNotUsedIsThereAtOnce() {
        let budget = Purse(rate: 1, burst: 2)
        #expect(budget.take(2, for: 1, at: .zero))
        budget.giveBack(1, tokens: 2, at: .milliseconds(10))
        #expect(budget.tokens(at: .milliseconds(10)) == 2)
    }

    @Test func whoeverFollowsAnotherBeginsWithWhatComesBackInAMinute() {
        let quick = CallBudget(rate: 10, burst: 10, used: true, now: .zero)
        #expect(quick.tokens(at: .zero) == 0 && quick.tokens(at: .seconds(1)) == 10)
        let slow = CallBudget(rate: 0.01, burst: 3, used: true, now: .zero)
        #expect(slow.tokens(at: .zero) == 3)
    }

    /// Calls arrive at any time between their permit and their end, as late as can be.
    @Test(arguments: 0..<60) func noSpanOfTimeSeesMoreCallsThanBurstAndRate(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let rate = Double(Int.random(in: 1...50, using: &random)), burst = Int.random(in: 1...12, using: &random)
        let grace = Duration.seconds(Double(burst - 1) / rate)
        var budget = CallBudget(rate: rate, burst: burst, now: .zero)
        var now = Duration.zero, number: Int64 = 0
        var under: [(permit: Int64, granted: Duration)] = [], arrivals: [Duration] = []
        func arrive(_ call: (permit: Int64, granted: Duration)) {
            let latest = min(now, call.granted + grace)
            arrivals.append(
                Bool.random(using: &random)
                    ? latest : call.granted + (latest - call.granted) * Int.random(in: 0...8, using: &random) / 8)
        }
        for _ in 0..<800 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                number += 1
                if budget.take(for: number, at: now) { under.append((number, now)) }
            case 2:
                if let index = under.indices.randomElement(using: &random) {
                    let call = under.remove(at: index)
                    budget.end(call.permit, at: now)
                    arrive(call)
                }
            default: now += .milliseconds(Int.random(in: 1...Int(1500 / rate) + 1, using: &random))
            }
        }
        for call in under { arrive(call) }
        arrivals.sort()
        for first in arrivals.indices {
            for last in first..<arrivals.endIndex {
                let most = Double(burst) + rate * (arrivals[last] - arrivals[first]).seconds
                #expect(Double(last - first + 1) <= most + 0.001, "seed \(seed)")
            }
        }
        #expect(arrivals.count > 20)
    }
}
