import Linux
import Telemetry

/// The names under which the system before this one told of its syncs of clinics' calendars, for the dashboards and alerts that
/// know them. They are the runner's figures of one kind of jobs.
enum SyncFamilies {
    static let kind = "sync-schedule"

    /// From what all have published; a name that somebody publishes stays as it is. Before the first sync all is 0.
    static func derived(from families: [FamilySnapshot]) -> [FamilySnapshot] {
        let known = Dictionary(families.map { ($0.description.name, $0) }) { first, _ in first }
        guard let there = known["millrace_service_up"]?.series.first(where: { $0.labels.first == "runner" }) else {
            return []
        }
        func family(_ description: FamilyDescription, from source: String, _ none: SeriesValue) -> FamilySnapshot? {
            guard known[description.name] == nil else { return nil }
            var series: [SeriesSnapshot] = []
            if let source = known[source], let place = source.description.labels.firstIndex(of: "kind") {
                series = source.series.filter { $0.labels[place] == kind && $0.value.kind == none.kind }.map { series in
                    SeriesSnapshot([series.labels[0]], created: series.created, series.value)
                }
            }
            if series.isEmpty { series = [SeriesSnapshot(["runner"], created: there.created, none)] }
            return FamilySnapshot(description, series)
        }
        let jobs = known["millrace_job_duration_seconds"]?.description
        let durations = FamilyDescription(
            "sync_duration_seconds", "How long syncs of clinics' calendars took.", .histogram, unit: "seconds",
            labels: ["service"], bounds: jobs?.bounds ?? Bounds.long, scale: jobs?.scale ?? 1)
        let empty = HistogramValue(counts: Array(repeating: 0, count: durations.bounds.count + 1), sum: 0)
        return [
            family(
                FamilyDescription(
                    "sync_queue_active", "Syncs of clinics' calendars that run.", .gauge, labels: ["service"]),
                from: "millrace_kind_running", .gauge(0)),
            family(
                FamilyDescription(
                    "sync_queue_queued", "Syncs of clinics' calendars that wait.", .gauge, labels: ["service"]),
                from: "millrace_kind_waiting", .gauge(0)),
            family(durations, from: "millrace_job_duration_seconds", .histogram(empty)),
        ].compactMap { $0 }
    }
}
