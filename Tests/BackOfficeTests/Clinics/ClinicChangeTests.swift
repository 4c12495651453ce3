import BackOffice
import Linux
import TestSupport
import Testing

@testable import BackOffice

/// What an operator says of a clinic and its bookings.
@Suite struct ClinicChangeTests {
    private func change(_ set: (inout ScheduleChange) -> Void) -> ScheduleChange {
        var change = ScheduleChange()
        set(&change)
        return change
    }

    private func offered(_ harness: ClinicHarness, _ day: Day = .monday) async throws -> [String] {
        try await harness.books.offered(of: "vet", on: day, now: harness.time.wall()).map(\.start.short)
    }

    private func book(_ harness: ClinicHarness, _ time: String, _ number: String) async throws {
        _ = try await harness.books.book(
            "vet", on: .monday, at: ClockTime(time)!, client: "Ada", patient: "Rex", confirmation: number,
            now: harness.time.wall())
    }

    private func free(_ harness: ClinicHarness, at time: String) async throws -> Int? {
        try await harness.books.offered(of: "vet", on: .monday, now: harness.time.wall())
            .first { $0.start.short == time }?.free
    }

    // MARK: - How it works

    @Test func whatIsSetHoldsAtOnceForWhatIsThereAndAfterTheNextSyncForWhatIsNew() async throws {
        let harness = try await ClinicHarness()
        try await harness.run()
        let config = try await harness.books.change(
            "vet",
            change {
                $0.open = ClockTime("10:00")
                $0.close = ClockTime("19:00")
                $0.days = Weekdays(words: "mon")
                $0.slotMinutes = 30
            })
        #expect((config.open.short, config.close.short, config.slotMinutes) == ("10:00", "19:00", 30))
        #expect(try await offered(harness).first == "10:00")
        #expect(try await offered(harness).contains("10:15") == false)
        #expect(try await offered(harness).last == "17:30")
        #expect(try await offered(harness, .tuesday).isEmpty)
        await #expect(throws: ClinicError.noSlot("vet", .monday, ClockTime("09:00")!)) {
            try await book(harness, "09:00", "1")
        }
        try await harness.run()
        #expect(try await offered(harness).last == "18:30")
        let slot = try #require(
            try await harness.books.offered(of: "vet", on: .monday, now: harness.time.wall()).first)
        #expect(slot.end.short == "10:30")
    }

    @Test func aCapacityOfItsOwnIsNotTheCalendarsToChange() async throws {
        let harness = try await ClinicHarness()
        harness.calendar.contents.withLock { $0.configuration?.rooms = 4 }
        try await harness.run()
        try await harness.books.change("vet", change { $0.capacity = .own(1) })
        try await harness.run()
        #expect(try await free(harness, at: "09:00") == 1)
        try await harness.books.change("vet", change { $0.capacity = .calendar })
        try await harness.run()
        #expect(try await free(harness, at: "09:00") == 4)
    }

    @Test func whatCannotBeSetIsRefusedAndNothingIsChanged() async throws {
        let harness = try await ClinicHarness()
        await #expect(throws: ClinicError.notConfigured("vet")) {
            try await harness.books.change("vet", change { $0.slotMinutes = 30 })
        }
        await #expect(throws: ClinicError.noClinic("dog")) { try await harness.books.change("dog", change { _ in }) }
        try await harness.run()
        let before = try await harness.books.config(of: "vet")
        await #expect(throws: ClinicError.hours("vet", ClockTime("18:00")!, ClockTime("18:00")!)) {
            try await harness.books.change(
                "vet",
                change {
                    $0.open = ClockTime("18:00")
                    $0.slotMinutes = 30
                })
        }
        #expect(try await harness.books.config(of: "vet") == before)
    }

    /// What the database would refuse too, in words that only its makers know.
    @Test(
        arguments: [
            (.minutes(0), "a slot cannot have 0 minutes; 1 to 120 it can"),
            (.minutes(121), "a slot cannot have 121 minutes; 1 to 120 it can"),
            (.capacity(0), "the capacity cannot be 0; 1 to 1000 it can"),
            (.period("staff", "10:00", "10:00"), "'staff' cannot end at 10:00, which is not after 10:00"),
            (.period("", "10:00", "11:00"), "the name of what is blocked is empty"),
        ] as [(Setting, String)])
    func whatIsOutsideItsRangeIsNamedWithTheRange(setting: Setting, why: String) async throws {
        let harness = try await ClinicHarness()
        try await harness.run()
        let error = await #expect(throws: ClinicError.self) {
            switch setting {
            case .minutes(let minutes): try await harness.books.change("vet", change { $0.slotMinutes = minutes })
            case .capacity(let number): try await harness.books.change("vet", change { $0.capacity = .own(number) })
            case .period(let name, let start, let end):
                let (start, end) = (try #require(ClockTime(start)), try #require(ClockTime(end)))
                try await harness.books.put(
                    BlockedPeriod(name: name, start: start, end: end, days: .mondayToSaturday), of: "vet")
            }
        }
        #expect(error?.description == "the clinic vet: \(why)")
    }

    enum Setting: Sendable {
        case minutes(Int)
        case capacity(Int)
        case period(String, String, String)
    }

    @Test func aTimeIsBlockedAndOpenAgain() async throws {
        let harness = try await ClinicHarness()
        try await harness.run()
        let staff = BlockedPeriod(
            name: "staff", start: ClockTime("09:00")!, end: ClockTime("10:00")!, days: Weekdays(words: "mon")!)
        try await harness.books.put(staff, of: "vet")
        #expect(try await offered(harness).prefix(5) == ["08:00", "08:15", "08:30", "08:45", "10:00"])
        #expect(try await offered(harness, .tuesday).contains("09:00"))
        try await harness.books.unblock("staff", of: "vet")
        #expect(try await offered(harness).contains("09:00"))
        try await harness.books.unblock("lunch", of: "vet")
        try await harness.run()
        #expect(try await offered(harness).contains("12:00"))
        await #expect(throws: ClinicError.noPeriod("vet", "lunch", there: [])) {
            try await harness.books.unblock("lunch", of: "vet")
        }
        await #expect(throws: ClinicError.noClinic("dog")) { try await harness.books.put(staff, of: "dog") }
    }

    // MARK: - Bookings

    @Test func aBookingNeedsAName() async throws {
        let harness = try await ClinicHarness()
        try await harness.run()
        await #expect(throws: ClinicError.noClient) {
            try await harness.books.book(
                "vet", on: .monday, at: ClockTime("09:00")!, client: " ", patient: "Rex", confirmation: "1",
                now: harness.time.wall())
        }
    }

    @Test func aConfirmedBookingKeepsItsPlaceUntilTheCalendarHasIt() async throws {
        let harness = try await ClinicHarness()
        try await harness.run()
        try await book(harness, "09:00", "N1")
        #expect(try await harness.books.confirm("N1", now: harness.time.wall()).status == .confirmed)
        harness.time.advance(by: .seconds(3600))
        #expect(try await free(harness, at: "09:00") == 1)
        // Somebody else's does not stand for it; its own does, and takes the place then.
        harness.calendar.set(.monday, .example("a"))
        try await harness.run()
        #expect(try await free(harness, at: "09:00") == 0)
        harness.calendar.set(.monday, .example("a"), .example("b", patient: "REX"))
        try await harness.run()
        #expect(try await free(harness, at: "09:00") == 0, "two appointments, and none held besides")
        harness.calendar.set(.monday, .example("b", patient: "REX"))
        try await harness.run()
        #expect(try await free(harness, at: "09:00") == 1)
        #expect(try await harness.books.confirm("N1", now: harness.time.wall()).status == .confirmed, "it stays so")
    }

    @Test func aBookingWhoseHoldIsOverIsConfirmedOnlyWhereThereIsAPlace() async throws {
        let harness = try await ClinicHarness()
        try await harness.run()
        for number in ["N1", "N2"] { try await book(harness, "09:00", number) }
        harness.time.advance(by: .seconds(301))
        try await book(harness, "09:00", "N3")
        #expect(try await harness.books.confirm("N1", now: harness.time.wall()).status == .confirmed)
        let full = await #expect(throws: ClinicError.self) {
            try await harness.books.confirm("N2", now: harness.time.wall())
        }
        guard case .full(_, let alternatives) = full else { throw TestFailure("\(full as Any)") }
        #expect(alternatives.first?.start.short == "09:15")
        #expect(try await harness.books.confirm("N3", now: harness.time.wall()).status == .confirmed)
    }

    @Test func aCancelledBookingFreesItsPlaceAndIsConfirmedNoMore() async throws {
        let harness = try await ClinicHarness()
        try await harness.run()
        try await book(harness, "09:00", "N1")
        _ = try await harness.books.confirm("N1", now: harness.time.wall())
        for _ in 0..<2 { #expect(try await harness.books.cancel("N1").status == .cancelled) }
        #expect(try await free(harness, at: "09:00") == 2)
        await #expect(throws: ClinicError.cancelledBooking("N1")) {
            try await harness.books.confirm("N1", now: harness.time.wall())
        }
        await #expect(throws: ClinicError.noBooking("N9")) { try await harness.books.cancel("N9") }
        await #expect(throws: ClinicError.noBooking("N9")) {
            try await harness.books.confirm("N9", now: harness.time.wall())
        }
    }

    @Test func aConfirmedBookingWhoseSlotTheCalendarGaveAwayIsMarkedAndNotMoved() async throws {
        let harness = try await ClinicHarness()
        try await harness.run()
        try await book(harness, "09:00", "N1")
        _ = try await harness.books.confirm("N1", now: harness.time.wall())
        harness.calendar.set(.monday, .example("a"), .example("b"))
        let stats = try await harness.run().stats
        #expect((stats.conflictsDetected, stats.conflictsResolved) == (1, 0))
        let marked = try #require(try await harness.books.bookings(of: "vet", from: .monday, to: .monday).first)
        #expect((marked.start.short, marked.status, marked.reason) == ("09:00", .confirmed, Booking.overbooked))
        // One of the two is its own.
        harness.calendar.set(.monday, .example("a"), .example("b", patient: "REX"))
        #expect(try await harness.run().stats.conflictsDetected == 0)
    }

    @Test func aBookingOfASlotThatIsNoMoreMadeHoldsAPlaceOfThoseItOverlaps() async throws {
        let harness = try await ClinicHarness()
        try await harness.run()
        try await book(harness, "09:15", "N1")
        _ = try await harness.books.confirm("N1", now: harness.time.wall())
        try await harness.books.change("vet", change { $0.slotMinutes = 30 })
        try await harness.run()
        #expect(try await free(harness, at: "09:00") == 1)
        #expect(try await free(harness, at: "09:30") == 2)
    }
}
