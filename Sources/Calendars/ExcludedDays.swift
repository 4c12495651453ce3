public import Linux

/// Days on which nothing runs: single dates such as holidays, and days by pattern such as weekends.
public struct ExcludedDays: Hashable, Sendable {
    public let dates: Set<CivilDate>
    public let patterns: [DayPattern]
    /// The single dates as bits 1 to 31, by month.
    private let months: [Int64: UInt32]

    public init(dates: some Sequence<CivilDate> = [], patterns: [DayPattern] = []) {
        self.dates = Set(dates)
        self.patterns = patterns
        var months: [Int64: UInt32] = [:]
        for date in self.dates { months[date.year * 16 + Int64(date.month), default: 0] |= 1 << UInt32(date.day) }
        self.months = months
    }

    public var isEmpty: Bool { dates.isEmpty && patterns.isEmpty }

    public func contains(_ date: CivilDate) -> Bool {
        dates.contains(date) || patterns.contains { $0.contains(date) }
    }

    /// Both together.
    public func union(_ other: ExcludedDays) -> ExcludedDays {
        ExcludedDays(dates: dates.union(other.dates), patterns: patterns + other.patterns)
    }

    func days(in month: MonthCursor) -> UInt32 {
        var days: UInt32 = months.isEmpty ? 0 : months[month.year * 16 + Int64(month.month)] ?? 0
        for pattern in patterns { days |= pattern.days(in: month) }
        return days
    }

    /// The first day from `day` on that is not excluded, as days since 1970-01-01; nil where none follows until 2199.
    func nextFree(from day: Int64) -> Int64? {
        let start = max(day, DayPattern.days.lowerBound)
        guard start < DayPattern.days.upperBound else { return nil }
        let date = CivilDate(daysSinceEpoch: start)
        var month = MonthCursor(date, day: start)
        var free = free(in: month) & (~0 << UInt32(date.day))
        while free == 0 {
            month.advance()
            guard month.year <= DayPattern.years.upperBound else { return nil }
            free = self.free(in: month)
        }
        return month.firstDay + Int64(free.trailingZeroBitCount) - 1
    }

    /// The last day up to `day` that is not excluded.
    func previousFree(from day: Int64) -> Int64? {
        let start = min(day, DayPattern.days.upperBound - 1)
        guard start >= DayPattern.days.lowerBound else { return nil }
        let date = CivilDate(daysSinceEpoch: start)
        var month = MonthCursor(date, day: start)
        let own: UInt32 = 1 << UInt32(date.day)
        var free = free(in: month) & (own | (own - 1))
        while free == 0 {
            month.retreat()
            guard month.year >= DayPattern.years.lowerBound else { return nil }
            free = self.free(in: month)
        }
        return month.firstDay + Int64(31 - free.leadingZeroBitCount) - 1
    }

    private func free(in month: MonthCursor) -> UInt32 {
        DayPattern.allDays(of: month.length) & ~days(in: month)
    }
}
