public import Linux

/// What a clock on the wall shows: a date and a time of day without a zone, to the microsecond.
public struct WallTime: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Microseconds since 1970-01-01 00:00:00 of the same clock, as if every day had 24 hours.
    public let microseconds: Int64

    static let microsecondsPerDay: Int64 = 86_400_000_000

    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    public var date: CivilDate { CivilDate(daysSinceEpoch: day) }
    public var hour: Int { Int(timeOfDay / 3_600_000_000) }
    public var minute: Int { Int(timeOfDay / 60_000_000 % 60) }
    public var second: Int { Int(timeOfDay / 1_000_000 % 60) }
    public var microsecond: Int { Int(timeOfDay % 1_000_000) }
    /// 0 is Monday, 6 is Sunday.
    public var weekday: Int { WallTime.weekday(ofDay: day) }

    /// Whole days since 1970-01-01.
    var day: Int64 { WallTime.split(microseconds).day }
    /// Microseconds since midnight.
    var timeOfDay: Int64 { WallTime.split(microseconds).time }

    @inline(__always)
    static func split(_ microseconds: Int64) -> (day: Int64, time: Int64) {
        var (day, time) = microseconds.quotientAndRemainder(dividingBy: microsecondsPerDay)
        if time < 0 {
            day -= 1
            time += microsecondsPerDay
        }
        return (day, time)
    }

    /// 0 is Monday; day 0, 1970-01-01, was a Thursday.
    @inline(__always)
    static func weekday(ofDay day: Int64) -> Int {
        let weekday = Int((day + 3) % 7)
        return weekday < 0 ? weekday + 7 : weekday
    }

    public static func < (left: WallTime, right: WallTime) -> Bool {
        left.microseconds < right.microseconds
    }

    /// "02:30:00", or "02:30:00.500000" where there is a fraction.
    public var clock: String {
        let fraction = microsecond == 0 ? "" : ".\(padded(microsecond, to: 6))"
        return "\(padded(hour, to: 2)):\(padded(minute, to: 2)):\(padded(second, to: 2))\(fraction)"
    }

    /// "2026-03-29 02:30:00"
    public var description: String { "\(date) \(clock)" }
}

/// `number` with zeros before it, at least `width` digits.
func padded(_ number: Int, to width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
