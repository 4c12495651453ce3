import Linux
import MillraceProtocol
import Telemetry

/// Counts what a worker does: how long each stage of each kind took, and how often it failed.
final class WorkMeters: Sendable {
    private struct Meter: Sendable {
        var duration: Histogram
        var failures: Counter
    }

    private let meters: [String: [WorkloadStage: Meter]]
    private let time: any TimeSource

    init(_ kinds: [String], _ registry: Registry, time: any TimeSource) {
        self.time = time
        let durations = registry.histograms(
            "millrace_work_duration_seconds", "How long the stages of work took, by kind.", labels: ["kind", "stage"],
            bounds: Bounds.long)
        let failures = registry.counters(
            "millrace_work_failures", "Stages of work that failed.", labels: ["kind", "stage"], exemplars: true)
        meters = Dictionary(
            uniqueKeysWithValues: kinds.map { kind in
                let stages = WorkloadStage.allCases.map { stage in
                    let labels = [kind, stage.rawValue]
                    return (stage, Meter(duration: durations.with(labels), failures: failures.with(labels)))
                }
                return (kind, Dictionary(uniqueKeysWithValues: stages))
            })
    }

    /// Runs a stage of a job and counts it.
    func measure<Value>(_ stage: WorkloadStage, of job: JobBrief, _ body: () async throws -> Value) async throws
        -> Value
    {
        guard let meter = meters[job.kind]?[stage] else { return try await body() }
        let began = time.boot()
        do {
            let value = try await body()
            meter.duration.record(time.boot() - began, correlation: job.correlationId)
            return value
        } catch {
            meter.duration.record(time.boot() - began, correlation: job.correlationId)
            meter.failures.increment(correlation: job.correlationId)
            throw error
        }
    }
}
