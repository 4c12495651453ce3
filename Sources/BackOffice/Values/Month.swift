import JSONCodec
import Linux

/// A month of the years 1 to 9999, written `2025-01`.
public struct Month: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let year: Int
    /// 1 to 12.
    public let month: Int

    /// Nil outside 1...9999 and 1...12.
    public init?(year: Int, month: Int) {
        guard (1...9999).contains(year), (1...12).contains(month) else { return nil }
        self.year = year
        self.month = month
    }

    /// Reads exactly `YYYY-MM`, 0001-01 to 9999-12; nil for anything else.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 7, bytes[4] == UInt8(ascii: "-"), let year = Digits.number(bytes[0..<4]),
            let month = Digits.number(bytes[5..<7])
        else { return nil }
        self.init(year: year, month: month)
    }

    public init(of day: Day) {
        year = day.year
        month = day.month
    }

    /// The month, in UTC, of an instant between the years 1 and 9999.
    public init(of instant: Timestamp) {
        let day = 86_400_000 as Int64
        let milliseconds = instant.milliseconds
        let days = milliseconds / day - (milliseconds % day < 0 ? 1 : 0)
        let date = CivilDate(daysSinceEpoch: days)
        guard let month = Month(year: Int(date.year), month: date.month) else {
            preconditionFailure("\(instant) is outside the years 1 to 9999")
        }
        self = month
    }

    public var firstDay: Day { Day(year: year, month: month, day: 1)! }

    public var lastDay: Day {
        Day(year: year, month: month, day: CivilDate.days(in: month, of: Int64(year)))!
    }

    /// From the first day to the last, both included.
    public var days: ClosedRange<Day> { firstDay...lastDay }

    public static func < (left: Month, right: Month) -> Bool {
        (left.year, left.month) < (right.year, right.month)
    }

    /// "2025-01"
    public var description: String { "\(Digits.padded(year, 4))-\(Digits.padded(month, 2))" }

    /// "202501", as in the titles of orders.
    public var compact: String { Digits.padded(year, 4) + Digits.padded(month, 2) }
}

extension Month: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        let text = try json.string()
        guard let month = Month(text) else { throw json.invalid("is not a month; 2025-01 is the form") }
        self = month
    }

    public func encode(to json: inout JSONWriter) { json.value(description) }
}
