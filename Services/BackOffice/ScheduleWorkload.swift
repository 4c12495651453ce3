import BackOffice
import ClinicCalendar
import Crypto
import Linux
import MillraceProtocol
import MillraceService
import MillraceWorker
import Notion
import Resilience
import Telemetry
import WebClient

/// `sync-schedule`: a clinic's calendar, mirrored into the books. Items are dates.
///
/// Jobs bear the clinic as their key, so that the runner's limits for a key are those for a clinic; every request to a
/// calendar takes a permit of the resource ``resource``.
struct ScheduleWorkload: Workload {
    static let kind = "sync-schedule"
    static let summary = "Mirrors a clinic's calendar: slots, appointments, conflicts of bookings."
    static let resource = "clinic-calendar"

    private let door: BooksDoor
    private let calendars: ClinicCalendars

    init(books door: BooksDoor, calendars: ClinicCalendars) {
        self.door = door
        self.calendars = calendars
    }

    /// Kept until the runner lets go of the job, however it ends; so is the session in it.
    final class Context: Sendable {
        let sync: ScheduleSync.Context
        let held: HeldSession

        init(sync: ScheduleSync.Context, held: HeldSession) {
            self.sync = sync
            self.held = held
        }
    }

    /// What is kept of jobs that are under way in this process, for their last part.
    private let contexts = Locked<[JobID: WeakContext]>([:])

    private struct WeakContext {
        weak var context: Context?
    }

    func plan(_ params: ScheduleSyncParameters, _ run: JobRun) async throws -> Plan<Empty> {
        let engine = try await self.engine()
        return try await calendars.working(run, closing: engine) { id in
            let clinic = try await engine.books.clinic(params.clinic)
            let held = try await calendars.hold(clinic)
            do {
                let plan = try await engine.plan(params, id: id, session: held.session, run.lines)
                return Plan(
                    items: plan.dates.map { PlannedItem(key: "\($0)", input: Empty()) }, slots: plan.width)
            } catch let error as ClinicError {
                // Submitted without its clinic as the key, or beside a lower limit of this process: it waits here.
                guard case .busy = error else { throw error }
                throw Snooze(for: .seconds(5), because: "\(error)")
            }
        }
    }

    func preload(
        _ params: ScheduleSyncParameters, _ items: [PlannedItem<Empty>], _ run: JobRun
    ) async throws -> Context {
        let engine = try await self.engine()
        return try await calendars.working(run, closing: engine) { id in
            let clinic = try await engine.books.clinic(params.clinic)
            let dates = items.compactMap { Day($0.key) }
            let context = try await engine.preload(params, id: id, dates: dates, run.lines)
            let kept = Context(sync: context, held: try await calendars.hold(clinic))
            contexts.withLock { contexts in
                contexts = contexts.filter { $0.value.context != nil }
                contexts[run.jobID] = WeakContext(context: kept)
            }
            return kept
        }
    }

    func process(
        _ item: PlannedItem<Empty>, _ params: ScheduleSyncParameters, _ context: Context, _ run: JobRun
    ) async throws -> ScheduleSync.DateOutcome {
        guard let date = Day(item.key) else {
            throw RPCError(.failedPrecondition, "the item \(item.key) is no date", reason: "workload.foreignData")
        }
        let engine = try await self.engine()
        return try await calendars.working(run) { id in
            let left = try engine.timeLeft(context.sync)
            do {
                let outcome = try await withDeadline(Deadline(after: left, time: door.time), time: door.time) {
                    try await engine.process(date, context.sync, id: id, session: context.held.session, run.lines)
                }
                run.progress("\(date) is mirrored")
                return outcome
            } catch is DeadlineExceeded {
                throw ClinicError.timedOut(params.clinic, engine.settings.timeout)
            }
        }
    }

    func summarize(
        _ outcomes: [Outcome<ScheduleSync.DateOutcome>], _ params: ScheduleSyncParameters, _ run: JobRun
    ) async throws -> ScheduleSyncResult {
        let engine = try await self.engine()
        return try await calendars.working(run) { id in
            let ends: [(Day, Result<ScheduleSync.DateOutcome, any Error>)] = outcomes.compactMap { outcome in
                guard let date = Day(outcome.key) else { return nil }
                if let output = outcome.output { return (date, .success(output)) }
                return (date, .failure(DateFailure(message: outcome.error?.message ?? "cancelled")))
            }
            // With the session that the job has; another one might have to be waited for, as long as this one is held.
            let kept = contexts.withLock { $0[run.jobID]?.context }
            defer { withExtendedLifetime(kept) {} }
            return try await engine.summarize(
                ends, params, id: id, cancelled: run.cancelled, again: kept.map { ($0.sync, $0.held.session) },
                run.lines)
        }
    }

    private func engine() async throws -> ScheduleSync {
        ScheduleSync(
            books: try await answering { try door.localBooks() }, settings: door.settings.schedules, time: door.time,
            hash: { Identifier.hex(SHA256.hash(data: $0)) })
    }
}

private struct DateFailure: Error, CustomStringConvertible {
    let message: String
    var description: String { message }
}

/// The calendars of a process: their sessions, and one budget for all of them.
final class ClinicCalendars: Sendable {
    private let sessions: CalendarSessions
    private let bucket: BucketGate
    /// Sessions of one clinic.
    private let size: Int

