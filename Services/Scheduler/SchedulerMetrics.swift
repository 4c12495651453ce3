import Calendars
import MillraceProtocol
import MillraceStore
import Schedules
import Telemetry

extension Scheduler {
    /// What is told beside what is counted in the registry.
    func knownFamilies() async -> [FamilySnapshot] {
        let state = state.withLock { $0 }
        let known = KnownNumbers(since: host.registry.source.started)
        return [
            known.gauge("millrace_scheduler_schedules", "Schedules there are.", Double(state.schedules)),
            known.gauge(
                "millrace_scheduler_runner_away", "Whether runs wait because the runner is not there.",
                state.away == nil ? 0 : 1),
            known.counter(
                "millrace_scheduler_clock_sets", "Times that the wall clock was set.", Double(state.clockSets)),
            known.counter(
                "millrace_scheduler_zone_reads", "Times that time zones were read again.", Double(state.zoneReads)),
            known.counters(
                "millrace_scheduler_runs", "Times of schedules, by what became of them.", label: "outcome",
                ScheduleOutcome.allCases.map { ($0.rawValue, Double(state.outcomes[$0] ?? 0)) }),
        ] + (await lastRuns(known))
    }

    /// When schedules ran last, and how far it was from there to the next time: of those whose time comes first.
    private func lastRuns(_ known: KnownNumbers) async -> [FamilySnapshot] {
        guard !state.withLock({ $0.isDraining }) else { return [] }
        let schedules: [StoredSchedule]
        do {
            let end = Instant(microseconds: .max)
            schedules = try await store.read { try ScheduleStore.due($0, by: end, limit: Registry.limit) }
        } catch {
            log.warning("it is not told when schedules ran last: \(error)")
            return []
        }
        var lasts: [(String, Double)] = []
        var periods: [(String, Double)] = []
        for schedule in schedules {
            guard !schedule.paused, let last = schedule.lastNominal else { continue }
            let name = schedule.specification.name
            lasts.append((name, Double(last.microseconds) / 1e6))
            guard let following = following(last, of: schedule) else { continue }
            // Figures are no younger than the last publication: what runs each second is not missed for that.
            periods.append((name, max(60, Double(following.microseconds - last.microseconds) / 1e6)))
        }
        return [
            known.gauges(
                "millrace_scheduler_last_run_timestamp_seconds", "The time of the last run, since 1970.",
                unit: "seconds", label: "schedule", lasts),
            known.gauges(
                "millrace_scheduler_period_seconds", "From the last run to the time after it, a minute at least.",
                unit: "seconds", label: "schedule", periods),
        ]
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
