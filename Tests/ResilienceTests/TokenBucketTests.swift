import Resilience
import TestSupport
import Testing

struct TokenBucketTests {
    @Test func aFullBucketGivesItsBurstAndThenOneAnInterval() {
        let bucket = Held(TokenBucket(rate: 10, burst: 3, now: .zero))
        #expect((0..<4).map { _ in bucket { $0.take(at: .zero) } } == [true, true, true, false])
        #expect(bucket { $0.nextToken(at: .zero) } == .milliseconds(100))
        #expect(!bucket { $0.take(at: .milliseconds(99)) })
        #expect(bucket { $0.take(at: .milliseconds(100)) })
        #expect(bucket { $0.tokens(at: .seconds(100)) } == 3, "no more than the burst is saved up")
    }

    @Test func aTokenGivenBackCanBeTakenAgain() {
        let bucket = Held(TokenBucket(rate: 1, burst: 1, now: .zero))
        #expect(bucket { $0.take(at: .zero) })
        bucket { $0.giveBack() }
        #expect(bucket { $0.take(at: .zero) })
        #expect(!bucket { $0.take(at: .zero) })
    }

    @Test func otherNumbersDoNotForgiveWhatWasTaken() {
        let bucket = Held(TokenBucket(rate: 10, burst: 10, now: .zero))
        for _ in 0..<10 { _ = bucket { $0.take(at: .zero) } }
        let slower = Held(bucket { $0.changed(rate: 1, burst: 2, now: .zero) })
        #expect(!slower { $0.take(at: .zero) })
        #expect(slower { $0.tokens(at: .seconds(2)) } == 2)
    }

    @Test(arguments: [(10.0, 10), (0.5, 1), (1000, 3), (3, 7)])
    func inNoSpanMoreThanTheBurstAndTheRateIsTaken(rate: Double, burst: Int) {
        var random = SeededGenerator(seed: 7)
        let bucket = Held(TokenBucket(rate: rate, burst: burst, now: .zero))
        var now = Duration.zero
        var taken: [Duration] = []
        for _ in 0..<3000 {
            now += .microseconds(Int.random(in: 0...Int(400_000 / rate), using: &random))
            if bucket({ $0.take(at: now) }) {
                taken.append(now)
            } else {
                #expect(bucket { $0.nextToken(at: now) } > now)
            }
        }
        #expect(taken.count > 100)
        for first in stride(from: 0, to: taken.count, by: 7) {
            for last in first..<min(taken.count, first + 200) {
                let allowed = burst + Int((taken[last] - taken[first]) / bucket.interval)
                #expect(last - first + 1 <= allowed)
            }
        }
    }

    @Test func itDoesNotDriftOverAMillionTokens() {
        let bucket = Held(TokenBucket(rate: 3, burst: 1, now: .zero))
        var now = Duration.zero
        for _ in 0..<1_000_000 {
            now = bucket { $0.nextToken(at: now) }
            #expect(bucket { $0.take(at: now) })
        }
        #expect(now == bucket.interval * 999_999)
    }

    @Test func severalTokensAreTakenTogetherOrNotAtAll() {
        let bucket = Held(TokenBucket(rate: 10, burst: 5, now: .zero))
        #expect(bucket { $0.take(3, at: .zero) })
        #expect(!bucket { $0.take(3, at: .zero) })
        #expect(bucket { $0.tokens(at: .zero) } == 2, "a refusal takes nothing")
        #expect(bucket { $0.nextToken(3, at: .zero) } == .milliseconds(100))
        #expect(bucket { $0.nextToken(7, at: .zero) } == .milliseconds(500))
        #expect(bucket { $0.take(3, at: .milliseconds(100)) })
    }

    @Test func whatHasComeOfATokenOutlivesOtherNumbers() {
        let bucket = Held(TokenBucket(rate: 1, burst: 1, now: .zero))
        #expect(bucket { $0.take(at: .zero) })
        for step in 1...9 {
            let now = Duration.milliseconds(100 * step)
            bucket.value = bucket { $0.changed(rate: step.isMultiple(of: 2) ? 1 : 10, burst: 1, now: now) }
        }
        #expect(bucket { $0.take(at: .seconds(1)) }, "somebody who changes the rate often starves nobody")
    }

    /// Counts whole nanoseconds of refill, which is what a bucket is; the real one must say the same after anything.
    @Test(arguments: 0..<8) func itAgreesWithACountOfNanoseconds(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let rate = [0.001, 0.7, 3, 1000, 1_000_000].randomElement(using: &random)!
        let burst = [1, 2, 7, 1_000_000].randomElement(using: &random)!
        let bucket = Held(TokenBucket(rate: rate, burst: burst, now: .zero))
        let step = bucket.interval.nanoseconds
        var saved = Int64(burst) * step
        var now: Int64 = 0
        for _ in 0..<3000 {
            let passed = Int64.random(in: 0...step * 2, using: &random)
            now += passed
            saved = min(Int64(burst) * step, saved + passed)
            let count = Int.random(in: 1...min(burst, 1000), using: &random)
            #expect(bucket { $0.tokens(at: .nanoseconds(now)) } == Int(saved / step))
            let wait = max(0, Int64(count) * step - saved)
            #expect(bucket { $0.nextToken(count, at: .nanoseconds(now)) } == .nanoseconds(now + wait))
            let taken = bucket { $0.take(count, at: .nanoseconds(now)) }
            #expect(taken == (wait == 0))
            if taken { saved -= Int64(count) * step }
            if taken, Int.random(in: 0..<5, using: &random) == 0 {
                bucket { $0.giveBack(count) }
                saved += Int64(count) * step
            }
        }
    }
}
