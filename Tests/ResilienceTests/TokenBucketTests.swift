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
}
