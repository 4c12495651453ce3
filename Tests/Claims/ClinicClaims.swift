import BackOffice
import ClinicCalendar
import Crypto
import Linux
import Simulators
import WebClient

/// A clinic's calendar: 15 dates, 32 slots and 250 appointments each, of which the calendar takes ten seconds to show one.
struct ClinicClaims {
    let scratch: Scratch
    private static let dates = 15
    private static let each = 250
    private static let first = CivilDate(year: 2026, month: 3, day: 2)!

    private static var calendar: SimulatedCalendar {
        var calendar = SimulatedCalendar()
        for offset in 0..<dates {
            let day = CivilDate(daysSinceEpoch: first.daysSinceEpoch + Int64(offset)).description
            for number in 0..<each {
                calendar.put(
                    .init(id: "\(offset)-\(number)", patient: "p\(number)", day: day, start: 480 + number % 40 * 15),
                    in: "VET")
            }
        }
        return calendar
    }

    /// A clinic that is open every day, with its calendar behind a real login.
    private func run<Result: Sendable>(
        latency: Duration = .zero, reading: Duration = .zero,
        _ body: (ScheduleSync, StatementCounter, CalendarSessions, ClinicSimulator) async throws -> Result
    ) async throws -> Result {
        var settings = ClinicSimulator.Settings()
        settings.latency = latency
        settings.readingTime = reading
        settings.configuration = #"{"open":"8:00 AM","close":"6:00 PM","days":[0,1,2,3,4,5,6],"rooms":4}"#
        return try await ClinicSimulator.run(Self.calendar, settings) { simulator in
            let web = try WebClient()
            let (books, counter) = try scratch.books()
            let result: Swift.Result<Result, any Error>
            do {
                var lunch = BlockedPeriod.lunch
                lunch.days = Weekdays(0...6) ?? lunch.days
                try await books.put(Clinic(id: "VET", url: simulator.url(of: "VET"), zone: "UTC"))
                try await books.put(lunch, of: "VET")
                let sessions = CalendarSessions(size: 2) { _ in
                    try await HTTPCalendarSession(
                        url: simulator.url(of: "VET"), web: web, login: { try CalendarLogin(Array("a:b".utf8)) },
                        timeout: .seconds(60))
                }
                let sync = ScheduleSync(books: books) { Identifier.hex(SHA256.hash(data: $0)) }
                counter.reset()
                result = .success(try await body(sync, counter, sessions, simulator))
            } catch {
                result = .failure(error)
            }
            books.close()
            await web.close()
            return try result.get()
        }
    }

    /// A run as the runner drives it; how long its dates took besides.
    @discardableResult
    private static func sync(
        _ sync: ScheduleSync, _ sessions: CalendarSessions, id: String, width: Int = 3, dates: Int = dates
    ) async throws -> ScheduleSyncResult {
        let parameters = ScheduleSyncParameters(clinic: "VET", daysAhead: dates - 1, from: Day(first))
        let held = try await sessions.hold(try await sync.books.clinic("VET"))
        let plan = try await sync.plan(parameters, id: id, session: held.session)
        let context = try await sync.preload(parameters, id: id, dates: plan.dates)
        let outcomes = try await SideBySide.map(plan.dates, atOnce: width) { date in
            let outcome = try await sync.process(date, context, id: id, session: held.session)
            return (date, Result<ScheduleSync.DateOutcome, any Error>.success(outcome))
        }
        return try await sync.summarize(outcomes, parameters, id: id, cancelled: false, again: (context, held.session))
    }

    func calls() async throws -> ClaimsTable {
        try await run { engine, counter, sessions, simulator in
            let result = try await Self.sync(engine, sessions, id: "first")
            let slots = result.stats.slotsCreated, appointments = result.stats.appointmentsAdded
            let counting = counter.total("UPDATE schedule_slot AS s SET booked_count")
            let inserts = counter.total("INSERT INTO schedule_appointment")
            let slotWrites = counter.total("INSERT INTO schedule_slot")
            counter.reset()
            let again = try await Self.sync(engine, sessions, id: "second")
            let own = counter.total("INSERT INTO schedule_sync") + counter.total("UPDATE schedule_sync")
            let rest = counter.writes - own - counter.total("UPDATE schedule_slot AS s SET booked_count")
            for number in 3...10 { try await Self.sync(engine, sessions, id: "s\(number)") }
            let logins = simulator.counts["POST login"] ?? 0
            return ClaimsTable(
                title: "A clinic's calendar: statements and requests",
                intro: "\(Self.dates) dates of 32 slots and \(Self.each) appointments, all new; then nothing changed.",
                columns: ("original, modelled", "Millrace, SQLite books"),
                claims: [
                    Claim(
                        what: "counting the slots of \(Self.dates) dates", claimed: "14+ for each date → 1 in all",
                        original: "\(Self.dates) × (1 + 2 × \(slots / Self.dates)) = "
                            + "\(Self.dates * (1 + 2 * slots / Self.dates))",
                        measured: "\(counting) statement"),
                    Claim(
                        what: "writing \(appointments) appointments, \(Self.each) of each date",
                        claimed: "N → ceil(N / 100)", original: "\(appointments)",
                        measured: "\(inserts) = \(Self.dates) × \((Self.each + 99) / 100)"),
                    Claim(
                        what: "writing \(slots) slots", claimed: "in batches of 100", original: "\(slots)",
                        measured: "\(slotWrites) statements"),
                    Claim(
                        what: "the same again: \(again.stats.appointmentsUpdated) changed", claimed: "no write at all",
                        original: "\(slots) slots written anew",
                        measured: "\(rest) writes; \(own) to the row of the sync itself"),
                    Claim(
                        what: "logins of ten syncs", claimed: "sessions are pooled", original: "10",
                        measured: "\(logins)"),
                ])
        }
    }

    func times() async throws -> ClaimsTable {
        // They only wait, so they may do it at the same time.
        async let one = timed(width: 1)
        async let three = timed(width: 3)
        let (sequential, parallel) = (try await one, try await three)
        let books = try await run { engine, _, sessions, _ in
            try await ClaimTime.seconds { try await Self.sync(engine, sessions, id: "first") }
        }
        return ClaimsTable(
            title: "A clinic's calendar: time",
            intro: "\(Self.dates) dates; the calendar takes 10 s for each, as the original's page did.",
            columns: ("one date after the other, here", "Millrace"),
            claims: [
                Claim(
                    what: "a sync", claimed: "2 to 3 min → 30 to 45 s, “10 times”", original: "\(sequential) s",
                    measured: "\(parallel) s"),
                Claim(
                    what: "what of that is not the calendar's", claimed: "–", original: "–", measured: "\(books) s"),
            ],
            notes: [
                """
                Three dates at once cannot be quicker than a third: \(Self.dates) × 10 s / 3 = 50 s. Batches and a session \
                that is kept take away what comes on top of that, the statements and logins of the table above; the tenfold of \
                the description is out of reach with three at once and ten seconds for a date.
                """
            ])
    }

    private func timed(width: Int) async throws -> String {
        try await run(reading: .seconds(10)) { engine, _, sessions, _ in
            try await ClaimTime.seconds { try await Self.sync(engine, sessions, id: "timed", width: width) }
        }
    }
}
