import Decimals

/// The part of a month's fixed amount that is due to somebody who began within the month.
///
/// Working days are Monday to Friday, holidays or not. An end within the month takes nothing away.
public struct Proration: Hashable, Sendable {
    /// Working days from the effective start to the end of the month.
    public let worked: Int
    /// Working days of the month; never 0.
    public let total: Int

    /// - Parameter start: of the rate. After the month nothing is due; on its first day or before, all is.
    public init(month: Month, start: Day?) {
        total = Self.workingDays(month.days)
        guard let start, start > month.firstDay else {
            worked = total
            return
        }
        worked = start > month.lastDay ? 0 : Self.workingDays(start...month.lastDay)
    }

    /// Monday to Friday in days of one month.
    static func workingDays(_ days: ClosedRange<Day>) -> Int {
        let first = days.lowerBound
        return (first.day...days.upperBound.day).count {
            !Day(year: first.year, month: first.month, day: $0)!.isWeekend
        }
    }

    /// `fixed × worked / total`, rounded up once to the next whole `unit`.
    public func amount(of fixed: ExactDecimal, unit: ExactDecimal) throws(DecimalError) -> ExactDecimal {
        let units = try fixed.multiplied(by: ExactDecimal(worked))
            .divided(by: ExactDecimal(total).multiplied(by: unit), scale: 0, rounding: .ceiling)
        return try units.multiplied(by: unit)
    }
}
