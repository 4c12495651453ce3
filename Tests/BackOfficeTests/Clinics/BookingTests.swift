import BackOffice
import Linux
import TestSupport
import Testing

@testable import BackOffice

@Suite struct BookingTests {
    private func book(
        _ harness: ClinicHarness, _ time: String, _ number: String, client: String = "ADA"
    ) async throws -> Booking {
        try await harness.books.book(
            "vet", on: .monday, at: ClockTime(time)!, client: client, patient: "REX", confirmation: number,
            now: harness.time.wall())
    }

    @Test func aBookingHoldsItsPlaceForFiveMinutes() async throws {
        let harness = try await ClinicHarness()
        try await harness.run()
        let booking = try await book(harness, "09:00", "1")
        #expect(booking.holdExpiresAt == harness.time.wall() + .seconds(300))
        _ = try await book(harness, "09:00", "2")
        let full = await #expect(throws: ClinicError.self) { try await book(harness, "09:00", "3") }
        guard case .full(_, let alternatives) = full else { throw TestFailure("\(full as Any)") }
        #expect(alternatives.map(\.start.short) == ["09:15", "09:30", "09:45", "10:00", "10:15"])
        harness.time.advance(by: .seconds(300))
        _ = try await book(harness, "09:00", "4")
        await #expect(throws: ClinicError.noSlot("vet", .monday, ClockTime("12:00")!)) {
            try await book(harness, "12:00", "5")
        }
    }

    @Test func manyWhoBookOneSlotAtOnceGetAsManyPlacesAsThereAre() async throws {
        let harness = try await ClinicHarness()
        try await harness.run()
        let booked = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<20 {
                group.addTask { (try? await self.book(harness, "10:00", "n\(number)")) != nil }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(booked == 2)
    }

    @Test func aBookingWhoseSlotWasTakenMovesToTheFirstLaterFreeOne() async throws {
        let harness = try await ClinicHarness()
        try await harness.run()
        _ = try await book(harness, "11:45", "1")
        // Until 14:15, over lunch: the next free one is at 14:15.
        harness.calendar.set(
            .monday, .example("a", at: "11:45", until: "14:15"), .example("b", at: "11:45", until: "14:15"))
        let stats = try await harness.run().stats
        #expect((stats.conflictsDetected, stats.conflictsResolved) == (1, 1))
        let moved = try #require(try await harness.books.bookings(of: "vet", from: .monday, to: .monday).first)
        #expect((moved.start.short, moved.status, moved.hasConflict) == ("14:15", .rescheduled, true))
        #expect((moved.originalDate, moved.originalTime) == ("2026-03-02", "11:45:00"))
        #expect(try await harness.run().stats.conflictsDetected == 0)
    }

    @Test func whereNoLaterOneIsFreeTheFirstEarlierOneIsTakenElseSomebodyHasToLook() async throws {
        let harness = try await ClinicHarness()
        try await harness.run()
        _ = try await book(harness, "17:45", "1")
        harness.calendar.set(
            .monday, .example("a", at: "17:45", until: "18:00"), .example("b", at: "17:45", until: "18:00"))
        try await harness.run()
        #expect(
            try await harness.books.bookings(of: "vet", from: .monday, to: .monday).map(\.start.short) == ["08:00"])
        harness.calendar.set(
            .monday, .example("a", at: "08:00", until: "18:00"), .example("b", at: "08:00", until: "18:00"))
        let stats = try await harness.run().stats
        #expect((stats.conflictsDetected, stats.conflictsResolved) == (1, 0))
        let marked = try #require(try await harness.books.bookings(of: "vet", from: .monday, to: .monday).first)
        #expect((marked.start.short, marked.hasConflict, marked.reason) == ("08:00", true, Booking.byHand))
    }

    @Test func aHoldThatIsOverIsNoConflict() async throws {
        let harness = try await ClinicHarness()
        try await harness.run()
        _ = try await book(harness, "09:00", "1")
        harness.time.advance(by: .seconds(301))
        harness.calendar.set(.monday, .example("a"), .example("b"))
        #expect(try await harness.run().stats.conflictsDetected == 0)
    }

    @Test func countsAreThoseOfABruteForceCountWhateverOverlaps() async throws {
        let harness = try await ClinicHarness()
        var random = SeededGenerator(seed: 7)
        var all: [RemoteAppointment] = []
        for number in 0..<300 {
            let start = Int.random(in: 7 * 60..<19 * 60, using: &random),
                length = Int.random(in: 1...90, using: &random)
            let text = { (minutes: Int) in ClockTime(seconds: min(minutes, 1440) * 60)!.description }
            all.append(
                .example(
                    "n\(number)", at: text(start), until: text(start + length),
                    status: AppointmentStatus.allCases.randomElement(using: &random)!))
        }
        harness.calendar.contents.withLock { [all] in $0.days[.monday] = all }
        try await harness.run()
        let slots = try await harness.books.slots(of: "vet", from: .monday, to: .monday)
        #expect(slots.count == 32)
        for slot in slots {
            let count = all.count { one in
                one.fields.status.counts && one.start! < slot.end && one.end! > slot.start
            }
            #expect(slot.booked == count, "\(slot.start)")
        }
    }
}
