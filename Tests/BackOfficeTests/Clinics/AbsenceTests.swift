import BackOffice
import Calendars
import Linux
import TestSupport
import Testing

@testable import BackOffice

/// Dates are read one after the other, and the calendar does not wait.
@Suite struct AbsenceTests {
    /// A clinic with `a` on the Wednesday, which is mirrored.
    private func harness() async throws -> ClinicHarness {
        let harness = try await ClinicHarness()
        harness.calendar.set(.wednesday, .example("a", .wednesday))
        try await harness.run(days: 2)
        harness.calendar.contents.withLock { $0.reads = 0 }
        return harness
    }

    /// After the Monday was read, `a` moves there from the Wednesday.
    private func move(_ harness: ClinicHarness) {
        harness.calendar.contents.withLock { contents in
            contents.changes[1] = {
                $0.days[.wednesday] = []
                $0.days[.monday] = [.example("a", .monday)]
            }
        }
    }

    @Test func whatMovesToADateThatWasReadAlreadyIsMovedAndNotDeleted() async throws {
        let harness = try await harness()
        move(harness)
        let stats = try await harness.run(days: 2).stats
        #expect((stats.appointmentsAdded, stats.appointmentsUpdated, stats.appointmentsRemoved) == (0, 1, 0))
        #expect(try await harness.rows() == ["a 2026-03-02 09:00:00 BELLA"])
        let slots = try await harness.books.slots(of: "vet", from: .monday, to: .wednesday)
        #expect(slots.filter { $0.booked > 0 }.map { "\($0.date) \($0.start.short)" } == ["2026-03-02 09:00"])
    }

    @Test func whatIsGoneIsDeletedAfterTheDatesBeforeWereReadOnceMore() async throws {
        let harness = try await harness()
        harness.calendar.set(.wednesday)
        #expect(try await harness.run(days: 2).stats.appointmentsRemoved == 1)
        #expect(harness.calendar.contents.withLock { $0.reads } == 3 + 2)
        // What is gone from the first one is proven so by the readings that come anyway.
        harness.calendar.set(.monday, .example("b"))
        try await harness.run(days: 2)
        harness.calendar.set(.monday)
        harness.calendar.contents.withLock { $0.reads = 0 }
        #expect(try await harness.run(days: 2).stats.appointmentsRemoved == 1)
        #expect(harness.calendar.contents.withLock { $0.reads } == 3)
        // Nor does one that was found on a later date raise a doubt.
        harness.calendar.set(.monday, .example("c"))
        try await harness.run(days: 2)
        harness.calendar.set(.monday)
        harness.calendar.set(.wednesday, .example("c", .wednesday))
        harness.calendar.contents.withLock { $0.reads = 0 }
        #expect(try await harness.run(days: 2).stats.appointmentsUpdated == 1)
        #expect(harness.calendar.contents.withLock { $0.reads } == 3)
    }

    @Test(arguments: [false, true])
    func whereNothingCanBeReadOnceMoreTheNextSyncDecides(comesBack: Bool) async throws {
        let harness = try await harness()
        harness.calendar.set(.wednesday)
        #expect(try await harness.run(days: 2, readsAgain: false).stats.appointmentsRemoved == 0)
        #expect(try await harness.rows() == ["a 2026-03-04 09:00:00 BELLA"])
        if comesBack {
            harness.calendar.set(.wednesday, .example("a", .wednesday))
            try await harness.run(days: 2)
            harness.calendar.set(.wednesday)
        }
        let stats = try await harness.run(days: 2, readsAgain: false).stats
        #expect(stats.appointmentsRemoved == (comesBack ? 0 : 1), "only two syncs on end")
    }

    @Test func aDateThatCannotBeReadOnceMoreProvesNothing() async throws {
        let harness = try await harness()
        harness.calendar.set(.wednesday)
        harness.calendar.contents.withLock { $0.changes[3] = { $0.broken = [.monday] } }
        let result = try await harness.run(days: 2)
        #expect(result.success)
        #expect(result.stats.appointmentsRemoved == 0)
        #expect(try await harness.rows() == ["a 2026-03-04 09:00:00 BELLA"])
    }

