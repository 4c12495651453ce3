import Linux
import Resilience
import TestSupport
import Testing

@Suite struct BackoffTests {
    @Test(arguments: [
        (1, 100), (2, 200), (3, 400), (4, 800), (5, 1600), (6, 2000), (7, 2000), (1_000_000, 2000), (Int.max, 2000),
        (0, 100), (-5, 100),
    ])
    func windowsGrowToTheCap(attempt: Int, milliseconds: Int) {
        let backoff = Backoff(base: .milliseconds(100), cap: .seconds(2))
        #expect(backoff.window(attempt: attempt) == .milliseconds(milliseconds))
    }

    @Test func aBaseAboveTheCapIsHeldAtIt() {
        let backoff = Backoff(base: .seconds(9), cap: .seconds(2), multiplier: 3)
        #expect(backoff.window(attempt: 1) == .seconds(2))
    }

    @Test func hugeMultipliersDoNotOverflow() {
        let backoff = Backoff(base: .seconds(1), cap: .seconds(86_400), multiplier: 1e300)
        #expect(backoff.window(attempt: 1) == .seconds(1))
        #expect(backoff.window(attempt: 50) == .seconds(86_400))
    }

    @Test func withoutGrowthTheWindowStays() {
        let backoff = Backoff(base: .seconds(1), cap: .seconds(8), multiplier: 1)
        #expect(backoff.window(attempt: Int.max) == .seconds(1))
        #expect(Backoff(base: .zero, cap: .seconds(8)).window(attempt: 1_000_000) == .zero)
    }

    @Test func delaysSpreadEvenlyOverTheWholeWindow() {
        let backoff = Backoff(base: .milliseconds(100), cap: .seconds(10))
        var generator = SeededGenerator(seed: 42)
        let window = backoff.window(attempt: 4).seconds
        var tenths = [Int](repeating: 0, count: 10)
        for _ in 0..<10_000 {
            let delay = backoff.delay(attempt: 4, using: &generator).seconds
            #expect(delay >= 0 && delay <= window)
            tenths[min(9, Int(delay / window * 10))] += 1
        }
        // A thousand are expected in each tenth; five standard deviations are 150.
        #expect(tenths.allSatisfy { abs($0 - 1000) < 150 })
    }
}
