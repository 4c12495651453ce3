import Calendars
import Declarations
import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import MillraceService
import MillraceStore
import Schedules
import Schemas
import Telemetry

/// Submits jobs at their times: each nominal time of a schedule is decided once and has at most one job.
///
/// What a schedule does when is ``ScheduleCourse``'s to say, without clock; here are the clock, the database and the runner.
/// A run is submitted first and written down after: the key under which it is submitted is made of the schedule and the
/// nominal time, so whatever was not written down before a crash is submitted again and is the same job.
final class Scheduler: Service {
    static let name = "scheduler"
    static let summary = "submits jobs at their times, each once, across clock changes and crashes"
    static let openRPC: [UInt8]? = Schemas.scheduler

    struct State {
        var configuration: SchedulerConfiguration
        /// Ends when nothing is due; a new one begins with the next kick.
        var turning: Task<Void, Never>?
        /// Something changed while it turned.
        var isKicked = false
        /// Zones have changed, so all next times are to be worked out anew.
        var needsRecount = false
        var isDraining = false
        var timer: WallTimer?
        var away: (since: Timestamp, message: String, until: Duration, pause: Duration)?
        var outcomes: [ScheduleOutcome: UInt64] = [:]
        var clockSets: UInt64 = 0
        var zoneReads: UInt64 = 0
        var schedules = 0
        var nextDue: Instant?
        var lastFailure: String?
    }

    let host: HostContext
    let log: Logger
    let time: any TimeSource
    let store: Database
    let runner: RunnerDesk
    /// What jitter is stable for.
    let machine: String
    let latenesses: Histogram
    let state: Locked<State>

    init(_ configuration: SchedulerConfiguration, host: HostContext) async throws {
        self.host = host
        log = host.log
        time = host.time
        machine = Self.machineID()
        latenesses = host.registry.histogram(
            "millrace_schedule_lateness_seconds", "How late runs of schedules were submitted.", bounds: Bounds.lateness)
        var options = DatabaseOptions()
        options.onLoss = DatabaseOptions.endingOnLoss
        options.meters = StoreMeters(host.registry, time: host.time)
        store = try Database.open(
            host.stateDirectory + "/scheduler.sqlite", migrations: ScheduleStore.migrations, durability: .disk,
            exclusive: true, options: options)
        runner = RunnerDesk(socket: host.runtimeDirectory + "/runner.sock", log: host.log, time: host.time)
        state = Locked(State(configuration: configuration))
        let found = try read(configuration)
        try await declare(found)
    }

    /// So many runs stay in the history of each schedule.
    var keep: Int { state.withLock { $0.configuration.history } }

    func start(server: RPCServer) async throws {
        let timer = try WallTimer("wall-timer") { [weak self] event in self?.hear(event) }
        for folder in Self.zoneFolders() {
            do {
                try timer.watch(folder)
            } catch {
                log.notice("changes of time zones there are not noticed: \(error)")
            }
        }
        state.withLock { $0.timer = timer }
    }

    func serving() async throws { kick() }

    func reload(_ configuration: SchedulerConfiguration) async {
        do {
            let found = try read(configuration)
            state.withLock { $0.configuration = configuration }
            try await declare(found)
            kick()
        } catch {
            log.error("the schedules were not read again, what was in force goes on: \(error)")
        }
    }

    func drain(within limit: Duration) async {
        let turning = state.withLock { state in
            state.isDraining = true
            state.timer = nil
            return state.turning
        }
        await turning?.value
        runner.close()
    }

    func close() async { store.close() }

    /// A commit and a look for what is due: what a run needs of us. The watchdog beats only after it.
    func canary() async throws {
        try await store.write(.crash) { db in try db.run("UPDATE schedule SET due = due WHERE id = 0") }
        _ = try await store.read { try ScheduleStore.nextDue($0) }
    }

    func status() async -> ServiceReport {
        let (away, schedules, next, failure) = state.withLock {
            ($0.away, $0.schedules, $0.nextDue, $0.lastFailure)
        }
        let lateness = latenesses.histogram
        let late = { (share: Double) in (lateness.quantile(share, bounds: Bounds.lateness) ?? 0) * 1000 }
        var checks: [ServiceStatus.Check] = []
        if let away {
            checks.append(.init("runner", .warn, reason: "not there since \(away.since): \(away.message)"))
        } else {
            checks.append(.init("runner", .ok))
        }
        if let failed = store.statistics.lastFailure {
            checks.append(.init("store", .fail, reason: "the last write failed: \(failed)"))
        } else {
            checks.append(failure.map { .init("store", .warn, reason: $0) } ?? .init("store", .ok))
        }
        let noun = schedules == 1 ? "schedule" : "schedules"
        return ServiceReport(
            "\(schedules) \(noun), next \(next.map { $0.timestamp.description } ?? "never")", checks: checks,
            figures: [
                "schedules": Double(schedules), "lateness_p50_ms": late(0.5), "lateness_p99_ms": late(0.99),
            ])
    }

