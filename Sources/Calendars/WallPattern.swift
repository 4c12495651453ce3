import Linux

/// A set of wall times: days of the calendar, and times of each of those days.
public struct WallPattern: Hashable, Sendable {
    public let days: DayPattern
    let times: TimePattern

    init(days: DayPattern, times: TimePattern) {
        self.days = days
        self.times = times
    }

    /// One time of day, each day or on the weekdays given (0 is Monday). Nil for a time or weekday that there is not.
    public init?(hour: Int, minute: Int, second: Int = 0, weekdays: Set<Int> = []) {
        guard (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second),
            weekdays.allSatisfy({ (0...6).contains($0) })
        else { return nil }
        let bits = weekdays.isEmpty ? 0x7F : weekdays.reduce(UInt8(0)) { $0 | 1 << UInt8($1) }
        days = DayPattern { _, first in DayPattern.days(on: bits, first: first) }
        times = TimePattern(
            hours: 1 << UInt32(hour), minutes: 1 << UInt64(minute), seconds: .whole(1 << UInt64(second)))
    }

    /// The first time of the set at or after `wall`, on no excluded day; nil where none follows until the end of 2199.
    ///
    /// Looks at each month of the calendar once at most.
    func next(from wall: Int64, excluding exclusions: ExcludedDays?) -> Int64? {
        var (day, time) = WallTime.split(wall)
        if day < DayPattern.days.lowerBound { (day, time) = (DayPattern.days.lowerBound, 0) }
        guard day < DayPattern.days.upperBound, let span = days.span else { return nil }
        let date = CivilDate(daysSinceEpoch: day)
        var month = MonthCursor(date, day: day)
        var left = dayBits(month, exclusions) & (~0 << UInt32(date.day))
        if left & (1 << UInt32(date.day)) != 0 {
            if let time = times.next(from: time) { return day * WallTime.microsecondsPerDay + time }
            left &= left - 1
        }
        while left == 0 {
            month.advance()
            guard month.year <= span.upperBound else { return nil }
            left = dayBits(month, exclusions)
        }
        let found = month.firstDay + Int64(left.trailingZeroBitCount) - 1
        return found * WallTime.microsecondsPerDay + times.first
    }

    /// The last time of the set at or before `wall`; nil where none is before back to 1970.
    func previous(from wall: Int64, excluding exclusions: ExcludedDays?) -> Int64? {
        var (day, time) = WallTime.split(wall)
        if day >= DayPattern.days.upperBound {
            (day, time) = (DayPattern.days.upperBound - 1, WallTime.microsecondsPerDay - 1)
        }
        guard day >= DayPattern.days.lowerBound, let span = days.span else { return nil }
        let date = CivilDate(daysSinceEpoch: day)
        var month = MonthCursor(date, day: day)
        let own: UInt32 = 1 << UInt32(date.day)
        var left = dayBits(month, exclusions) & (own | (own - 1))
        if left & own != 0 {
            if let time = times.previous(from: time) { return day * WallTime.microsecondsPerDay + time }
            left &= ~own
        }
        while left == 0 {
            month.retreat()
            guard month.year >= span.lowerBound else { return nil }
            left = dayBits(month, exclusions)
        }
        let found = month.firstDay + Int64(31 - left.leadingZeroBitCount) - 1
        return found * WallTime.microsecondsPerDay + times.last
    }

    @inline(__always)
    private func dayBits(_ month: MonthCursor, _ exclusions: ExcludedDays?) -> UInt32 {
        let bits = days.days(in: month)
        guard bits != 0, let exclusions else { return bits }
        return bits & ~exclusions.days(in: month)
    }
}
