/// A field of a cron expression, with what it takes.
enum CronField: CaseIterable {
    case second, minute, hour, dayOfMonth, month, dayOfWeek

    var name: String {
        switch self {
        case .second: "second"
        case .minute: "minute"
        case .hour: "hour"
        case .dayOfMonth: "day of month"
        case .month: "month"
        case .dayOfWeek: "day of week"
        }
    }

    var range: ClosedRange<Int> {
        switch self {
        case .second, .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .dayOfWeek: 0...7
        }
    }

    /// The last number that a step reaches from a number without an end. Sunday as 7 is a second name of 0 only.
    var lastStep: Int { self == .dayOfWeek ? 6 : range.upperBound }

    var names: [String] {
        switch self {
        case .month: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        case .dayOfWeek: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
        default: []
        }
    }

    /// "0 to 59", "1 to 12 or JAN to DEC"
    var rangeText: String {
        let numbers = "\(range.lowerBound) to \(range.upperBound)"
        guard let first = names.first, let last = names.last else { return numbers }
        return "\(numbers) or \(first.uppercased()) to \(last.uppercased())"
    }
}

/// What a field of a cron expression says.
struct CronValues {
    /// Bits by number.
    var bits: UInt64 = 0
    /// Whether the field begins with "*".
    var isStar = false
    /// Days of month: the last day.
    var hasLastDay = false
    /// Days of month: the last working day.
    var hasLastWorkingDay = false
    /// Days of month: the working day nearest to each of these.
    var nearestWorkingDays: [Int] = []
    /// Days of week (0 is Sunday) in the week 1 to 5 of the month.
    var inWeek: [(day: Int, week: Int)] = []
    /// Days of week, the last of the month.
    var lastOfMonth: [Int] = []
}

extension CronValues {
    /// As days of month, in a month of the length that begins on `first` (0 is Monday), as bits 1 to 31.
    func days(_ length: Int, _ first: Int) -> UInt32 {
        var days = UInt32(bits)
        if hasLastDay { days |= 1 << UInt32(length) }
        if hasLastWorkingDay { days |= 1 << UInt32(Self.workingDay(nearest: length, length, first)) }
        for day in nearestWorkingDays { days |= 1 << UInt32(Self.workingDay(nearest: min(day, length), length, first)) }
        return days
    }

    /// As days of week, likewise.
    func weekdays(_ length: Int, _ first: Int) -> UInt32 {
        /// Sunday, which is 0 and 7 here, is the last of the week there.
        func days(_ weekdays: UInt64) -> UInt32 { DayPattern.days(on: UInt8(weekdays >> 1 & 0x7F), first: first) }
        var found = days(bits)
        for (day, week) in inWeek { found |= days(Self.bit(day)) & 0b1111_1110 << UInt32(7 * (week - 1)) }
        for day in lastOfMonth { found |= days(Self.bit(day)) & ~DayPattern.allDays(of: length - 7) }
        return found
    }

    /// The bit of a weekday; of Sunday the one as 7.
    private static func bit(_ day: Int) -> UInt64 { 1 << UInt64(day == 0 ? 7 : day) }

    /// Saturday goes back to Friday, Sunday on to Monday, but neither out of the month.
    private static func workingDay(nearest day: Int, _ length: Int, _ first: Int) -> Int {
        switch (first + day - 1) % 7 {
        case 5: day > 1 ? day - 1 : day + 2
        case 6: day < length ? day + 1 : day - 2
        default: day
        }
    }
}
