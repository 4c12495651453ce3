public import Linux

/// A set of days, from 1970-01-01 to 2199-12-31, as expressions describe them: by year, month, day and weekday.
///
/// Which days of a month belong to it depends on the month's length and on the weekday of its first only, so they stand
/// ready in a table of 28 entries, and the next day is found month by month.
public struct DayPattern: Hashable, Sendable {
    public static let years: ClosedRange<Int64> = 1970...2199
    /// The days of ``years``, counted from 1970-01-01.
    static let days = WallTime.newYear(years.lowerBound)..<WallTime.newYear(years.upperBound + 1)

    /// Nil for every year; else a bit for each of ``years``.
    let yearBits: [UInt64]?
    /// Bits 1 to 12.
    let months: UInt16
    /// Days as bits 1 to 31, by ``MonthCursor/shape``.
    let table: [UInt32]
    /// The years in which days may lie; nil where no day ever belongs, as with February 30.
    let span: ClosedRange<Int64>?

    /// `days` tells the days of a month of the length that begins on `first` (0 is Monday), as bits 1 to 31; bits beyond
    /// the month are let go.
    init(
        years: [CalendarComponent] = [], months: UInt16 = 0x1FFE, days: (_ length: Int, _ first: Int) -> UInt32
    ) {
        var table: [UInt32] = []
        table.reserveCapacity(28)
        var lengthsWithDays = 0
        for length in 28...31 {
            for first in 0..<7 {
                let bits = days(length, first) & Self.allDays(of: length)
                if bits != 0 { lengthsWithDays |= 1 << length }
                table.append(bits)
            }
        }
        self.table = table
        self.months = months
        let hasDays = (1...12).contains { month in
            let lengths = month == 2 ? 0b11 << 28 : 1 << CivilDate.days(in: month, of: 2000)
            return months >> month & 1 == 1 && lengthsWithDays & lengths != 0
        }
        guard !years.isEmpty else {
            yearBits = nil
            span = hasDays ? Self.years : nil
            return
        }
        var bits = [UInt64](repeating: 0, count: 4)
        let chosen = Self.years.filter { year in years.contains { $0.contains(Int(year)) } }
        for year in chosen {
            let index = Int(year - Self.years.lowerBound)
            bits[index / 64] |= 1 << UInt64(index % 64)
        }
        yearBits = bits
        if hasDays, let first = chosen.first, let last = chosen.last { span = first...last } else { span = nil }
    }

    /// Bits 1 to the length.
    static func allDays(of length: Int) -> UInt32 { (UInt32(2) << UInt32(length)) &- 2 }

    /// The days that fall on weekdays (bits 0, Monday, to 6) in a month that begins on `first`, as bits 1 to 31.
    static func days(on weekdays: UInt8, first: Int) -> UInt32 {
        let week = UInt64(weekdays & 0x7F)
        let weeks = (0..<6).reduce(UInt64(0)) { $0 | week << UInt64($1 * 7) }
        return UInt32(truncatingIfNeeded: (weeks >> UInt64(first)) << 1)
    }

    /// The days that the date part of an OnCalendar expression names: "Sat,Sun", "*-12-24..26", "2026-04-03".
    ///
    /// A time of day or a zone in the text is refused, for neither says anything about days.
    public init(_ text: String) throws(ExpressionError) {
        let parsed = try OnCalendar(text)
        guard parsed.isDateOnly else {
            throw ExpressionError(
                expression: text, column: 1, problem: "days are wanted, but a time of day or a zone is given",
                remedy: "a date alone, such as *-12-24 or Sat,Sun")
        }
        self = parsed.dayPattern
    }

    public func contains(_ date: CivilDate) -> Bool {
        guard Self.years.contains(date.year) else { return false }
        return days(in: MonthCursor(date)) & (1 << UInt32(date.day)) != 0
    }

    /// The days of the month that belong, as bits 1 to 31.
    @inline(__always)
    func days(in month: MonthCursor) -> UInt32 {
        guard months & (1 << UInt16(month.month)) != 0 else { return 0 }
        if let yearBits {
            let index = Int(month.year - Self.years.lowerBound)
            if yearBits[index / 64] & (1 << UInt64(index % 64)) == 0 { return 0 }
        }
        return table[month.shape]
    }
}

/// A month, with what is needed to go on to the next one without reckoning dates anew.
struct MonthCursor {
    private(set) var year: Int64
    private(set) var month: Int
    /// The days from 1970-01-01 to its first.
    private(set) var firstDay: Int64
    private(set) var length: Int
    /// The weekday of its first, 0 is Monday.
    private(set) var first: Int

    init(_ date: CivilDate) {
        self.init(date, day: date.daysSinceEpoch)
    }

    /// `day` is the date's number of days since 1970-01-01.
    init(_ date: CivilDate, day: Int64) {
        year = date.year
        month = date.month
        firstDay = day - Int64(date.day) + 1
        length = CivilDate.days(in: date.month, of: date.year)
        first = WallTime.weekday(ofDay: firstDay)
    }

    /// The entry of ``DayPattern/table`` for months like this one.
    @inline(__always)
    var shape: Int { (length - 28) * 7 + first }

    mutating func advance() {
        firstDay += Int64(length)
        first = (first + length) % 7
        month = month == 12 ? 1 : month + 1
        if month == 1 { year += 1 }
        length = CivilDate.days(in: month, of: year)
    }

    mutating func retreat() {
        month = month == 1 ? 12 : month - 1
        if month == 12 { year -= 1 }
        length = CivilDate.days(in: month, of: year)
        firstDay -= Int64(length)
        first = (first - length + 35) % 7
    }
}
