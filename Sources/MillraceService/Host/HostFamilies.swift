import Glibc
import Linux
import MillraceProtocol
import MillraceRPC
public import Telemetry

/// What every process tells of itself, beside what it counts.
public enum ProcessFamilies {
    /// Memory, time, descriptors. The names are those that the earlier systems had, and Prometheus' own.
    public static func all(since started: Duration, created: Timestamp, time: any TimeSource) -> [FamilySnapshot] {
        func gauge(_ name: String, _ help: String, unit: String = "", _ value: Double) -> FamilySnapshot {
            FamilySnapshot(
                FamilyDescription(name, help, .gauge, unit: unit, merging: .each),
                [SeriesSnapshot(created: created, .gauge(value))])
        }
        var families = [
            gauge(
                "process_uptime_seconds", "How long the process has run.", unit: "seconds",
                (time.boot() - started) / .seconds(1))
        ]
        if let memory = ProcessFigures.memory {
            families.append(gauge("process_memory_bytes", "Memory in use.", unit: "bytes", memory))
        }
        if let cpu = ProcessFigures.cpu {
            families.append(
                FamilySnapshot(
                    FamilyDescription("process_cpu_seconds", "Time of the processor used.", .counter, unit: "seconds"),
                    [SeriesSnapshot(created: created, .counter(CounterValue(cpu)))]))
        }
        if let descriptors = ProcessFigures.descriptors {
            families.append(gauge("process_open_fds", "Open descriptors.", descriptors))
        }
        return families
    }
}

/// Figures that are asked for as families of series.
enum HostFamilies {
    /// What a server knows of its connections.
    static func connections(_ statistics: ServerStatistics, created: Timestamp) -> [FamilySnapshot] {
        func family(_ name: String, _ help: String, _ kind: MetricKind, unit: String = "", _ value: Int)
            -> FamilySnapshot
        {
            let value = Double(value)
            return FamilySnapshot(
                FamilyDescription(name, help, kind, unit: unit),
                [SeriesSnapshot(created: created, kind == .counter ? .counter(CounterValue(value)) : .gauge(value))])
        }
        return [
            family("millrace_rpc_connections", "Connections that are open.", .gauge, statistics.connections),
            family("millrace_rpc_connections_accepted", "Connections that were made.", .counter, statistics.accepted),
            family(
                "millrace_rpc_connections_refused", "Connections that were turned away at a limit.", .counter,
                statistics.refused),
            family("millrace_rpc_in_flight", "Requests that are being answered.", .gauge, statistics.sessions.inFlight),
            family(
                "millrace_rpc_waiting_bytes", "What waits for callers who do not read.", .gauge, unit: "bytes",
                statistics.sessions.waitingBytes),
        ]
    }

    /// How each check of a service turned out.
    static func checks(_ report: ServiceReport, created: Timestamp) -> FamilySnapshot {
        let verdicts = ServiceStatus.Verdict.allCases
        return FamilySnapshot(
            FamilyDescription(
                "millrace_check", "How the checks of a service turned out.", .stateSet, labels: ["check"],
                merging: .each,
                states: verdicts.map(\.rawValue)),
            report.checks.map { check in
                SeriesSnapshot([check.name], created: created, .states(verdicts.map { $0 == check.verdict }))
            })
    }

    /// The figures of `service.metrics`; those of one name with different labels are passed over after the first, and so is what
    /// bears a name that no family can have, such as the parts of a histogram.
    static func figures(_ metrics: [ServiceMetrics.Metric], created: Timestamp) -> [FamilySnapshot] {
        var families: [FamilySnapshot] = []
        var places: [String: Int] = [:]
        for metric in metrics {
            let isCounter = metric.type == .counter
            let name = metric.name.hasSuffix("_total") ? String(metric.name.dropLast(6)) : metric.name
            let labels = (metric.labels ?? [:]).sorted { $0.key < $1.key }
            let description = FamilyDescription(
                name, "As service.metrics tells it.", isCounter ? .counter : .gauge, labels: labels.map(\.key))
            guard description.problem == nil, metric.value.isFinite, !isCounter || metric.value >= 0 else { continue }
            let series = SeriesSnapshot(
                labels.map(\.value), created: created,
                isCounter ? .counter(CounterValue(metric.value)) : .gauge(metric.value))
            if let place = places[name] {
                guard families[place].description == description,
                    !families[place].series.contains(where: { $0.labels == series.labels })
                else { continue }
                families[place].series.append(series)
            } else {
                places[name] = families.count
                families.append(FamilySnapshot(description, [series]))
            }
        }
        return families
    }
}
