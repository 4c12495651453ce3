import MillraceProtocol
import MillraceService

/// The figures of `service.metrics`.
extension Scheduler {
    func metrics() async -> [ServiceMetrics.Metric] {
        let state = state.withLock { $0 }
        func metric(
            _ name: String, _ kind: ServiceMetrics.Kind, _ value: Double, _ labels: [String: String] = [:]
        ) -> ServiceMetrics.Metric {
            ServiceMetrics.Metric("millrace_scheduler_\(name)", kind, value, labels: labels)
        }
        var metrics = [
            metric("schedules", .gauge, Double(state.schedules)),
            metric("runner_away", .gauge, state.away == nil ? 0 : 1),
            metric("clock_sets_total", .counter, Double(state.clockSets)),
            metric("zone_reads_total", .counter, Double(state.zoneReads)),
            metric("lateness_p50_seconds", .gauge, state.lateness.quantile(0.5).seconds),
            metric("lateness_p99_seconds", .gauge, state.lateness.quantile(0.99).seconds),
            metric("lateness_seconds_sum", .counter, state.lateness.sum.seconds),
            metric("lateness_seconds_count", .counter, Double(state.lateness.total)),
        ]
        for outcome in ScheduleOutcome.allCases {
            metrics.append(
                metric(
                    "runs_total", .counter, Double(state.outcomes[outcome] ?? 0), ["outcome": outcome.rawValue]))
        }
        var below: UInt64 = 0
        for (bound, count) in zip(Lateness.bounds, state.lateness.counts) {
            below += count
            let edge = Double(bound) / 1000
            metrics.append(metric("lateness_seconds_bucket", .counter, Double(below), ["le": "\(edge)"]))
        }
        return metrics
    }
}