    init(settings: ScheduleSyncSettings, web: WebDoor, secrets: Secrets, time: any TimeSource = SystemTime()) {
        bucket = BucketGate(
            ScheduleWorkload.resource, rate: Double(settings.rate), burst: settings.rate, time: time)
        size = settings.sessions
        sessions = CalendarSessions(size: settings.sessions, time: time) { clinic in
            guard let url = clinic.url else { throw ClinicError.noCalendar(clinic.id) }
            switch clinic.access {
            case .api:
                return try await HTTPCalendarSession(
                    url: url, web: try web.client(), login: { try Self.login(clinic, secrets) }, time: time)
            case .pages:
                return try await BrowserCalendarSession(
                    url: url, login: { try Self.login(clinic, secrets) }, time: time)
            }
        }
    }

    func hold(_ clinic: Clinic) async throws -> HeldSession { try await sessions.hold(clinic) }

    /// The pool under the names that the system before this one told of it. Before the first sync it has the places of one clinic,
    /// all of them free: a pool that is empty is not exhausted.
    func families(created: Timestamp) -> [FamilySnapshot] {
        let counts = sessions.counts
        let places = max(size, counts.places)
        func gauge(_ name: String, _ help: String, _ value: Int) -> FamilySnapshot {
            FamilySnapshot(
                FamilyDescription("browser_pool_\(name)", help, .gauge),
                [SeriesSnapshot(created: created, .gauge(Double(value)))])
        }
        return [
            gauge("total", "Sessions with clinics' calendars there may be.", places),
            gauge("in_use", "Sessions with clinics' calendars that are in use.", counts.used),
            gauge(
                "available", "Sessions with clinics' calendars that are free or could be opened.",
                max(0, places - counts.used)),
        ]
    }

    /// The credential that the clinic names has to be there. One that names none has the standard one, and where there is
    /// none either, a name without a password, which a calendar that is open to the house takes.
    private static func login(_ clinic: Clinic, _ secrets: Secrets) throws -> CalendarLogin {
        do {
            return try CalendarLogin(secrets.read(clinic.credential ?? Clinic.standardCredential))
        } catch SecretError.missing where clinic.credential == nil {
            return try CalendarLogin(Array("millrace:".utf8))
        } catch let error as SecretError {
            throw RPCError(.permissionDenied, error.rpcError.message, reason: error.rpcError.reason ?? "clinic.login")
        }
    }

    /// Runs a part of a sync under an id that is the same whenever its job is taken up again: its requests pass the job's
    /// permits, its errors get the face they have on the wire.
    ///
    /// - Parameter engine: of a part after whose failure no summary comes; the sync's row is closed then.
    func working<Value: Sendable>(
        _ run: JobRun, closing engine: ScheduleSync? = nil, _ body: (String) async throws -> Value
    ) async throws -> Value {
        let id = run.name
        let gate = PermitGate(run: run, resource: ScheduleWorkload.resource, own: bucket)
        do {
            return try await CalendarGate.$current.withValue(gate) {
                try await answering { try await body(id) }
            }
        } catch let error as PoolExhausted {
            throw RPCError(
                .resourceExhausted, "\(error)", reason: "clinic.sessions",
                retryAfterMs: error.retryAfter.map { Int($0.milliseconds) })
        } catch {
            if !(error is Snooze) { await engine?.abandon(id: id, because: "\(error)") }
            // The breaker of all processes is open: the job waits for it, since a sync is tried once.
            if engine != nil, let held = error as? RPCError, held.reason == "breaker.open" {
                throw Snooze(for: .milliseconds(held.retryAfterMs ?? 5000), because: held.message)
            }
            throw error
        }
    }
}

extension ClinicError: RPCErrorConvertible {
    public var rpcError: RPCError {
        switch self {
        case .noClinic: RPCError(.notFound, description, reason: "clinic.unknown")
        case .noCalendar: RPCError(.failedPrecondition, description, reason: "clinic.noCalendar")
        case .zone(_, .unreadable):
            RPCError(.unavailable, description, reason: "zone.unreadable", retryAfterMs: 1000)
        case .zone: RPCError(.failedPrecondition, description, reason: "clinic.zone")
        case .busy: RPCError(.resourceExhausted, description, reason: "clinic.busy", retryAfterMs: 5000)
        case .noSync: RPCError(.failedPrecondition, description, reason: "clinic.noSync")
        case .timedOut: RPCError(.deadlineExceeded, description, reason: "clinic.timeout")
        case .noSlot: RPCError(.notFound, description, reason: "clinic.noSlot")
        case .full: RPCError(.resourceExhausted, description, reason: "clinic.full")
        case .notWritten: RPCError(.aborted, description, reason: "clinic.notWritten")
        case .range: RPCError(.invalidArgument, description, reason: "clinic.range", field: "from")
        case .notConfigured: RPCError(.failedPrecondition, description, reason: "clinic.notConfigured")
        case .hours: RPCError(.invalidArgument, description, reason: "clinic.hours")
        case .setting: RPCError(.invalidArgument, description, reason: "clinic.setting")
        case .noClient: RPCError(.invalidArgument, description, reason: "clinic.noClient")
        case .noPeriod: RPCError(.notFound, description, reason: "clinic.noPeriod")
        case .noBooking: RPCError(.notFound, description, reason: "clinic.noBooking")
        case .cancelledBooking: RPCError(.failedPrecondition, description, reason: "clinic.cancelledBooking")
        }
    }
}
