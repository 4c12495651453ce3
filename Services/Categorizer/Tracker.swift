import Linux
import MillraceProtocol
import Telemetry

/// How decisions went: counts since the start, and the times of the last thousand.
final class Tracker: Sendable {
    struct Figures: Sendable {
        var count = 0
        var answered = 0
        var errors = 0
        var fallbacks = 0
        var p50 = 0.0
        var p95 = 0.0
        var p99 = 0.0
        /// Of the last thousand.
        var mean = 0.0
        var health = Health.excellent
        var answeredPercent: Int { count == 0 ? 0 : answered * 100 / count }
    }

    /// By mean time and share without an error of the last thousand.
    enum Health: String, Sendable { case excellent, good, fair, poor }

    /// Decisions that took longer than they should.
    struct Slow: Hashable, Sendable {
        var count: Int
        var worst: Double
        var correlation: String
    }

    private struct State: Sendable {
        var figures = Figures()
        var times: [Double] = []
        var failures: [Bool] = []
        var next = 0
        var warned: Duration?
    }

    /// Milliseconds that a decision should take at most, and from which on things are bad.
    static let target = 10.0
    private static let critical = 15.0

    private static let samples = 1000
    private let state = Locked(State())
    private let durations: Histogram
    private let errors: Telemetry.Counter
    private let answered: Telemetry.Counter
    private let fallbacks: Telemetry.Counter

    init(_ registry: Registry) {
        durations = registry.histogram(
            "millrace_categorization_duration_seconds", "How long decisions about expenses took.",
            bounds: Bounds.requests,
            exemplars: false)
        errors = registry.counter(
            "millrace_categorization_errors", "Expenses that could not be categorized for an error.")
        answered = registry.counter("millrace_categorization_answers", "Expenses that got a category.")
        fallbacks = registry.counter(
            "millrace_categorization_fallbacks", "Expenses that got an earlier answer, for the database was left alone."
        )
    }

    func note(_ results: some Collection<CategorizationResult>) {
        for result in results {
            durations.record(result.processingTimeMs / 1000)
            if result.error != nil { errors.increment() }
            if result.categoryID != nil { answered.increment() }
            if Self.isFallback(result) { fallbacks.increment() }
        }
        state.withLock { state in
            for result in results {
                state.figures.count += 1
                if result.categoryID != nil { state.figures.answered += 1 }
                if result.error != nil { state.figures.errors += 1 }
                if Self.isFallback(result) { state.figures.fallbacks += 1 }
                if state.times.count < Self.samples {
                    state.times.append(result.processingTimeMs)
                    state.failures.append(result.error != nil)
                } else {
                    state.times[state.next] = result.processingTimeMs
                    state.failures[state.next] = result.error != nil
                    state.next = (state.next + 1) % Self.samples
                }
            }
        }
    }

    private static func isFallback(_ result: CategorizationResult) -> Bool { result.method == "cached_fallback" }

    /// Those of the results that took longer than the target; nil when there are none, or somebody was warned within the
    /// last second.
    func slow(_ results: some Collection<CategorizationResult>, at now: Duration) -> Slow? {
        var slow: Slow?
        for result in results where result.processingTimeMs > Self.target {
            let before = slow ?? Slow(count: 0, worst: 0, correlation: "")
            let isWorst = result.processingTimeMs > before.worst
            slow = Slow(
                count: before.count + 1, worst: max(before.worst, result.processingTimeMs),
                correlation: isWorst ? result.correlationID : before.correlation)
        }
        guard let slow else { return nil }
        return state.withLock { state in
            if let warned = state.warned, now - warned < .seconds(1) { return nil }
            state.warned = now
            return slow
        }
    }

    var figures: Figures {
        var (figures, times, failed) = state.withLock { ($0.figures, $0.times, $0.failures.count { $0 }) }
        if !times.isEmpty {
            figures.mean = times.reduce(0, +) / Double(times.count)
            let success = 1 - Double(failed) / Double(times.count)
            figures.health =
                switch (figures.mean, success) {
                case (...Self.target, 0.95...): .excellent
                case (...Self.target, 0.9...): .good
                case (...Self.critical, 0.8...): .fair
                default: .poor
                }
        }
        let quantiles = Quantiles(times)
        (figures.p50, figures.p95, figures.p99) = (quantiles[0.5] ?? 0, quantiles[0.95] ?? 0, quantiles[0.99] ?? 0)
        return figures
    }

    func reset() { state.withLock { $0 = State() } }
}
