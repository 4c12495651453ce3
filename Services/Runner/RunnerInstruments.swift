import Linux
import MillraceProtocol
import Telemetry

/// What the runner counts as it happens. What it merely knows is told in ``Runner/families(created:)``.
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
        let outcomes = registry.counters(
            "millrace_items_ended", "Attempts at items by what became of the item; ready: it will be tried again.",
            labels: ["state"])
        ready = registry.gauges("millrace_queue_ready", "Jobs that could run at once.", labels: ["queue"])
        items = Dictionary(uniqueKeysWithValues: ItemState.allCases.map { ($0, outcomes.with($0.rawValue)) })
    }

    func came(_ lane: Lane) {
        guard !lane.isOwn else { return }
        queue(lane.queue).submitted.increment()
    }

    func ended(_ job: JobView) {
        queue(job.queue).finished.increment()
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

extension Runner {
    /// What the runner knows at a moment: kinds, queues, pools, breakers, buckets.
    func families(created: Timestamp) -> [FamilySnapshot] {
        let (queued, ofKinds) = (live.queues, live.kinds)
        let now = time.boot()
        let (load, resources) = state.withLock { ($0.dispatcher.load, $0.dispatcher.resources.resources) }
        let running = load.queues
        func gauges(
            _ name: String, _ help: String, _ label: String, _ values: [(String, Double)]
        ) -> FamilySnapshot {
            FamilySnapshot(
                FamilyDescription(name, help, .gauge, labels: [label]),
                values.sorted { $0.0 < $1.0 }.prefix(Registry.limit).map {
                    SeriesSnapshot([$0.0], created: created, .gauge($0.1))
                })
        }
        let names = Set(queued.keys).union(running.keys)
        let pools = pools?.views ?? []
        let states = BreakerState.allCases.map(\.rawValue)
        let breakers = breakerViews().prefix(Registry.limit).map { breaker in
            SeriesSnapshot([breaker.name], created: created, .states(states.map { $0 == breaker.state.rawValue }))
        }
        let kinds = Set(ofKinds.keys).union(load.kinds.keys)
        return [
            gauges(
                "millrace_kind_waiting", "Jobs that do not run: ready, held or before their time.", "kind",
                kinds.map { ($0, Double(max(0, ofKinds[$0, default: 0] - load.kinds[$0, default: 0]))) }),
            gauges(
                "millrace_kind_running", "Jobs that run.", "kind",
                kinds.map { ($0, Double(load.kinds[$0, default: 0])) }),
            gauges(
                "millrace_queue_waiting", "Jobs that do not run: ready, held or before their time.", "queue",
                names.map { ($0, Double(max(0, queued[$0, default: 0] - running[$0, default: 0]))) }),
            gauges(
                "millrace_queue_running", "Jobs that run.", "queue", names.map { ($0, Double(running[$0, default: 0])) }
            ),
            gauges(
                "millrace_pool_total", "Worker processes there may be.", "pool",
                pools.map { ($0.name, Double($0.processes)) }),
            gauges(
                "millrace_pool_running", "Worker processes there are.", "pool",
                pools.map { ($0.name, Double($0.running.count)) }),
            gauges(
                "millrace_resource_tokens", "Tokens left in a bucket.", "resource",
                resources.compactMap { name, resource in resource.bucket.map { (name, Double($0.tokens(at: now))) } }),
            gauges(
                "millrace_resource_waiting", "Who waits for a token.", "resource",
                resources.map { ($0.key, Double($0.value.line.count)) }),
            FamilySnapshot(
                FamilyDescription(
                    "millrace_breaker_state", "Whether calls to a dependency are let through.", .stateSet,
                    labels: ["name"],
                    merging: .each, states: states), Array(breakers)),
        ].filter { !$0.series.isEmpty }
    }
}