    private static func machineID() -> String {
        do throws(SystemError) {
            return trimmed(try Files.readText("/etc/machine-id", limit: 4096))
        } catch {
            return ""
        }
    }
}

// MARK: - Declarations

extension Scheduler {
    private func read(_ configuration: SchedulerConfiguration) throws(DeclarationFault) -> ScheduleFolder {
        let (folder, mayBeAbsent) = host.declarations.folder(.schedules, setting: configuration.folder)
        let (found, problems) = ScheduleFolder.load(folder, mayBeAbsent: mayBeAbsent)
        try DeclarationFault.tell(problems.verdict, of: .schedules, log)
        return found
    }

    static func judgeDeclarations(
        _ configuration: SchedulerConfiguration, at places: DeclarationPlaces
    ) -> DeclarationVerdict {
        let (folder, mayBeAbsent) = places.folder(.schedules, setting: configuration.folder)
        return ScheduleFolder.load(folder, mayBeAbsent: mayBeAbsent).problems.verdict
    }

    /// Puts what files declare in force; what no file declares any more goes.
    private func declare(_ folder: ScheduleFolder) async throws {
        let now = time.wall()
        let machine = machine
        try await store.write { db in
            let gone = try db.query("SELECT name FROM schedule WHERE file IS NOT NULL") { $0.text(0) }
                .filter { folder.schedules[$0] == nil }
            for name in gone { try db.run("DELETE FROM schedule WHERE name = ?", .text(name)) }
            for (specification, file) in folder.schedules.values {
                let rule = try ScheduleRule(specification, machine: machine)
                try Self.place(db, rule, file: file, now: now)
            }
        }
        try await count()
    }

    /// Makes or changes a schedule. Its times are counted from now on, unless they are what they were.
    static func place(_ db: Connection, _ rule: ScheduleRule, file: String?, now: Timestamp) throws {
        let specification = rule.specification
        let exists = try db.first("SELECT 1 FROM schedule WHERE name = ?", .text(specification.name)) { _ in true }
        var cursor = Instant(now)
        if exists == true {
            let old = try ScheduleStore.named(db, specification.name)
            if old.specification == specification, old.file == file { return }
            var other = old.specification
            other.job = specification.job
            other.summary = specification.summary
            cursor = other == specification ? old.cursor : max(old.cursor, cursor)
        }
        let next = rule.next(after: cursor)
        try ScheduleStore.put(
            db, specification, file: file, cursor: cursor, next: next, due: next.map(rule.start), now: now)
    }

    func count() async throws {
        let count = try await store.read { try ScheduleStore.count($0) }
        state.withLock { $0.schedules = count }
    }
}

// MARK: - Clocks

extension Scheduler {
    private func hear(_ event: WallTimer.Event) {
        switch event {
        case .due: kick()
        case .clockSet:
            state.withLock { $0.clockSets += 1 }
            log.notice("the clock was set", metadata: ["now": "\(time.wall())"])
            kick()
        case .changed(let names):
            guard Self.concernsZones(names) else { return }
            state.withLock { $0.zoneReads += 1 }
            log.notice("time zones have changed")
            ZoneDatabase.system.forget()
            state.withLock { $0.needsRecount = true }
            kick()
        }
    }

    private static func concernsZones(_ names: [String]) -> Bool {
        if names.contains(where: { $0 == "localtime" || $0 == "timezone" || $0 == "tzdata.zi" }) { return true }
        let known = Set(ZoneDatabase.system.names().map { Files.name($0) })
        return names.contains { known.contains($0) }
    }

    /// Where zone files lie, and what names the machine's own zone.
    private static func zoneFolders() -> [String] {
        let root = ZoneDatabase.system.folder
        let inner = Set(ZoneDatabase.system.names().map { Files.parent("\(root)/\($0)") })
        return ["/etc", root] + inner.subtracting([root]).sorted()
    }

    /// Works all next times out anew, for zones or the clock have changed.
    func recount() async {
        var after = ""
        do {
            while true {
                let (from, machine) = (after, machine)
                let now = time.wall()
                let (last, faults) = try await store.write { db -> (String?, [String]) in
                    var faults: [String] = []
                    let page = try ScheduleStore.list(db, prefix: "", after: from, limit: 500)
                    for var schedule in page {
                        let rule: ScheduleRule
                        do throws(ScheduleFault) {
                            rule = try ScheduleRule(schedule.specification, machine: machine)
                        } catch {
                            faults.append("\(schedule.specification.name): \(error)")
                            schedule.hasNoTimes(because: error, now)
                            try ScheduleStore.advance(db, schedule, [], keep: .max, now: now)
                            continue
                        }
                        schedule.stand(by: rule)
                        try ScheduleStore.advance(db, schedule, [], keep: .max, now: now)
                    }
                    return (page.last?.specification.name, faults)
                }
                for fault in faults { log.error("the times of a schedule cannot be worked out any more: \(fault)") }
                guard let last else { break }
                after = last
            }
        } catch {
            log.error("next runs were not worked out anew for the changed zones: \(error)")
        }
    }
}
