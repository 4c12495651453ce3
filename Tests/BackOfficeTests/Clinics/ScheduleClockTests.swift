import BackOffice
import Calendars
import Linux
import TestSupport
import Testing

@testable import BackOffice

/// A clock that is set, and a zone that is corrected.
@Suite struct ScheduleClockTests {
    @Test func aClockThatIsSetBackKeepsNothingFromBeingMirrored() async throws {
        let harness = try await ClinicHarness()
        let noon = harness.time.wall()
        harness.time.setWall(noon + .seconds(7200))
        harness.calendar.set(.monday, .example("a"))
        try await harness.run()
        harness.time.setWall(noon)
        var status = try await harness.books.scheduleStatus(of: "vet", now: noon)
        #expect((status.minutesSinceSync, status.isStale) == (0, true), "of a moment that has not come yet")
        harness.calendar.set(.monday, .example("a", at: "10:00 AM", until: "10:15 AM"))
        let result = try await harness.run()
        #expect((result.stats.appointmentsUpdated, result.duration) == (1, .seconds(1)))
        #expect(try await harness.rows() == ["a 2026-03-02 10:00:00 BELLA"])
        status = try await harness.books.scheduleStatus(of: "vet", now: harness.time.wall())
        #expect((status.minutesSinceSync, status.isStale) == (0, false))
        #expect(status.syncedAt == noon + .seconds(1), "of the last sync, not of the latest moment")
        #expect(status.lastSync?.id == "sync-2")
    }

    @Test func aSyncThatEndsWhileItsStatusIsAskedForIsFresh() {
        let now = Timestamp("2026-03-02T20:00:00Z")!
        let status = ScheduleStatus(
            clinic: "vet", syncedAt: now + .seconds(1), now: now, staleMinutes: 60, horizonDays: 14)
        #expect((status.minutesSinceSync, status.isStale) == (0, false))
    }

    @Test func aPlaceTakenByAClockThatWasAheadIsStaleToo() async throws {
        let harness = try await ClinicHarness()
        let noon = harness.time.wall()
        let parameters = ScheduleSyncParameters(clinic: "vet", daysAhead: 1, from: .monday)
        harness.time.setWall(noon + .seconds(7200))
        for id in ["one", "two"] { _ = try await harness.sync.plan(parameters, id: id, session: harness.calendar) }
        harness.time.setWall(noon)
        _ = try await harness.sync.plan(parameters, id: "three", session: harness.calendar)
        #expect(try await harness.books.syncs(of: "vet").map(\.status).sorted() == ["failed", "failed", "in_progress"])
    }

    @Test func theTimeOfASyncIsHowLongItWorksSinceItWasTakenUp() async throws {
        var settings = ScheduleSyncSettings()
        settings.timeout = .seconds(20)
        let harness = try await ClinicHarness(settings: settings)
        let parameters = ScheduleSyncParameters(clinic: "vet", daysAhead: 1, from: .monday)
        let plan = try await harness.sync.plan(parameters, id: "s", session: harness.calendar)
        let lost = try await harness.sync.preload(parameters, id: "s", dates: plan.dates)
        harness.time.advance(by: .seconds(22))
        #expect(throws: ClinicError.timedOut("vet", .seconds(20))) { try harness.sync.timeLeft(lost) }
        // Its process ended; another one takes it up, its row still open.
        let context = try await harness.sync.preload(parameters, id: "s", dates: plan.dates)
        #expect(try harness.sync.timeLeft(context) == .seconds(20))
        harness.time.advance(by: .seconds(5))
        harness.time.setWall(harness.time.wall() + .seconds(86_400))
        #expect(try harness.sync.timeLeft(context) == .seconds(15))
    }

    @Test func aZoneThatIsCorrectedCorrectsTheTimes() async throws {
        let harness = try await ClinicHarness()
        let calendar = MomentCalendar()
        func run(_ id: String) async throws -> ScheduleSyncStats {
            let parameters = ScheduleSyncParameters(clinic: "vet", daysAhead: 1, from: .monday)
            let plan = try await harness.sync.plan(parameters, id: id, session: calendar)
            let context = try await harness.sync.preload(parameters, id: id, dates: plan.dates)
            let outcome = try await harness.sync.process(.monday, context, id: id, session: calendar)
            return try await harness.sync.summarize(
                [(.monday, .success(outcome))], parameters, id: id, cancelled: false, again: (context, calendar)
            ).stats
        }
        _ = try await run("one")
        #expect(try await harness.rows() == ["a 2026-03-02 07:15:00 "])
        try await harness.books.put(Clinic(id: "vet", url: "http://vet.example", zone: "Europe/Berlin"))
        #expect(try await run("two").appointmentsUpdated == 1)
        #expect(try await harness.rows() == ["a 2026-03-02 16:15:00 "])
        #expect(try await run("three") == ScheduleSyncStats())
    }
}

/// A calendar that tells times as moments, in UTC.
private struct MomentCalendar: CalendarSession {
    func configuration() async throws -> RemoteConfiguration { RemoteConfiguration() }

    func appointments(on date: Day, zone: Zone) async throws -> [RemoteAppointment] {
        let said = ["2026-03-02T15:15:00Z", "2026-03-02T15:30:00Z"]
        let times = said.map { text -> ClockTime? in
            let wall = zone.wallTime(at: Instant(Timestamp(text)!))
            return ClockTime(seconds: wall.hour * 3600 + wall.minute * 60)
        }
        let fields = AppointmentFields(date: .monday, start: said[0], end: said[1])
        return [RemoteAppointment(id: "a", fields: fields, start: times[0], end: times[1])]
    }
}
