import Linux
public import Telemetry

extension Collector {
    /// All families of all services, each once, and those about the collecting itself. Of two services that call different things
    /// by one name the first by its own name is shown, the other is counted in `millrace_metrics_conflicts`.
    public func families(now: Duration) -> [FamilySnapshot] {
        var merged: [MergedFamily] = []
        var places: [String: Int] = [:]
        var conflicts: [String: Int] = [:]
        for (name, service) in services.sorted(by: { $0.key < $1.key }) {
            var mine: Set<String> = []
            func add(_ family: FamilySnapshot, slot: Int) {
                let key = family.description.name
                guard !Self.ownNames.contains(key) else {
                    conflicts[key, default: 0] += 1
                    return
                }
                let place: Int
                if let known = places[key] {
                    place = known
                } else {
                    place = merged.count
                    places[key] = place
                    merged.append(MergedFamily(family.description))
                }
                guard merged[place].takes(family.description) else {
                    conflicts[key, default: 0] += 1
                    return
                }
                merged[place].add(family, service: name, slot: slot, isFirst: mine.insert(key).inserted)
            }
            for live in service.live {
                for family in live.member.snapshot.families { add(family, slot: live.member.slot) }
            }
            for gone in service.gone {
                for family in gone.snapshot.families { add(family, slot: gone.slot) }
            }
            for family in service.sums { add(family, slot: 0) }
        }
        return merged.map { FamilySnapshot($0.description, $0.series) } + own(now: now, conflicts: conflicts)
    }

    /// Names that nobody else can use.
    private static let kinds: KeyValuePairs<String, (String, MetricKind, [String])> = [
        "millrace_service_up": (
            "Whether an instance published lately (0: its values are stale).", .gauge, ["instance"]
        ),
        "millrace_service_silence_seconds": ("How long ago an instance published last.", .gauge, ["instance"]),
        "millrace_service_start_time_seconds": ("When an instance began, since 1970.", .gauge, ["instance"]),
        "millrace_service_restarts": ("Instances that took the place of another.", .counter, []),
        "millrace_metrics_publishes": ("Snapshots that came.", .counter, []),
        "millrace_metrics_series": ("Series of a family, summed over the instances.", .gauge, ["family"]),
        "millrace_metrics_series_limit": ("Series a family may have in an instance.", .gauge, ["family"]),
        "millrace_metrics_overflow": (
            "How often a new series was refused; the label names what made the family grow.", .counter,
            ["family", "label"]
        ),
        "millrace_metrics_expired": ("Series that were dropped since nothing changed them.", .counter, ["family"]),
    ]
    private static let conflictName = "millrace_metrics_conflicts"
    private static let ownNames = Set(kinds.map(\.key) + [conflictName])

    /// What is known of the instances and of how full families are.
    private func own(now: Duration, conflicts: [String: Int]) -> [FamilySnapshot] {
        var rows: [String: [SeriesSnapshot]] = [:]
        func put(_ name: String, _ labels: [String], _ value: SeriesValue) {
            rows[name, default: []].append(SeriesSnapshot(labels, created: began, value))
        }
        for (name, service) in services.sorted(by: { $0.key < $1.key }) {
            for live in service.live {
                let labels = [name, String(live.member.slot)]
                put("millrace_service_up", labels, .gauge(live.isStale ? 0 : 1))
                put("millrace_service_silence_seconds", labels, .gauge((now - live.heard) / .seconds(1)))
                put(
                    "millrace_service_start_time_seconds", labels,
                    .gauge(Double(live.member.snapshot.source.started.milliseconds) / 1000))
            }
            put("millrace_service_restarts", [name], .counter(CounterValue(Double(service.restarts))))
            put("millrace_metrics_publishes", [name], .counter(CounterValue(Double(service.publishes))))
            for (family, report) in service.guards.sorted(by: { $0.key < $1.key }) {
                put("millrace_metrics_series", [name, family], .gauge(Double(report.series)))
                put("millrace_metrics_series_limit", [name, family], .gauge(Double(report.limit)))
                if let widest = report.widest {
                    put(
                        "millrace_metrics_overflow", [name, family, widest.label],
                        .counter(CounterValue(Double(report.refused))))
                }
                if report.expired > 0 {
                    put("millrace_metrics_expired", [name, family], .counter(CounterValue(Double(report.expired))))
                }
            }
        }
        var own = Self.kinds.map { name, kind in
            FamilySnapshot(
                FamilyDescription(
                    name, kind.0, kind.1, unit: name.hasSuffix("_seconds") ? "seconds" : "",
                    labels: ["service"] + kind.2), rows[name] ?? [])
        }
        own.append(
            FamilySnapshot(
                FamilyDescription(
                    Self.conflictName, "Instances whose family of that name is another than that of others.",
                    .gauge, labels: ["family"]),
                conflicts.sorted { $0.key < $1.key }.map {
                    SeriesSnapshot([$0.key], created: began, .gauge(Double($0.value)))
                }))
        return own.filter { !$0.series.isEmpty }
    }

    /// An instance as people see it.
    public struct SourceView: Sendable, Hashable {
        public var source: Snapshot.Source
        public var slot: Int
        public var silence: Duration
        public var isStale: Bool
    }

    /// Who is there, by service and slot.
    public func sources(now: Duration) -> [SourceView] {
        services.sorted { $0.key < $1.key }.flatMap { _, service in
            service.live.map {
                SourceView(
                    source: $0.member.snapshot.source, slot: $0.member.slot, silence: now - $0.heard,
                    isStale: $0.isStale)
            }
        }
    }
}

extension Collector.Service {
    /// By family, over the instances that live.
    fileprivate var guards: [String: GuardReport] {
        var guards: [String: GuardReport] = [:]
        for live in live {
            for family in live.member.snapshot.families {
                guard let report = family.guarding else { continue }
                guard var sum = guards[family.description.name] else {
                    guards[family.description.name] = report
                    continue
                }
                sum.series += report.series
                sum.refused &+= report.refused
                sum.expired &+= report.expired
                sum.widest = report.widest ?? sum.widest
                guards[family.description.name] = sum
            }
        }
        return guards
    }
}
