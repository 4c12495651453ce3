import Glibc

extension Confidence {
    /// The text value of a pattern that matches by the letter, without a score.
    public static let directMatch = 0.7

    /// The confidence of a pattern for an expense.
    ///
    /// - Parameters:
    ///   - textScore: how well the texts fit; nil when the pattern matches by the letter.
    ///   - boosters: patterns of time and amount of the same category that match too. They add their factor and never
    ///     stand in for the text.
    public init(
        pattern: Pattern, textScore: Double?, expense: Expense, boosters: [Pattern] = [],
        gate: Double? = Confidence.gate
    ) {
        var values: Values = [.textMatch: (textScore ?? Self.directMatch).clamped(0...1)]
        values[.historicalSuccess] = Self.historicalSuccess(pattern)
        values[.usageFrequency] = Self.usageFrequency(pattern)
        values[.amountSimilarity] = expense.amount.flatMap {
            Self.amountSimilarity($0.approximate, pattern.statistics)
        }
        if pattern.type == .time { values[.temporalPattern] = Self.temporal(pattern, expense) }
        for booster in boosters {
            if booster.type == .time { values[.temporalPattern] = 1 }
            if booster.type == .amountRange {
                values[.amountSimilarity] = max(values[.amountSimilarity] ?? 0, 1)
            }
        }
        self.init(values, gate: gate)
    }

    /// From 5 uses on: the success rate, a little more from 100 uses on.
    static func historicalSuccess(_ pattern: Pattern) -> Double? {
        guard pattern.usageCount >= 5 else { return nil }
        let bonus = pattern.usageCount > 100 ? 0.05 * log10(Double(pattern.usageCount) / 100) : 0
        return (pattern.successRate + bonus).clamped(0...1)
    }

    static func usageFrequency(_ pattern: Pattern) -> Double? {
        guard pattern.usageCount >= 1 else { return nil }
        return pattern.usageCount >= 1000 ? 1 : log10(Double(pattern.usageCount) + 1) / log10(1001)
    }

    /// How usual an amount is among those the pattern matched; nil below 5 of them.
    static func amountSimilarity(_ amount: Double, _ statistics: PatternStatistics) -> Double? {
        guard statistics.amounts.count >= 5 else { return nil }
        let deviation = statistics.standardDeviation
        let distance = abs(amount - statistics.mean)
        // A cent's ten-thousandth is the dust of binary numbers.
        guard deviation > 1e-6 else { return distance <= 1e-6 ? 1 : 0 }
        let z = distance / deviation
        switch z {
        case ...1: return 1
        case ...2: return 0.75 - 0.25 * (z - 1)
        case ...3: return 0.5 - 0.3 * (z - 2)
        default: return min(0.2 / z, 0.2)
        }
    }

    /// 1 where the time matches, else by how many expenses had this hour and this weekday; nil when nothing is known.
    static func temporal(_ pattern: Pattern, _ expense: Expense) -> Double? {
        if pattern.matches(expense) { return 1 }
        let hour = expense.minuteOfDay.flatMap { pattern.statistics.share(ofHour: $0 / 60) }
        let day = expense.weekday.flatMap { pattern.statistics.share(ofWeekday: $0) }
        guard hour != nil || day != nil else { return nil }
        return 0.6 * (hour ?? 0) + 0.4 * (day ?? 0)
    }
}
