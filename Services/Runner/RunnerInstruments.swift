import Linux
import MillraceProtocol
import Telemetry

/// What the runner counts as it happens. What it merely knows is told by ``Runner/knownFamilies()``.
final class RunnerInstruments: Sendable {
    /// The series of a kind, or of a queue.
    private struct Series: Sendable {
        var finished: Counter
        var failed: Counter
        var duration: Histogram
        var waited: Histogram
        var succeeded: Gauge
    }

    private struct Known: Sendable {
        var kinds: [String: Series] = [:]
        var queues: [String: (submitted: Counter, finished: Counter)] = [:]
    }

    /// Names that are looked up without the family's lock; a runner has few of them.
    private static let names = 200

    private let finished: Family<Counter>
    private let failed: Family<Counter>
    private let durations: Family<Histogram>
    private let waits: Family<Histogram>
    private let succeeded: Family<Gauge>
    private let queueSubmitted: Family<Counter>
    private let queueFinished: Family<Counter>
    private let outcomes: [JobState: Counter]
    private let items: [ItemState: Counter]
    private let ready: Family<Gauge>
    private let known = Locked(Known())

    init(_ registry: Registry) {
        finished = registry.counters("millrace_jobs_finished", "Jobs that came to an end.", labels: ["kind"])
        failed = registry.counters(
            "millrace_jobs_failed", "Jobs that failed, or some of whose items did.", labels: ["kind"], exemplars: true)
        durations = registry.histograms(
            "millrace_job_duration_seconds", "How long jobs took from their start to their end.", labels: ["kind"],
            bounds: Telemetry.Bounds.long)
        waits = registry.histograms(
            "millrace_job_wait_seconds", "How long jobs waited from the time they could run to their start.",
            labels: ["kind"], bounds: Telemetry.Bounds.long, exemplars: false)
        succeeded = registry.gauges(
            "millrace_job_last_success_timestamp_seconds",
            "When a job of the kind last succeeded, since 1970; 0 where none has since this runner began.",
            unit: "seconds", labels: ["kind"], merging: .max)
        queueSubmitted = registry.counters("millrace_queue_submitted", "Jobs that were taken in.", labels: ["queue"])
        queueFinished = registry.counters("millrace_queue_finished", "Jobs that came to an end.", labels: ["queue"])
        let jobs = registry.counters("millrace_jobs_ended", "Jobs by how they came to an end.", labels: ["state"])
        let attempts = registry.counters(
            "millrace_items_ended", "Attempts at items by what became of the item; ready: it will be tried again.",
            labels: ["state"])
        ready = registry.gauges("millrace_queue_ready", "Jobs that could run at once.", labels: ["queue"])
        outcomes = Dictionary(
            uniqueKeysWithValues: JobState.allCases.filter(\.isFinal).map { ($0, jobs.with($0.rawValue)) })
        items = Dictionary(uniqueKeysWithValues: ItemState.allCases.map { ($0, attempts.with($0.rawValue)) })
    }

    func came(_ lane: Lane) {
        guard !lane.isOwn else { return }
        queue(lane.queue).submitted.increment()
    }

    func ended(_ job: JobView) {
        queue(job.queue).finished.increment()
        outcomes[job.state]?.increment()
        let series = kind(job.kind)
        series.finished.increment()
        if job.state == .failed || job.state == .partial { series.failed.increment(correlation: job.correlationId) }
        guard let started = job.startedAt, let ended = job.finishedAt else { return }
        if job.state == .succeeded { series.succeeded.set(Double(ended.milliseconds) / 1000) }
        let took = ended - started
        if took < .seconds(1) {
            series.duration.record(took)
        } else {
            series.duration.record(took, correlation: job.correlationId)
        }
        series.waited.record(started - max(job.submittedAt, job.runAt ?? job.submittedAt))
    }

    /// Takes down how many jobs of each queue could run; a queue that is not named has none.
    func ready(_ counts: [String: Int]) {
        let names = known.withLock { Set($0.queues.keys) }.union(counts.keys)
        for name in names { ready.with(name).set(counts[name, default: 0]) }
    }

    func item(_ state: ItemState) { items[state]?.increment() }

    private func kind(_ name: String) -> Series {
        if let series = known.withLock({ $0.kinds[name] }) { return series }
        let series = Series(
            finished: finished.with(name), failed: failed.with(name), duration: durations.with(name),
            waited: waits.with(name), succeeded: succeeded.with(name))
        known.withLock { if $0.kinds.count < Self.names { $0.kinds[name] = series } }
        return series
    }

    private func queue(_ name: String) -> (submitted: Counter, finished: Counter) {
        if let series = known.withLock({ $0.queues[name] }) { return series }
        let series = (submitted: queueSubmitted.with(name), finished: queueFinished.with(name))
        known.withLock { if $0.queues.count < Self.names { $0.queues[name] = series } }
        return series
    }
}
