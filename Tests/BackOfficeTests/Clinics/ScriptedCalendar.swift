import Calendars
import Crypto
import Linux
import TestSupport

@testable import BackOffice

/// A calendar that holds what a test put into it.
final class ScriptedCalendar: CalendarSession {
    struct Contents: Sendable {
        var days: [Day: [RemoteAppointment]] = [:]
        var configuration: RemoteConfiguration? = RemoteConfiguration()
        /// Days that cannot be read.
        var broken: Set<Day> = []
        var reads = 0
        /// What happens in the calendar after its n-th answer of a date.
        var changes: [Int: @Sendable (inout Contents) -> Void] = [:]
    }

    let contents = Locked(Contents())

    func configuration() async throws -> RemoteConfiguration {
        guard let configuration = contents.withLock({ $0.configuration }) else {
            throw TestFailure("no configuration today")
        }
        return configuration
    }

    func appointments(on date: Day, zone: Zone) async throws -> [RemoteAppointment] {
        try contents.withLock { contents throws -> [RemoteAppointment] in
            contents.reads += 1
            if contents.broken.contains(date) { throw TestFailure("the calendar is away") }
            defer { contents.changes[contents.reads]?(&contents) }
            return contents.days[date] ?? []
        }
    }

    func set(_ day: Day, _ appointments: RemoteAppointment...) { contents.withLock { $0.days[day] = appointments } }
}

extension Day {
    /// A Monday.
    static let monday = Day("2026-03-02")!
    static let tuesday = Day("2026-03-03")!
    static let wednesday = Day("2026-03-04")!
}

extension RemoteAppointment {
    static func example(
        _ id: String, _ day: Day = .monday, at start: String = "9:00 AM", until end: String = "9:15 AM",
        patient: String = "BELLA", status: AppointmentStatus = .scheduled
    ) -> RemoteAppointment {
        RemoteAppointment(
            id: id, fields: AppointmentFields(date: day, start: start, end: end, patient: patient, status: status))
    }
}

/// Hexadecimal SHA-256, by a library.
let sha256: @Sendable ([UInt8]) -> String = { Identifier.hex(SHA256.hash(data: $0)) }

/// Books with the clinic `vet`, and its calendar; the clock stands at noon of the Monday in Los Angeles.
final class ClinicHarness: Sendable {
    let held: TemporaryBooks
    let calendar = ScriptedCalendar()
    let time = ManualTime(wall: Timestamp("2026-03-02T20:00:00Z")!)
    let counter = StatementCounter()
    let books: SQLiteBooks
    let sync: ScheduleSync
    private let number = Locked(0)

    init(zone: String? = nil, settings: ScheduleSyncSettings = ScheduleSyncSettings()) async throws {
        held = try TemporaryBooks()
        books = try held.another(counting: counter)
        sync = ScheduleSync(books: books, settings: settings, time: time, hash: sha256)
        try await books.put(Clinic(id: "vet", url: "http://vet.example", zone: zone))
    }

    deinit { books.close() }

    /// All of a sync, date by date.
    @discardableResult
    func run(
        days: Int = 1, from: Day? = .monday, id: String? = nil, cancelled: Bool = false, readsAgain: Bool = true
    ) async throws -> ScheduleSyncResult {
        let id =
            id
            ?? number.withLock { number in
                number += 1
                return "sync-\(number)"
            }
        let parameters = ScheduleSyncParameters(clinic: "vet", daysAhead: days, from: from)
        let plan = try await sync.plan(parameters, id: id, session: calendar)
        let context = try await sync.preload(parameters, id: id, dates: plan.dates)
        var outcomes: [(Day, Result<ScheduleSync.DateOutcome, any Error>)] = []
        for date in plan.dates {
            do {
                outcomes.append((date, .success(try await sync.process(date, context, id: id, session: calendar))))
            } catch {
                outcomes.append((date, .failure(error)))
            }
        }
        time.advance(by: .seconds(1))
        return try await sync.summarize(
            outcomes, parameters, id: id, cancelled: cancelled, again: readsAgain ? (context, calendar) : nil)
    }

    /// `id date start hash-known live` of every row, in the order of their making.
    func rows() async throws -> [String] {
        try await held.books.database.read { connection in
            try connection.query(
                """
                SELECT remote_id || ' ' || date || ' ' || coalesce(start_time, '-') || ' ' || patient
                    || CASE WHEN deleted_at IS NULL THEN '' ELSE ' deleted' END
                FROM schedule_appointment ORDER BY id
                """, row: { $0.text(0) })
        }
    }
}
