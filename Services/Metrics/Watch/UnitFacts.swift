import Glibc
import Linux
import Logging
import MillraceProtocol
import Telemetry

/// What systemd knows of our units: state, restarts, watchdog, memory, time of the processor, tasks.
///
/// It is asked through systemctl, which stands wherever systemd does; not where the suite runs without it.
final class UnitFacts: Sendable {
    static let patience = Duration.seconds(5)
    static let states = ["active", "activating", "reloading", "deactivating", "inactive", "failed"]

    private static let properties =
        "Id,ActiveState,NRestarts,MemoryCurrent,CPUUsageNSec,TasksCurrent,WatchdogTimestampMonotonic"

    private let isInstalled: Bool
    private let time: any TimeSource
    private let log: Logger
    private let latest = Locked<[FamilySnapshot]>([])
    private let isSilent = Locked(false)

    init(isInstalled: Bool, time: any TimeSource, log: Logger) {
        self.isInstalled = isInstalled && Files.exists("/run/systemd/system")
        self.time = time
        self.log = log
    }

    var families: [FamilySnapshot] { latest.withLock { $0 } }

    /// Asks systemd. What it does not say within the bound stays as it was.
    func look() async {
        guard isInstalled else { return }
        do {
            let text = try await ProgramAnswer.output(
                of: ["systemctl", "show", "--property=\(Self.properties)"] + KnownService.all.map(\.unit),
                within: Self.patience, time: time)
            let families = Self.families(text, wall: time.wall(), monotonic: SystemTime().monotonic())
            latest.withLock { $0 = families }
            isSilent.withLock { $0 = false }
        } catch {
            let isNews = isSilent.withLock { isSilent in
                defer { isSilent = true }
                return !isSilent
            }
            if isNews { log.warning("systemd was not asked for our units, continuing: \(error)") }
        }
    }

    /// Reads the answer of `systemctl show`: blocks of `Name=Value`, a blank line between units.
    static func families(_ text: String, wall: Timestamp, monotonic: Duration) -> [FamilySnapshot] {
        func family(_ name: String, _ help: String, _ kind: MetricKind, unit: String = "") -> FamilySnapshot {
            FamilySnapshot(FamilyDescription(name, help, kind, unit: unit, labels: ["unit"]), [])
        }
        var state = FamilySnapshot(
            FamilyDescription(
                "millrace_unit_state", "The state of a unit.", .stateSet, labels: ["unit"], states: states), [])
        var restarts = family("millrace_unit_restarts", "Restarts of a unit by systemd.", .counter)
        var memory = family(
            "millrace_unit_memory_bytes", "Memory of a unit, all of its processes.", .gauge, unit: "bytes")
        var cpu = family(
            "millrace_unit_cpu_seconds", "Time of the processor that a unit used.", .counter, unit: "seconds")
        var tasks = family("millrace_unit_tasks", "Processes and threads of a unit.", .gauge)
        var watchdog = family(
            "millrace_unit_watchdog_age_seconds", "How long ago a unit told its watchdog that it lives.", .gauge,
            unit: "seconds")
        for block in text.split(separator: "\n\n") {
            var values: [Substring: Substring] = [:]
            for line in block.split(separator: "\n") {
                guard let equals = line.firstIndex(of: "=") else { continue }
                values[line[..<equals]] = line[line.index(after: equals)...]
            }
            guard let unit = values["Id"].map(String.init), let active = values["ActiveState"] else { continue }
            func put(_ family: inout FamilySnapshot, _ value: SeriesValue?) {
                if let value { family.series.append(SeriesSnapshot([unit], created: wall, value)) }
            }
            // "[not set]" and the greatest number stand for unknown.
            func number(_ name: Substring) -> Double? {
                values[name].flatMap { UInt64($0) }.flatMap { $0 == .max ? nil : Double($0) }
            }
            put(&state, .states(states.map { $0 == active }))
            put(&restarts, number("NRestarts").map { .counter(CounterValue($0)) })
            put(&memory, number("MemoryCurrent").map { .gauge($0) })
            put(&cpu, number("CPUUsageNSec").map { .counter(CounterValue($0 / 1e9)) })
            put(&tasks, number("TasksCurrent").map { .gauge($0) })
            if let beat = number("WatchdogTimestampMonotonic"), beat > 0 {
                put(&watchdog, .gauge(max(0, monotonic / .seconds(1) - beat / 1e6)))
            }
        }
        return [state, restarts, memory, cpu, tasks, watchdog].filter { !$0.series.isEmpty }
    }
}
