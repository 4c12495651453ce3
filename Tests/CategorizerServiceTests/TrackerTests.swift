import Categorization
import Linux
import MillraceProtocol
import Telemetry
import TestSupport
import Testing

@testable import CategorizerService

struct TrackerTests {
    private func result(_ milliseconds: Double, failed: Bool = false, _ correlation: String = "c")
        -> CategorizationResult
    {
        CategorizationResult(
            confidence: 0, confidenceLevel: "very_low", method: failed ? "error" : "no_match", stored: false,
            processingTimeMs: milliseconds, cacheHits: 0,
            error: failed ? CategorizationProblem(kind: .database, message: "away") : nil,
            metadata: CategorizationMetadata(expenseID: "e", patternsEvaluated: 0), correlationID: correlation,
            createdAt: "")
    }

    @Test(arguments: [
        (10.0, 0, Tracker.Health.excellent), (10, 5, .excellent), (10, 6, .good), (10, 10, .good), (10, 11, .fair),
        (11, 0, .fair), (15, 20, .fair), (15, 21, .poor), (16, 0, .poor),
    ])
    func healthGoesByTimeAndErrorsOfTheLastThousand(mean: Double, failed: Int, health: Tracker.Health) {
        let tracker = Tracker(Registry(service: "categorizer", instance: "test", time: SystemTime()))
        // Forgotten: a thousand came after them.
        tracker.note((0..<500).map { _ in result(500, failed: true) })
        for _ in 0..<10 { tracker.note((0..<100).map { result(mean, failed: $0 < failed) }) }
        #expect(tracker.figures.health == health)
    }

    @Test func whoIsSlowIsNamedOnceASecond() {
        let tracker = Tracker(Registry(service: "categorizer", instance: "test", time: SystemTime()))
        #expect(tracker.slow([result(10)], at: .zero) == nil)
        let slow = tracker.slow([result(11, "a"), result(30, "b"), result(2), result(12, "c")], at: .zero)
        #expect(slow == Tracker.Slow(count: 3, worst: 30, correlation: "b"))
        #expect(tracker.slow([result(50)], at: .milliseconds(999)) == nil)
        #expect(tracker.slow([result(50)], at: .milliseconds(1000)) != nil)
    }

    /// A clock that goes on by this much whenever it is looked at.
    private struct HastyTime: TimeSource {
        let step: Duration
        private let now = Locked(Duration.zero)

        init(_ step: Duration) { self.step = step }

        func wall() -> Timestamp { .epoch }
        func boot() -> Duration {
            now.withLock { now in
                now += step
                return now
            }
        }
        func sleep(until instant: Duration) async throws {}
    }

    @Test func aDecisionThatTakesTooLongIsATimeoutThatSaysHowLong() async throws {
        let bench = try await Workbench()
        try await bench.categories("Food")
        try await bench.learn("t-1", "Starbucks", "Food")
        func answer(_ step: Duration) -> CategorizationResult {
            let decider = Decider(
                library: bench.categorizer.library, options: DecisionOptions(), timeout: .milliseconds(25),
                time: HastyTime(step))
            var room = Bench()
            return decider.decide(ExpenseRecord(id: "e", merchantName: "Starbucks"), correlation: "c", &room)
        }
        let late = answer(.milliseconds(26))
        #expect(late.error?.kind == .timeout && late.error?.message.contains("25 ms") == true)
        #expect(late.processingTimeMs == 52 && late.categoryID == nil && late.correlationID == "c")
        let inTime = answer(.milliseconds(25))
        #expect(inTime.error == nil && inTime.categoryName == "Food" && inTime.processingTimeMs == 50)
        await bench.end()
    }
}
