import BackOffice
import TestSupport
import Testing

@testable import BackOffice

@Suite struct ClinicRulesTests {
    @Test func theHashIsThatOfTheDescription() {
        let fields = AppointmentFields(
            date: Day("2025-12-27")!, start: " 4:15 PM", end: "4:30 PM ", patient: "BELLA", client: "DAVID ALDANA",
            phone: "(408) 509-5710", provider: "DR.G.BATH", type: "Exam", status: AppointmentStatus(remote: "Finalized")
        )
        #expect(sha256(fields.hashed) == "aa7407893c6a163b0f30a46d467a5f90755b7ee953e9bcd797cdc079694d6b0d")
        #expect(
            String(decoding: fields.hashed, as: UTF8.self)
                == "2025-12-27|4:15 PM|4:30 PM|BELLA|DAVID ALDANA|+14085095710|DR.G.BATH|Exam|completed")
    }

    @Test func whatIsNotSaidIsHashedAsNothing() {
        let fields = AppointmentFields(date: .monday)
        #expect(String(decoding: fields.hashed, as: UTF8.self) == "2026-03-02||||||||scheduled")
    }

    @Test(arguments: [
        ("4085095710", "+14085095710"), ("408-509-5710", "+14085095710"), ("1 408 509 5710", "+14085095710"),
        ("+1 (408) 509-5710", "+14085095710"), ("24085095710", "24085095710"), (" 555-1234 ", "555-1234"), ("", ""),
        ("+44 20 7946 0958", "+44 20 7946 0958"),
    ])
    func phoneNumbersHaveOneForm(given: String, form: String) {
        #expect(AppointmentFields.normalizedPhone(given) == form)
    }

    @Test(arguments: [
        ("Finalized", AppointmentStatus.completed), ("COMPLETE", .completed), ("Completed", .completed),
        ("Incomplete", .scheduled), ("Cancelled", .cancelled), ("canceled by client", .cancelled),
        ("In Progress", .inProgress), ("in_progress", .inProgress), ("No Show", .noShow), ("no-show", .noShow),
        ("", .scheduled), ("Confirmed", .scheduled),
    ])
    func wordsOfACalendarAreStatuses(word: String, status: AppointmentStatus) {
        #expect(AppointmentStatus(remote: word) == status)
    }

    @Test(arguments: [
        ("4:15 PM", "16:15:00"), ("12:00 AM", "00:00:00"), ("12:30 pm", "12:30:00"), ("9 a.m.", "09:00:00"),
        ("09:05", "09:05:00"), ("23:59:59", "23:59:59"), ("24:00", "24:00:00"), ("1:02:03PM", "13:02:03"),
    ])
    func clocksOfTwelveAndOf24HoursAreRead(text: String, time: String) {
        #expect(ClockTime(text)?.description == time)
    }

    @Test(arguments: ["", "9", "25:00", "24:01", "13:00 PM", "0:30 AM", "9:5", "9:60", "a:00", "09:00:00:00", "-1:00"])
    func whatIsNoTimeOfDayIsNone(text: String) {
        #expect(ClockTime(text) == nil)
    }

    @Test func aDayOfTenHoursHasFortySlotsAndWithLunch32() {
        let config = ScheduleConfig()
        #expect(config.slots(on: .monday, blocked: []).count == 40)
        let slots = config.slots(on: .monday, blocked: [.lunch])
        #expect(slots.count == 32)
        #expect(slots.map(\.start.short)[15...16] == ["11:45", "14:00"])
        #expect(config.slots(on: Day("2026-03-01")!, blocked: []).isEmpty, "a Sunday")
    }

    @Test func aSlotHasToEndInTimeAndMayTouchABlockedPeriod() {
        var config = ScheduleConfig()
        config.slotMinutes = 50
        config.close = ClockTime("12:00")!
        #expect(config.slots(on: .monday, blocked: []).map(\.start.short) == ["08:00", "08:50", "09:40", "10:30"])
        let block = BlockedPeriod(
            name: "staff", start: ClockTime("08:50")!, end: ClockTime("09:41")!, days: .mondayToSaturday)
        #expect(config.slots(on: .monday, blocked: [block]).map(\.start.short) == ["08:00", "10:30"])
        var idle = block
        idle.isActive = false
        #expect(config.slots(on: .monday, blocked: [idle]).count == 4)
        let other = BlockedPeriod(name: "x", start: block.start, end: block.end, days: Weekdays([2])!)
        #expect(config.slots(on: .monday, blocked: [other]).count == 4)
    }

    @Test func anAppointmentBelongsToTheSlotOfItsStartElseOfTheGridFromMidnight() {
        let config = ScheduleConfig()
        let slots = [ClockTime("09:00")!: 1, ClockTime("09:05")!: 2]
        #expect(config.slot(for: ClockTime("09:05"), among: slots) == 2)
        #expect(config.slot(for: ClockTime("09:14"), among: slots) == 1)
        #expect(config.slot(for: ClockTime("09:15"), among: slots) == nil)
        #expect(config.slot(for: nil, among: slots) == nil)
    }

    @Test func capacityIsTheNumberOfRooms() {
        var remote = RemoteConfiguration()
        #expect(ScheduleConfig(remote).capacity == 2)
        remote.rooms = 0
        #expect(ScheduleConfig(remote).capacity == 1)
        remote.rooms = 5
        #expect(ScheduleConfig(remote).capacity == 5)
    }

    // MARK: - Reconciliation

    private func incoming(_ ids: [(String, String)], on day: Day = .monday) -> [Reconciliation.Incoming] {
        ids.map { Reconciliation.Incoming(.example($0.0, day), hash: $0.1) }
    }

    private func known(_ row: Int64, _ id: String, _ hash: String?, live: Bool = true, _ day: Day = .monday)
        -> KnownAppointment
    {
        KnownAppointment(
            row: row, remoteID: id, date: day, hash: hash, isLive: live, start: ClockTime("09:00"),
            end: ClockTime("09:15"))
    }

    @Test func theTableOfReconciliationHoldsRowByRow() {
        let plan = Reconciliation(
            .monday,
            known: [
                known(1, "same", "h"), known(2, "other", "h"), known(3, "imported", nil), known(4, "gone", "h"),
                known(5, "deleted", "h", live: false), known(6, "deleted-gone", "h", live: false),
                known(7, "moved", "h", .tuesday),
            ],
            incoming: incoming([
                ("new", "h"), ("same", "h"), ("other", "H"), ("imported", "h"), ("deleted", "h"), ("moved", "h"),
                ("", "h"), ("new", "again"),
            ]))
        #expect(plan.inserts.map(\.appointment.id) == ["new", "deleted"])
        #expect(plan.updates.map(\.row.row) == [2, 3])
        #expect(plan.moves.map(\.row.row) == [7])
        #expect(plan.absent.map(\.row) == [4])
        #expect((plan.unchanged, plan.passedOver) == (1, 2))
    }

    @Test func otherTimesOfTheSameTextAndAMarkAreAChange() {
        var rows = [1, 2, 3, 4].map { known(Int64($0), "\($0)", "h") }
        rows[1].start = ClockTime("08:00")
        rows[2].end = nil
        rows[3].isMissing = true
        let plan = Reconciliation(.monday, known: rows, incoming: incoming(rows.map { ($0.remoteID, "h") }))
        #expect(plan.updates.map(\.row.row) == [2, 3, 4])
    }

    @Test func anEndThatIsNotAfterTheStartIsNone() {
        #expect(RemoteAppointment.example("a", at: "9:00 AM", until: "9:00 AM").end == nil)
        #expect(RemoteAppointment.example("a", at: "", until: "9:15 AM").end == nil)
    }

    @Test(arguments: [
        ("mon-fri", [1, 2, 3, 4, 5], "mon-fri"), ("sat,sun", [0, 6], "sat,sun"), ("Monday, Wed", [1, 3], "mon,wed"),
        ("sat-mon", [0, 1, 6], "mon,sat,sun"), ("0,1-3", [0, 1, 2, 3], "mon-wed,sun"),
        ("sun-sat", Array(0...6), "mon-sun"),
        ("fri-fri", [5], "fri"),
    ])
    func daysOfTheWeekAreReadAndToldInWords(text: String, numbers: [Int], told: String) throws {
        let days = try #require(Weekdays(words: text))
        #expect(days.numbers == numbers)
        #expect(days.description == told)
        #expect(Weekdays(words: told) == days)
    }

    @Test(arguments: ["", "mo", "mon-", "-fri", "mon--fri", "mon-wed-fri", "7", "mon,", "Montag", "mon fri"])
    func whatNamesNoDaysOfTheWeekIsNone(text: String) {
        #expect(Weekdays(words: text) == nil)
    }

    @Test func whatBelongsToAnotherDateIsPassedOver() {
        let plan = Reconciliation(.monday, known: [], incoming: incoming([("a", "h")], on: .tuesday))
        #expect(plan.writesNothing)
        #expect(plan.passedOver == 1)
    }
}
