import Glibc
import Linux
import MillraceProtocol
import MillraceRPC
public import Telemetry

/// What every process tells of itself, beside what it counts.
public enum ProcessFamilies {
    /// Memory, time, descriptors. The names are those that the earlier systems had, and Prometheus' own.
    public static func all(since started: Duration, created: Timestamp, time: any TimeSource) -> [FamilySnapshot] {
        let known = KnownNumbers(since: created)
        var families = [
            known.gauge(
                "process_uptime_seconds", "How long the process has run.", unit: "seconds", merging: .each,
                (time.boot() - started) / .seconds(1))
        ]
        if let memory = ProcessFigures.memory {
            families.append(
                known.gauge("process_memory_bytes", "Memory in use.", unit: "bytes", merging: .each, memory))
        }
        if let cpu = ProcessFigures.cpu {
            families.append(known.counter("process_cpu_seconds", "Time of the processor used.", unit: "seconds", cpu))
        }
        if let descriptors = ProcessFigures.descriptors {
            families.append(known.gauge("process_open_fds", "Open descriptors.", merging: .each, descriptors))
        }
        return families
    }
}

/// What the host knows of a service, as families of series.
enum HostFamilies {
    /// What a server knows of its connections.
    static func connections(_ statistics: ServerStatistics, created: Timestamp) -> [FamilySnapshot] {
        let known = KnownNumbers(since: created)
        return [
            known.gauge(
                "millrace_rpc_connections", "Connections that are open.", Double(statistics.connections)),
            known.counter(
                "millrace_rpc_connections_accepted", "Connections that were made.", Double(statistics.accepted)),
            known.counter(
                "millrace_rpc_connections_refused", "Connections that were turned away at a limit.",
                Double(statistics.refused)),
            known.gauge(
                "millrace_rpc_in_flight", "Requests that are being answered.", Double(statistics.sessions.inFlight)),
            known.gauge(
                "millrace_rpc_waiting_bytes", "What waits for callers who do not read.", unit: "bytes",
                Double(statistics.sessions.waitingBytes)),
        ]
    }

    /// How each check of a service turned out.
    static func checks(_ report: ServiceReport, created: Timestamp) -> FamilySnapshot {
        KnownNumbers(since: created).stateSets(
            "millrace_check", "How the checks of a service turned out.",
            states: ServiceStatus.Verdict.allCases.map(\.rawValue), label: "check",
            report.checks.map { ($0.name, $0.verdict.rawValue) })
    }
}
