import Calendars
import MillraceProtocol
import MillraceService
import MillraceStore
import Schedules
import Telemetry

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
        return metrics + (await lastRuns())
    }

    /// When schedules ran last, and how far it was from there to the next time: of those whose time comes first.
    private func lastRuns() async -> [ServiceMetrics.Metric] {
        guard !state.withLock({ $0.isDraining }) else { return [] }
        let schedules: [StoredSchedule]
        do {
            let end = Instant(microseconds: .max)
            schedules = try await store.read { try ScheduleStore.due($0, by: end, limit: Registry.limit) }
        } catch {
            log.warning("it is not told when schedules ran last: \(error)")
            return []
        }
        return schedules.flatMap { schedule -> [ServiceMetrics.Metric] in
            guard !schedule.paused, let last = schedule.lastNominal else { return [] }
            let labels = ["schedule": schedule.specification.name]
            let ran = ServiceMetrics.Metric(
                "millrace_scheduler_last_run_timestamp_seconds", .gauge, Double(last.microseconds) / 1e6, labels: labels
            )
            guard let following = following(last, of: schedule) else { return [ran] }
            // Figures are no younger than the last publication: what runs each second is not missed for that.
            let period = max(60, Double(following.microseconds - last.microseconds) / 1e6)
            return [
                ran, ServiceMetrics.Metric("millrace_scheduler_period_seconds", .gauge, period, labels: labels),
            ]
        }
    }

    /// The time after the last run. Of times that were missed, left out or refused since, the schedule remembers none: they
    /// are worked out.
    private func following(_ last: Instant, of schedule: StoredSchedule) -> Instant? {
        if schedule.cursor == last { return schedule.next }
        do throws(ScheduleFault) {
            return try ScheduleRule(schedule.specification, machine: machine).next(after: last)
        } catch {
            // Why its times cannot be worked out is told where it is put off for that.
            return nil
        }
    }
}