    @Test func aCalendarThatIsSlowTheSecondTimeIsGivenUpInTime() async throws {
        var settings = ScheduleSyncSettings()
        settings.timeout = .seconds(60)
        let harness = try await ClinicHarness(settings: settings)
        harness.calendar.set(.tuesday, .example("a", .tuesday))
        try await harness.run()
        harness.calendar.set(.tuesday)
        let parameters = ScheduleSyncParameters(clinic: "vet", daysAhead: 1, from: .monday)
        let plan = try await harness.sync.plan(parameters, id: "s", session: harness.calendar)
        let context = try await harness.sync.preload(parameters, id: "s", dates: plan.dates)
        var outcomes: [(Day, Result<ScheduleSync.DateOutcome, any Error>)] = []
        for date in plan.dates {
            let outcome = try await harness.sync.process(date, context, id: "s", session: harness.calendar)
            outcomes.append((date, .success(outcome)))
        }
        let slow = SlowCalendar(time: harness.time)
        async let end = harness.sync.summarize(
            outcomes, parameters, id: "s", cancelled: false, again: (context, slow))
        await harness.time.sleepers(atLeast: 2)
        harness.time.advance(by: .seconds(30))
        #expect(try await end.stats.appointmentsRemoved == 0)
        #expect(try await harness.books.syncs(of: "vet").first?.status == "completed")
    }

    // MARK: - The rule

    private func outcome(_ reading: Int64, noticed: Int64 = 0, absent: Int64...) -> ScheduleSync.DateOutcome {
        var outcome = ScheduleSync.DateOutcome()
        outcome.reading = reading
        outcome.noticed = noticed
        outcome.absent = absent.map { KnownAppointment(row: $0, remoteID: "\($0)", date: .monday, hash: nil) }
        return outcome
    }

    @Test func inDoubtAreTheDatesThatWereBegunBeforeSomethingWasNoticed() {
        let readings: [Day: ScheduleSync.DateOutcome] = [
            .monday: outcome(1), .tuesday: outcome(2, noticed: 3, absent: 7), .wednesday: outcome(3),
            .wednesday.adding(1)!: outcome(4),
        ]
        #expect(Absences.doubtful(readings) == [.monday, .wednesday])
        #expect(Absences(readings, again: [:]).missing.map(\.row) == [7])
        #expect(Absences(readings, again: [.monday: outcome(5)]).missing.map(\.row) == [7])
        let settled = Absences(readings, again: [.monday: outcome(5), .wednesday: outcome(6)])
        #expect((settled.gone.map(\.row), settled.missing.map(\.row)) == ([7], []))
    }

    @Test func whatIsBackTheSecondTimeIsNotAbsentAndWhatIsNewlyAbsentWaits() {
        let first: [Day: ScheduleSync.DateOutcome] = [
            .monday: outcome(1, noticed: 1, absent: 7, 8), .tuesday: outcome(2, noticed: 2, absent: 9),
        ]
        let absences = Absences(first, again: [.monday: outcome(3, noticed: 3, absent: 8, 10)])
        #expect(absences.gone.map(\.row) == [8, 9])
        #expect(absences.missing.isEmpty)
    }

    @Test func whatTheLastSyncMissedTooIsGone() {
        var outcome = outcome(2, noticed: 2, absent: 7)
        outcome.absent[0].isMissing = true
        let readings = [Day.monday: self.outcome(1), .tuesday: outcome]
        #expect(Absences.doubtful(readings).isEmpty)
        #expect(Absences(readings, again: [:]).gone.map(\.row) == [7])
    }
}

/// Answers after an hour.
private struct SlowCalendar: CalendarSession {
    let time: ManualTime

    func configuration() async throws -> RemoteConfiguration { RemoteConfiguration() }

    func appointments(on date: Day, zone: Zone) async throws -> [RemoteAppointment] {
        try await time.sleep(until: time.boot() + .seconds(3600))
        return []
    }
}
