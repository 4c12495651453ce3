import BackOffice
import Calendars
import JSONCodec
import Linux
import TestSupport
import Testing

@testable import BackOffice

@Suite struct ScheduleSyncTests {
    @Test func fourteenDaysAheadAreFifteenDatesFromTodayInTheClinicsOwnZone() async throws {
        // 20:00 in UTC is already the next day in Auckland.
        let harness = try await ClinicHarness(zone: "Pacific/Auckland")
        let result = try await harness.run(days: 14, from: nil)
        #expect(("\(result.start)", "\(result.end)", result.dates) == ("2026-03-03", "2026-03-17", 15))
        let other = try await ClinicHarness()
        #expect(try await "\(other.run(days: 14, from: nil).start)" == "2026-03-02")
        #expect(try await other.held.count("SELECT count(*) FROM schedule_slot") == 13 * 32, "no Sunday")
    }

    @Test func appointmentsAreAddedChangedAndDeletedSoftlyAndComeBackAsANewRow() async throws {
        let harness = try await ClinicHarness()
        harness.calendar.set(.monday, .example("a"), .example("b"))
        var stats = try await harness.run().stats
        #expect((stats.appointmentsAdded, stats.slotsCreated) == (2, 64))
        harness.calendar.set(.monday, .example("a", patient: "REX"))
        stats = try await harness.run().stats
        #expect((stats.appointmentsAdded, stats.appointmentsUpdated, stats.appointmentsRemoved) == (0, 1, 1))
        harness.calendar.set(.monday, .example("a", patient: "REX"), .example("b"))
        stats = try await harness.run().stats
        #expect((stats.appointmentsAdded, stats.appointmentsUpdated) == (1, 0))
        #expect(
            try await harness.rows() == [
                "a 2026-03-02 09:00:00 REX", "b 2026-03-02 09:00:00 BELLA deleted", "b 2026-03-02 09:00:00 BELLA",
            ])
    }

    @Test func aSecondRunWritesNothingButItsOwnRow() async throws {
        let harness = try await ClinicHarness()
        harness.calendar.contents.withLock { contents in
            contents.days[.monday] = (0..<250).map { .example("m\($0)") }
        }
        try await harness.run()
        try await harness.held.execute(
            """
            CREATE TABLE written (what TEXT);
            CREATE TRIGGER w1 AFTER INSERT ON schedule_appointment BEGIN INSERT INTO written VALUES ('a'); END;
            CREATE TRIGGER w2 AFTER UPDATE ON schedule_appointment BEGIN INSERT INTO written VALUES ('a'); END;
            CREATE TRIGGER w3 AFTER INSERT ON schedule_slot BEGIN INSERT INTO written VALUES ('s'); END;
            CREATE TRIGGER w4 AFTER UPDATE ON schedule_slot BEGIN INSERT INTO written VALUES ('s'); END;
            CREATE TRIGGER w5 AFTER UPDATE ON clinic_config BEGIN INSERT INTO written VALUES ('c'); END;
            """)
        harness.counter.reset()
        let result = try await harness.run()
        #expect(result.stats == ScheduleSyncStats())
        #expect(try await harness.held.count("SELECT count(*) FROM written") == 0)
        // Of the sync's own row; and one for all slots, which finds nothing to change.
        let own = harness.counter.total("INSERT INTO schedule_sync") + harness.counter.total("UPDATE schedule_sync")
        #expect(harness.counter.writes - own == 1)
        #expect(harness.counter.total("UPDATE schedule_slot AS s SET booked_count") == 1)
    }

    @Test func twoHundredAndFiftyInsertsAreThreeStatements() async throws {
        let harness = try await ClinicHarness()
        harness.calendar.contents.withLock { contents in
            contents.days[.monday] = (0..<250).map { .example("m\($0)") }
        }
        #expect(try await harness.run().stats.appointmentsAdded == 250)
        #expect(harness.counter.total("INSERT INTO schedule_appointment") == 3)
        harness.calendar.set(.monday)
        #expect(try await harness.run().stats.appointmentsRemoved == 250)
        #expect(harness.counter.total("UPDATE schedule_appointment SET deleted_at") == 3)
        #expect(harness.counter.total("UPDATE schedule_slot AS s SET booked_count") == 2, "one for each run")
    }

    @Test(arguments: [false, true])
    func anAppointmentThatMovedKeepsItsRowWhicheverDateIsReadFirst(back: Bool) async throws {
        let harness = try await ClinicHarness()
        let (old, new): (Day, Day) = back ? (.tuesday, .monday) : (.monday, .tuesday)
        harness.calendar.set(old, .example("a", old))
        try await harness.run()
        harness.calendar.set(old)
        harness.calendar.set(new, .example("a", new))
        let stats = try await harness.run().stats
        #expect((stats.appointmentsAdded, stats.appointmentsUpdated, stats.appointmentsRemoved) == (0, 1, 0))
        #expect(try await harness.rows() == ["a \(new) 09:00:00 BELLA"])
    }

    @Test func aDateWhoseCalendarCannotBeReadFailsAndLosesNothing() async throws {
        let harness = try await ClinicHarness()
        harness.calendar.set(.monday, .example("a"))
        harness.calendar.set(.tuesday, .example("b", .tuesday))
        try await harness.run()
        harness.calendar.set(.monday)
        harness.calendar.set(.tuesday)
        harness.calendar.contents.withLock { $0.broken = [.tuesday] }
        let result = try await harness.run()
        #expect(result.failed.map(\.date) == [.tuesday])
        #expect((result.success, result.partialSuccess, result.stats.appointmentsRemoved) == (false, true, 1))
        #expect(try await harness.rows().filter { !$0.hasSuffix("deleted") } == ["b 2026-03-03 09:00:00 BELLA"])
        let view = try #require(try await harness.books.syncs(of: "vet").first)
        #expect(
            (view.status, view.failedDates, view.partialSuccess, view.progress) == (
                "completed", ["2026-03-03"], true, 100
            ))
    }

    @Test func aSyncOfWhichEveryDateFailedHasFailed() async throws {
        let harness = try await ClinicHarness()
        harness.calendar.set(.monday, .example("a"))
        try await harness.run()
        harness.calendar.contents.withLock { $0.broken = [.monday, .tuesday] }
        let result = try await harness.run()
        #expect((result.success, result.partialSuccess) == (false, false))
        #expect(try await harness.books.syncs(of: "vet").map(\.status) == ["failed", "completed"])
        #expect(try await harness.rows() == ["a 2026-03-02 09:00:00 BELLA"])
    }

    @Test func aDateWhoseRowsCannotBeReadFailsAndLosesNothing() async throws {
        let harness = try await ClinicHarness()
        harness.calendar.set(.monday, .example("a"))
        try await harness.run()
        let parameters = ScheduleSyncParameters(clinic: "vet", daysAhead: 1, from: .monday)
        let plan = try await harness.sync.plan(parameters, id: "s", session: harness.calendar)
        try await harness.held.execute("ALTER TABLE schedule_appointment RENAME TO elsewhere")
        let context = try await harness.sync.preload(parameters, id: "s", dates: plan.dates)
        #expect(context.known == nil, "the reading in bulk failed, and each date reads its own")
        await #expect(throws: (any Error).self) {
            try await harness.sync.process(.monday, context, id: "s", session: harness.calendar)
        }
        try await harness.held.execute("ALTER TABLE elsewhere RENAME TO schedule_appointment")
        let outcome = try await harness.sync.process(.monday, context, id: "s", session: harness.calendar)
        #expect((outcome.unchanged, outcome.absent.isEmpty) == (1, true))
    }

    @Test func aBatchThatCannotBeWrittenFailsItsDateAndKeepsNoOtherFromBeingWritten() async throws {
        let harness = try await ClinicHarness()
        try await harness.run()
        try await harness.held.execute(
            """
            CREATE TRIGGER no BEFORE INSERT ON schedule_appointment WHEN NEW.remote_id = 'm150'
            BEGIN SELECT RAISE(ABORT, 'not this one'); END
            """)
        harness.calendar.contents.withLock { contents in
            contents.days[.monday] = (0..<250).map { .example("m\($0)") }
        }
        let result = try await harness.run()
        #expect(
            result.failed.map(\.message) == [
                "appointments of 2026-03-02 were not written, 1 batches of them: not this one (sqlite 1811); sync again, and "
                    + "where it stays so see the log of the job"
            ])
        #expect(try await harness.rows().count == 150)
        try await harness.held.execute("DROP TRIGGER no")
        #expect(try await harness.run().success)
        #expect(try await harness.rows().count == 250)
    }

    @Test func anInterruptedSyncDeletesNothingAndItsRowIsClosed() async throws {
        let harness = try await ClinicHarness()
        harness.calendar.set(.monday, .example("a"))
        try await harness.run()
        harness.calendar.set(.monday)
        try await harness.run(cancelled: true)
        #expect(try await harness.rows() == ["a 2026-03-02 09:00:00 BELLA"])
        #expect(try await harness.books.syncs(of: "vet").first?.status == "failed")
    }

    @Test func aSyncThatReadEarlierOverwritesNothingNewer() async throws {
        let harness = try await ClinicHarness()
        harness.calendar.set(.monday, .example("a"))
        try await harness.run()
        let parameters = ScheduleSyncParameters(clinic: "vet", daysAhead: 1, from: .monday)
        let plan = try await harness.sync.plan(parameters, id: "slow", session: harness.calendar)
        let context = try await harness.sync.preload(parameters, id: "slow", dates: plan.dates)
        // The slow one has seen an empty day; meanwhile another has seen a change of the appointment.
        let empty = ScriptedCalendar()
        let outcome = try await harness.sync.process(.monday, context, id: "slow", session: empty)
        harness.calendar.set(.monday, .example("a", patient: "REX"))
        harness.time.advance(by: .seconds(5))
        try await harness.run()
        let other = try await harness.sync.process(.tuesday, context, id: "slow", session: empty)
        _ = try await harness.sync.summarize(
            [(.monday, .success(outcome)), (.tuesday, .success(other))], parameters, id: "slow", cancelled: false,
            again: (context, empty))
        #expect(try await harness.rows() == ["a 2026-03-02 09:00:00 REX"])
    }

    @Test func twoSyncsThatFindTheSameNewAppointmentMakeOneRow() async throws {
        let harness = try await ClinicHarness()
        harness.calendar.set(.monday, .example("a"))
        let parameters = ScheduleSyncParameters(clinic: "vet", daysAhead: 1, from: .monday)
        var contexts: [ScheduleSync.Context] = []
        for id in ["one", "two"] {
            let plan = try await harness.sync.plan(parameters, id: id, session: harness.calendar)
            contexts.append(try await harness.sync.preload(parameters, id: id, dates: plan.dates))
        }
        for (id, context) in zip(["one", "two"], contexts) {
            _ = try await harness.sync.process(.monday, context, id: id, session: harness.calendar)
        }
        #expect(try await harness.rows().count == 1)
        // The books refuse a second one, whoever writes.
        await #expect(throws: (any Error).self) {
            try await harness.held.execute(
                """
                INSERT INTO schedule_appointment (clinic, remote_id, date, patient, client, phone, provider, type,
                    status, synced_at) VALUES ('vet', 'a', '2026-03-02', '', '', '', '', '', 'scheduled', '')
                """)
        }
    }

    // MARK: - Configuration

    @Test func aNewClinicTakesAllFromItsCalendarAndAKnownOneOnlyItsCapacity() async throws {
        let harness = try await ClinicHarness()
        harness.calendar.contents.withLock { contents in
            var remote = RemoteConfiguration(snapshot: #"{"rooms":3}"#)
            remote.rooms = 3
            remote.open = ClockTime("07:00")
            remote.close = ClockTime("09:00")
            remote.slotMinutes = 30
            remote.zone = "Europe/Berlin"
            contents.configuration = remote
        }
        try await harness.run()
        var config = try #require(try await harness.books.config(of: "vet"))
        #expect(
            (config.open.short, config.slotMinutes, config.capacity, config.zone) == ("07:00", 30, 3, "Europe/Berlin"))
        var change = ScheduleChange()
        change.open = ClockTime("08:00")
        try await harness.books.change("vet", change)
        harness.calendar.contents.withLock { contents in
            contents.configuration?.rooms = 4
            contents.configuration?.slotMinutes = 10
        }
        let stats = try await harness.run().stats
        config = try #require(try await harness.books.config(of: "vet"))
        #expect((config.open.short, config.slotMinutes, config.capacity) == ("08:00", 30, 4))
        #expect((stats.slotsCreated, stats.slotsUpdated) == (0, 4), "the two of each date that are still made")
        #expect(try await harness.held.count("SELECT count(*) FROM schedule_slot") == 8, "none is deleted")
    }

    @Test func withoutARemoteConfigurationTheStandardHolds() async throws {
        let harness = try await ClinicHarness()
        harness.calendar.contents.withLock { $0.configuration = nil }
        #expect(try await harness.run().success)
        let config = try #require(try await harness.books.config(of: "vet"))
        #expect((config.capacity, config.zone) == (2, "America/Los_Angeles"))
    }

    // MARK: - Places and status

    @Test func aThirdSyncOfAClinicHasNoPlaceUntilOneIsStale() async throws {
        let harness = try await ClinicHarness()
        let parameters = ScheduleSyncParameters(clinic: "vet", daysAhead: 1, from: .monday)
        _ = try await harness.sync.plan(parameters, id: "one", session: harness.calendar)
        _ = try await harness.sync.plan(parameters, id: "two", session: harness.calendar)
        await #expect(throws: ClinicError.busy("vet", running: 2)) {
            try await harness.sync.plan(parameters, id: "three", session: harness.calendar)
        }
        _ = try await harness.sync.plan(parameters, id: "two", session: harness.calendar)
        harness.time.advance(by: .seconds(601))
        _ = try await harness.sync.plan(parameters, id: "three", session: harness.calendar)
        let left = try await harness.books.syncs(of: "vet").filter { $0.status == "in_progress" }
        #expect(left.map(\.id) == ["three"])
        await harness.sync.abandon(id: "three", because: "enough")
        #expect(try await harness.books.syncs(of: "vet").allSatisfy { $0.status == "failed" })
    }

    @Test func progressRisesWithEachDateAndNamesIt() async throws {
        let harness = try await ClinicHarness()
        let parameters = ScheduleSyncParameters(clinic: "vet", daysAhead: 2, from: .monday)
        let plan = try await harness.sync.plan(parameters, id: "s", session: harness.calendar)
        let context = try await harness.sync.preload(parameters, id: "s", dates: plan.dates)
        var seen: [String] = []
        for date in plan.dates {
            _ = try await harness.sync.process(date, context, id: "s", session: harness.calendar)
            let view = try #require(try await harness.books.syncs(of: "vet").first)
            seen.append("\(view.status) \(view.progress) \(view.currentDate ?? "")")
        }
        #expect(
            seen == ["in_progress 33 2026-03-02", "in_progress 67 2026-03-03", "in_progress 100 2026-03-04"])
    }

    @Test func theMirrorIsStaleAfterAnHour() async throws {
        let harness = try await ClinicHarness()
        var status = try await harness.books.scheduleStatus(of: "vet", now: harness.time.wall())
        #expect((status.hasData, status.isStale, status.minutesSinceSync) == (false, true, nil))
        try await harness.run()
        harness.time.advance(by: .seconds(59 * 60))
        status = try await harness.books.scheduleStatus(of: "vet", now: harness.time.wall())
        #expect((status.hasData, status.isStale, status.minutesSinceSync) == (true, false, 59))
        harness.time.advance(by: .seconds(60))
        status = try await harness.books.scheduleStatus(of: "vet", now: harness.time.wall())
        #expect(status.isStale)
        await #expect(throws: ClinicError.noClinic("dog")) {
            try await harness.books.scheduleStatus(of: "dog", now: harness.time.wall())
        }
    }

    @Test(arguments: [
        ("{}", "clinicId"), (#"{"clinicId":""}"#, "clinicId"), (#"{"clinicId":"a","daysAhead":0}"#, "daysAhead"),
        (#"{"clinicId":"a","daysAhead":61}"#, "daysAhead"), (#"{"clinicId":"a","from":"2026-02-30"}"#, "from"),
        (#"{"clinicId":"a","days":3}"#, "days"),
    ])
    func aWrongParameterIsNamed(text: String, field: String) throws {
        let error = #expect(throws: JSONError.self) { try JSON.decode(ScheduleSyncParameters.self, from: text) }
        #expect(error?.path == field)
    }

    @Test func theParametersHaveTheirStandard() throws {
        let parameters = try JSON.decode(ScheduleSyncParameters.self, from: #"{"clinicId":"vet"}"#)
        #expect(parameters == ScheduleSyncParameters(clinic: "vet", daysAhead: 14, from: nil))
    }

    @Test func numbersBelowOneAreRefusedAllAtOnce() {
        var problems: [String] = []
        let settings = ScheduleSyncSettings(environment: { _ in "0" }, problems: &problems)
        #expect(settings == ScheduleSyncSettings())
        #expect(
            problems.map { String($0.prefix { $0 != "=" }) } == [
                "SYNC_CONCURRENCY", "MAX_CONCURRENT_SYNCS", "SYNC_TIMEOUT_MS", "IDEXX_RATE_LIMIT", "BROWSER_POOL_SIZE",
            ])
        problems = []
        let chosen = ScheduleSyncSettings(environment: { _ in "7" }, problems: &problems)
        #expect((chosen.dates, chosen.syncs, chosen.rate, chosen.sessions) == (7, 7, 7, 7))
        #expect(problems.isEmpty)
    }
}
