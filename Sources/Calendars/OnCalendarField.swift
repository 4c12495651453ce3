/// A field of a calendar expression, with the numbers that it takes.
enum OnCalendarField {
    case year, month, day, dayFromEnd, hour, minute, second

    var name: String {
        switch self {
        case .year: "year"
        case .month: "month"
        case .day: "day"
        case .dayFromEnd: "day from the end of the month"
        case .hour: "hour"
        case .minute: "minute"
        case .second: "second"
        }
    }

    /// What a number of the field is multiplied by.
    var unit: Int { self == .second ? 1_000_000 : 1 }

    var range: ClosedRange<Int> {
        switch self {
        case .year: Int(DayPattern.years.lowerBound)...Int(DayPattern.years.upperBound)
        case .month: 1...12
        case .day: 1...31
        case .dayFromEnd: 1...28  // the days that every month has
        case .hour: 0...23
        case .minute: 0...59
        case .second: 0...59_999_999
        }
    }

    /// "0 to 59"
    var rangeText: String {
        switch self {
        case .second: "0 to 59.999999"
        case .year: "1970 to 2199, or 00 to 99 for 1970 to 2069"
        default: "\(range.lowerBound) to \(range.upperBound)"
        }
    }
}
