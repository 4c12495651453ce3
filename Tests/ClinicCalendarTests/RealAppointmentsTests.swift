import BackOffice
import ClinicCalendar
import Linux
import Simulators
import TestSupport
import Testing

/// Six weeks of real appointments of 44 clinics, over HTTP into the books.
@Suite(.enabled(if: sharedData("appointments/appointments.csv") != nil, "shared data not there"), .heavy)
struct RealAppointmentsTests {
    private struct Cell: Hashable {
        var clinic: String, day: String
    }

    @Test func everyClinicAndDayIsAsTheFileHasItAndASecondRunChangesNothing() async throws {
        let path = try #require(sharedData("appointments/appointments.csv"))
        let calendar = try SimulatedCalendar(csv: try Files.read(path))
        let folder = TemporaryDirectory()
        let books = try SQLiteBooks(path: folder.file("books.sqlite"), creates: true)
        defer { books.close() }
        try await ClinicSimulator.run(calendar) { simulator in
            try await withWeb { web in
                let sync = ScheduleSync(books: books, hash: sha256)
                let sessions = CalendarSessions(size: 2) { clinic in
                    try await session(simulator, web, clinic: clinic.id.text)
                }
                for name in simulator.clinics {
                    let clinic = Clinic(id: ClinicID(name), url: simulator.url(of: name))
                    try await books.put(clinic)
                    let result = try await run(sync, clinic, sessions, id: "first \(name)")
                    #expect(result.success)
                    try await allAreBack(sessions)
                    #expect(result.stats.appointmentsAdded == calendar.clinics[name]?.count)
                    let again = try await run(sync, clinic, sessions, id: "second \(name)")
                    #expect(again.stats == ScheduleSyncStats())
                }
                #expect(simulator.counts["POST login"] == 44, "a session for each clinic, used again")
            }
        }
        try await compareTotals(books)
        try await compareSlots(books, calendar)
    }

    private func run(
        _ sync: ScheduleSync, _ clinic: Clinic, _ sessions: CalendarSessions, id: String
    ) async throws -> ScheduleSyncResult {
        let parameters = ScheduleSyncParameters(clinic: clinic.id, daysAhead: 41, from: Day("2016-04-29"))
        let held = try await sessions.hold(clinic)
        let plan = try await sync.plan(parameters, id: id, session: held.session)
        let context = try await sync.preload(parameters, id: id, dates: plan.dates)
        var outcomes: [(Day, Result<ScheduleSync.DateOutcome, any Error>)] = []
        for date in plan.dates {
            outcomes.append((date, .success(try await sync.process(date, context, id: id, session: held.session))))
        }
        return try await sync.summarize(outcomes, parameters, id: id, cancelled: false, again: (context, held.session))
    }

    /// A session goes back when its last reference is gone: a moment later.
    private func allAreBack(_ sessions: CalendarSessions) async throws {
        try await eventually("the session is given back") { sessions.counts.used == 0 }
    }

    private func compareTotals(_ books: SQLiteBooks) async throws {
        let bytes = Locked<[UInt8]>([])
        _ = try await BooksExport(.appointments, format: .csv).run(from: books) { chunk in
            bytes.withLock { $0 += chunk }
        }
        var found: [Cell: [Int]] = [:]
        var patients: [Cell: Set<String>] = [:]
        for row in Table(csv: String(decoding: bytes.withLock { $0 }, as: UTF8.self)).rows {
            let cell = Cell(clinic: row["clinic"]!, day: row["appointment_day"]!)
            var sums = found[cell] ?? [0, 0, 0, 0]
            sums[0] += 1
            sums[1] += row["no_show"] == "yes" ? 1 : 0
            sums[2] += row["sms_received"] == "1" ? 1 : 0
            sums[3] += row["scheduled_at"]!.prefix(10) == row["appointment_day"]! ? 1 : 0
            found[cell] = sums
            patients[cell, default: []].insert(row["patient_key"]!)
        }
        let expected = try #require(sharedData("appointments/expected_per_clinic_day.csv"))
        let rows = Table(csv: try #require(text(of: expected))).rows
        #expect(rows.count == found.count)
        for row in rows {
            let cell = Cell(clinic: row["clinic"]!, day: row["appointment_day"]!)
            let wanted = ["appointments", "no_shows", "sms_reminders", "booked_same_day"].compactMap { Int(row[$0]!) }
            #expect(found[cell] == wanted, "\(cell)")
            #expect(patients[cell]?.count == Int(row["distinct_patients"]!), "\(cell)")
        }
    }

    private func compareSlots(_ books: SQLiteBooks, _ calendar: SimulatedCalendar) async throws {
        var compared = 0
        for (name, appointments) in calendar.clinics {
            let byDay = Dictionary(grouping: appointments.values, by: \.day)
            let first = try #require(Day("2016-04-29")), last = try #require(Day("2016-06-09"))
            for slot in try await books.slots(of: ClinicID(name), from: first, to: last) {
                let count = byDay["\(slot.date)", default: []].count { one in
                    one.status != "No Show" && one.start * 60 < slot.end.seconds
                        && (one.start + one.minutes) * 60 > slot.start.seconds
                }
                #expect(slot.booked == count, "\(name) \(slot.date) \(slot.start)")
                compared += 1
            }
        }
        // 36 open days of 32 slots for each clinic.
        #expect(compared == 44 * 36 * 32)
    }
}
