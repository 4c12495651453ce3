import Linux
import StatusPage
import Telemetry

/// How long the jobs of each kind took within the last day: what was counted until now, less what was counted a day ago.
struct DayBook: Sendable {
    static let durations = "millrace_job_duration_seconds"
    static let failures = "millrace_jobs_failed"
    static let step = Duration.seconds(3600)
    static let day = Duration.seconds(24 * 3600)

    private typealias Counts = [String: SeriesValue]

    /// Hourly, the oldest a day old at most.
    private var pages: [(at: Duration, durations: Counts, failures: Counts)] = []

    mutating func note(_ families: [FamilySnapshot], now: Duration) {
        if let last = pages.last, now - last.at < Self.step { return }
        pages.append((now, Self.counts(Self.durations, families), Self.counts(Self.failures, families)))
        while pages.count > 2, now - pages[1].at >= Self.day { pages.removeFirst() }
    }

    /// The slowest first.
    func kinds(_ families: [FamilySnapshot]) -> [PageState.Kind] {
        guard let bounds = families.first(where: { $0.description.name == Self.durations })?.description.bounds else {
            return []
        }
        let failures = Self.counts(Self.failures, families)
        let rows = Self.counts(Self.durations, families).compactMap { kind, value -> PageState.Kind? in
            let then = pages.first?.durations[kind]
            guard case .histogram(let grown) = then.map({ value.since($0) ?? value }) ?? value, grown.count > 0 else {
                return nil
            }
            let failed = (failures[kind]?.number ?? 0) - (pages.first?.failures[kind]?.number ?? 0)
            return PageState.Kind(
                kind, finished: Int(grown.count), failed: max(0, Int(failed)),
                median: grown.quantile(0.5, bounds: bounds),
                p95: grown.quantile(0.95, bounds: bounds))
        }
        return Array(rows.sorted { ($0.p95 ?? 0, $1.name) > ($1.p95 ?? 0, $0.name) }.prefix(15))
    }

    private static func counts(_ name: String, _ families: [FamilySnapshot]) -> Counts {
        guard let family = families.first(where: { $0.description.name == name }),
            let place = family.description.labels.firstIndex(of: "kind")
        else { return [:] }
        return Dictionary(family.series.map { ($0.labels[place], $0.value) }) { first, _ in first }
    }
}
