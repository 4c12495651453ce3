public import Linux

/// When something that is done again and again last came through, and how often it is meant to be: what
/// `millrace_last_success_timestamp_seconds` and `millrace_period_seconds` tell, and the alert of what is missing rests on.
public struct Periodic: Sendable {
    private let last: Gauge
    private let time: any TimeSource

    /// Begins to count: what never comes through is missed from now on.
    public init(_ task: String, every period: Duration, in registry: Registry, time: any TimeSource) {
        let lasts = registry.gauges(
            "millrace_last_success_timestamp_seconds",
            "When what is done again and again last came through, since 1970; when it began where it has not yet.",
            unit: "seconds", labels: ["task"], merging: .max)
        let periods = registry.gauges(
            "millrace_period_seconds", "How often what is done again and again is meant to be.", unit: "seconds",
            labels: ["task"], merging: .max)
        last = lasts.with(task)
        self.time = time
        periods.with(task).set(period.seconds)
        succeeded()
    }

    /// It has come through.
    public func succeeded() {
        last.set(Double(time.wall().milliseconds) / 1000)
    }
}
