import Linux

/// A day of the calendar in the years 1 to 9999, written `2025-01-31`.
public struct Day: Hashable, Comparable, Sendable, CustomStringConvertible {
    private let date: CivilDate

    public var year: Int { Int(date.year) }
    /// 1 to 12.
    public var month: Int { date.month }
    /// 1 to 31.
    public var day: Int { date.day }

    /// Nil for a day that does not exist.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), let date = CivilDate(year: Int64(year), month: month, day: day) else {
            return nil
        }
        self.date = date
    }

    /// Nil outside of the years 1 to 9999.
    public init?(_ date: CivilDate) {
        guard (1...9999).contains(date.year) else { return nil }
        self.date = date
    }

    /// A date outside of the years 1 to 9999 is the nearest day within.
    public init(clamping date: CivilDate) {
        let first = CivilDate(year: 1, month: 1, day: 1)!, last = CivilDate(year: 9999, month: 12, day: 31)!
        self.date = min(max(date, first), last)
    }

    /// Reads exactly `YYYY-MM-DD`; nil for anything else and for a day that does not exist.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = Digits.number(bytes[0..<4]), let month = Digits.number(bytes[5..<7]),
            let day = Digits.number(bytes[8..<10])
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    public static func < (left: Day, right: Day) -> Bool { left.date < right.date }

    /// "2025-01-31"
    public var description: String { date.description }

    /// 0 is Sunday, 6 is Saturday.
    public var weekday: Int {
        let fromSunday = (date.daysSinceEpoch + 4) % 7  // 1970-01-01 was a Thursday.
        return Int((fromSunday + 7) % 7)
    }

    /// Saturday or Sunday.
    var isWeekend: Bool { weekday == 0 || weekday == 6 }

    /// The day so many days later; nil after the year 9999 and before the year 1.
    public func adding(_ days: Int) -> Day? { Day(CivilDate(daysSinceEpoch: date.daysSinceEpoch + Int64(days))) }

    /// "Dec 15", as in the titles of timesheet entries.
    public var short: String {
        let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(names[month - 1]) \(day)"
    }
}

enum Digits {
    /// The number that ASCII digits write; nil for anything else.
    static func number(_ bytes: ArraySlice<UInt8>) -> Int? {
        var number = 0
        for byte in bytes {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return bytes.isEmpty ? nil : number
    }

    /// At least `width` digits, with leading zeros.
    static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
