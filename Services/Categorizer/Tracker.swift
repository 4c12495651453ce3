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
        var answeredPercent: Int { count == 0 ? 0 : answered * 100 / count }
    }

    private struct State: Sendable {
        var figures = Figures()
        var times: [Double] = []
        var next = 0
    }

    private static let samples = 1000
    private let state = Locked(State())
    private let durations: Histogram
    private let errors: Telemetry.Counter
    private let answered: Telemetry.Counter

    init(_ registry: Registry) {
        durations = registry.histogram(
            "millrace_categorization_duration_seconds", "How long decisions about expenses took.",
            bounds: Bounds.requests,
            exemplars: false)
        errors = registry.counter(
            "millrace_categorization_errors", "Expenses that could not be categorized for an error.")
        answered = registry.counter("millrace_categorization_answers", "Expenses that got a category.")
    }

    func note(_ results: some Collection<CategorizationResult>) {
        for result in results {
            durations.record(result.processingTimeMs / 1000)
            if result.error != nil { errors.increment() }
            if result.categoryID != nil { answered.increment() }
        }
        state.withLock { state in
            for result in results {
                state.figures.count += 1
                if result.categoryID != nil { state.figures.answered += 1 }
                if result.error != nil { state.figures.errors += 1 }
                if result.method == "cached_fallback" { state.figures.fallbacks += 1 }
                if state.times.count < Self.samples {
                    state.times.append(result.processingTimeMs)
                } else {
                    state.times[state.next] = result.processingTimeMs
                    state.next = (state.next + 1) % Self.samples
                }
            }
        }
    }

    var figures: Figures {
        var (figures, times) = state.withLock { ($0.figures, $0.times) }
        times.sort()
        let at = { (share: Double) in times.isEmpty ? 0 : times[min(Int(Double(times.count) * share), times.count - 1)]
        }
        (figures.p50, figures.p95, figures.p99) = (at(0.5), at(0.95), at(0.99))
        return figures
    }

    func reset() { state.withLock { $0 = State() } }
}
