import Linux
import MillraceProtocol
public import Telemetry

/// Counts what is asked of a service, method by method: how often, how long it took, and what failed.
public final class RPCMeters: Sendable {
    /// Requests that took longer are kept as exemplars: their correlation ids lead to their log lines.
    public static let slow = Duration.milliseconds(10)

    private let durations: Family<Histogram>
    private let errors: Family<Counter>

    public init(_ registry: Registry) {
        durations = registry.histograms(
            "millrace_rpc_duration_seconds", "How long requests took, from their last byte to their answer.",
            labels: ["method"], bounds: Bounds.requests)
        errors = registry.counters(
            "millrace_rpc_errors", "Requests that were answered with an error, by its status.",
            labels: ["method", "status"], exemplars: true)
    }

    func meter(_ method: String) -> MethodMeter {
        MethodMeter(method, durations.with(method), errors)
    }
}

/// What is counted of one method. Using it takes no lock and allocates nothing, but for what is slow or fails.
final class MethodMeter: Sendable {
    private let method: String
    private let duration: Histogram
    private let errors: Family<Counter>

    init(_ method: String, _ duration: Histogram, _ errors: Family<Counter>) {
        self.method = method
        self.duration = duration
        self.errors = errors
    }

    /// - Parameter failure: the status of the error that was answered; nil for a result.
    func answered(_ call: IncomingCall, at now: Duration, failure: String?) {
        let took = now - call.began
        if took < RPCMeters.slow {
            duration.record(took)
        } else {
            duration.record(took, correlation: call.correlationId)
        }
        if let failure { errors.with(method, failure).increment(correlation: call.correlationId) }
    }
}
