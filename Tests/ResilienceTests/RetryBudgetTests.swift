import Resilience
import TestSupport
import Testing

struct RetryBudgetTests {
    @Test func aFifthOfTheCallsMayBeRetried() {
        let budget = Held(RetryBudget(ratio: 0.2, perSecond: 0, cap: 10, now: .zero))
        for _ in 0..<10 { #expect(budget { $0.take(at: .zero) }) }
        #expect(!budget { $0.take(at: .seconds(1_000_000)) })
        var retries = 0
        for _ in 0..<100_000 {
            budget { $0.earn() }
            if budget({ $0.take(at: .zero) }) { retries += 1 }
        }
        #expect(retries == 20_000, "exactly")
    }

    @Test func timeEarnsTokensUpToTheCap() {
        let budget = Held(RetryBudget(ratio: 0, perSecond: 0.1, cap: 3, now: .zero))
        for _ in 0..<3 { #expect(budget { $0.take(at: .zero) }) }
        #expect(!budget { $0.take(at: .milliseconds(9_999)) })
        #expect(budget { $0.take(at: .seconds(10)) })
        #expect(budget { $0.tokens(at: .seconds(1_000_000_000)) } == 3)
    }

    @Test func aClockThatStandsOrIsAskedOutOfOrderEarnsNothing() {
        let budget = Held(RetryBudget(ratio: 0, perSecond: 1, cap: 1, now: .seconds(100)))
        #expect(budget { $0.take(at: .seconds(100)) })
        #expect(!budget { $0.take(at: .seconds(50)) })
        #expect(!budget { $0.take(at: .milliseconds(100_999)) })
        #expect(budget { $0.take(at: .seconds(101)) })
    }

    @Test(arguments: 0..<10) func itAgreesWithACountInWholeUnits(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let thousandths = (Int64.random(in: 0...1000, using: &random), Int64.random(in: 0...5000, using: &random))
        let cap = Int.random(in: 1...20, using: &random)
        let budget = Held(
            RetryBudget(
                ratio: Double(thousandths.0) / 1000, perSecond: Double(thousandths.1) / 1000, cap: cap, now: .zero))
        var saved = Int64(cap) * 1_000_000_000_000
        var now: Int64 = 0
        for _ in 0..<5000 {
            if Bool.random(using: &random) {
                budget { $0.earn() }
                saved = min(Int64(cap) * 1_000_000_000_000, saved + thousandths.0 * 1_000_000_000)
            } else {
                let passed = Int64.random(in: 0...1_000_000_000, using: &random)
                now += passed
                saved = min(Int64(cap) * 1_000_000_000_000, saved + passed * thousandths.1)
                let taken = budget { $0.take(at: .nanoseconds(now)) }
                #expect(taken == (saved >= 1_000_000_000_000))
                if taken { saved -= 1_000_000_000_000 }
            }
        }
    }
}
