/// The times of a day that can be booked.
public struct SlotTime: Hashable, Sendable {
    public var start: ClockTime
    public var end: ClockTime
}

/// A time of a day, with how much of it is taken.
public struct ScheduleSlot: Hashable, Sendable {
    /// Of the row in the books.
    public var row: Int64
    public var date: Day
    public var start: ClockTime
    public var end: ClockTime
    public var capacity: Int
    /// Appointments that overlap it.
    public var booked: Int
    /// Bookings that hold a place for a while.
    public var held = 0

    public var free: Int { capacity - booked - held }
}

extension ScheduleConfig {
    /// The slots of a day: one after the other from the opening on, as long as they end in time, without those that
    /// overlap a blocked period.
    public func slots(on day: Day, blocked: [BlockedPeriod]) -> [SlotTime] {
        guard days.contains(day) else { return [] }
        var slots: [SlotTime] = []
        var start = open
        while let end = start.advanced(byMinutes: slotMinutes), end <= close {
            if !blocked.contains(where: { $0.blocks(start, end, on: day) }) {
                slots.append(SlotTime(start: start, end: end))
            }
            start = end
        }
        return slots
    }

    /// The slot an appointment belongs to, by its start: the exact one, else the one that its start falls into on a grid
    /// from midnight.
    func slot<Slot>(for start: ClockTime?, among slots: [ClockTime: Slot]) -> Slot? {
        guard let start else { return nil }
        return slots[start] ?? slots[start.roundedDown(toMinutes: slotMinutes)]
    }
}
