import Glibc
import TestSupport
import Testing

/// `kill -9` of the metrics service and of those who publish to it, and a count at the end. Some publishes in every test run; the
/// project's own bar by `make crash-metrics`.
@Suite(.serialized, .heavy, .enabled(if: Binary.exist("millrace-metrics"), "millrace-metrics is not built"))
struct MetricsCrashTests {
    /// `MILLRACE_METRICS_PUBLISHES`; 100,000 are the bar.
    private static let publishes = environment("MILLRACE_METRICS_PUBLISHES").flatMap(Int.init) ?? 2000
    private static let kills = max(10, publishes / 500)
    /// `MILLRACE_CRASH_SEED` repeats who is killed.
    private static let seed = environment("MILLRACE_CRASH_SEED").flatMap(UInt64.init) ?? UInt64.random(in: 0...9_999)
    /// `MILLRACE_METRICS_CRASHES` is the file that the result is written to.
    private static let document = environment("MILLRACE_METRICS_CRASHES")

    @Test func whatWasAnsweredCountsOnceWhoeverIsKilled() async throws {
        let clock = ContinuousClock()
        let begun = clock.now
        var course = MetricsCrashes(publishers: 8, each: Self.publishes / 8)
        var random = SeededGenerator(seed: Self.seed)
        try await course.start()
        for kill in 0..<Self.kills {
            try await course.reach(Self.publishes * (kill + 1) / (Self.kills + 1))
            try await course.killOne(&random)
        }
        try await course.finish()
        let told = try await course.told()
        if let document = Self.document {
            let conditions = CrashConditions(seed: Self.seed, took: clock.now - begun, command: "make crash-metrics")
            try course.write(told, conditions, to: document)
        }
        #expect(course.answered >= Self.publishes - course.inFlight)
        // What a publisher had sent and not heard of when it died may have come or not.
        #expect(
            (course.answered...course.answered + course.inFlight).contains(told),
            "seed \(Self.seed): \(course.answered) answered, \(course.inFlight) in flight, \(told) told")
    }
}
