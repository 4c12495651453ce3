public import Decimals

/// What a pattern looks at, and how.
public enum PatternType: String, Hashable, Sendable, CaseIterable {
    case merchant, keyword, description, regex, time
    case amountRange = "amount_range"

    /// Whether it is compared with the texts of an expense.
    public var isText: Bool { self == .merchant || self == .keyword || self == .description }
    /// Whether it only strengthens what a text speaks for.
    var isBooster: Bool { self == .time || self == .amountRange }
}

/// A learned or written sign that an expense belongs to a category.
public struct Pattern: Hashable, Sendable {
    public static let weightRange = 0.1...5.0

    public let id: PatternID
    /// The account it applies to; nil applies to all.
    public var owner: String?
    public var category: CategoryID
    public var type: PatternType
    public var value: String
    /// 0.1 to 5.
    public var weight: Double
    public var usageCount: Int
    /// At most ``usageCount``.
    public var successCount: Int
    public var isActive: Bool
    public var isUserCreated: Bool
    public var statistics: PatternStatistics
    /// Days since 1970-01-01 of the last change, for decay.
    public var touchedOn: Int64
    /// The pattern it has become one with: whoever teaches this one's value teaches that one.
    public var mergedInto: PatternID?

    /// Weights that are no number or not finite become 1.2; others are brought into 0.1...5.
    public init(
        id: PatternID, owner: String? = nil, category: CategoryID, type: PatternType, value: String, weight: Double = 1,
        usageCount: Int = 0, successCount: Int = 0, isActive: Bool = true, isUserCreated: Bool = false,
        statistics: PatternStatistics = PatternStatistics(), touchedOn: Int64 = 0, mergedInto: PatternID? = nil
    ) {
        self.id = id
        self.owner = owner
        self.category = category
        self.type = type
        self.value = value
        self.weight = Self.sound(weight)
        self.usageCount = max(usageCount, 0)
        self.successCount = min(max(successCount, 0), max(usageCount, 0))
        self.isActive = isActive
        self.isUserCreated = isUserCreated
        self.statistics = statistics
        self.touchedOn = touchedOn
        self.mergedInto = mergedInto
    }

    static func sound(_ weight: Double) -> Double { weight.isFinite ? weight.clamped(weightRange) : 1.2 }

    /// Three decimals; 0 while unused.
    public var successRate: Double {
        usageCount > 0 ? (Double(successCount) / Double(usageCount)).rounded(places: 3) : 0
    }

    /// How much a match of this pattern counts, 0.3 to 1.
    public var effectiveConfidence: Double {
        let weighted = usageCount >= 5 ? weight * (0.5 + 0.5 * successRate) : weight * 0.7
        return (weighted / 5).squareRoot().clamped(0.3...1)
    }

    /// "merchant:starbucks", as results name it.
    public var label: String { "\(type.rawValue):\(value)" }

    public func applies(to owner: String?) -> Bool { self.owner == nil || self.owner == owner }

    mutating func recordUse(success: Bool) {
        usageCount += 1
        if success { successCount += 1 }
    }
}

/// What is known of the expenses a pattern matched rightly.
public struct PatternStatistics: Hashable, Sendable {
    /// The last 100 amounts, oldest first.
    public private(set) var amounts: [Double] = []
    /// Expenses by hour 0 to 23 and by weekday, Monday first.
    public private(set) var hours = [Int](repeating: 0, count: 24)
    public private(set) var weekdays = [Int](repeating: 0, count: 7)

    static let maximumAmounts = 100

    public init() {}

    public init(amounts: [Double], hours: [Int: Int] = [:], weekdays: [Int: Int] = [:]) {
        self.amounts = Array(amounts.suffix(Self.maximumAmounts))
        for (hour, count) in hours where (0..<24).contains(hour) { self.hours[hour] = count }
        for (day, count) in weekdays where (1...7).contains(day) { self.weekdays[day - 1] = count }
    }

    public var mean: Double { amounts.isEmpty ? 0 : amounts.reduce(0, +) / Double(amounts.count) }

    /// Of the population.
    public var standardDeviation: Double {
        guard !amounts.isEmpty else { return 0 }
        let mean = mean
        return (amounts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(amounts.count)).squareRoot()
    }

    /// The share of expenses in this hour; nil when none has a time.
    public func share(ofHour hour: Int) -> Double? { Self.share(hours, hour) }

    /// The share of expenses on this weekday (1 Monday); nil when none has a date.
    public func share(ofWeekday day: Int) -> Double? { Self.share(weekdays, day - 1) }

    private static func share(_ counts: [Int], _ place: Int) -> Double? {
        let sum = counts.reduce(0, +)
        return sum > 0 && counts.indices.contains(place) ? Double(counts[place]) / Double(sum) : nil
    }

    mutating func record(_ expense: Expense) {
        if let amount = expense.amount {
            amounts.append(amount.approximate)
            if amounts.count > Self.maximumAmounts { amounts.removeFirst(amounts.count - Self.maximumAmounts) }
        }
        if let minute = expense.minuteOfDay, (0..<1440).contains(minute) { hours[minute / 60] += 1 }
        if let day = expense.weekday { weekdays[day - 1] += 1 }
    }

    /// Both together; of the amounts the last 100, those of `other` taken as older.
    func merged(with other: PatternStatistics) -> PatternStatistics {
        var merged = self
        merged.amounts = Array((other.amounts + amounts).suffix(Self.maximumAmounts))
        for hour in hours.indices { merged.hours[hour] += other.hours[hour] }
        for day in weekdays.indices { merged.weekdays[day] += other.weekdays[day] }
        return merged
    }
}

extension ExactDecimal {
    /// The nearest binary number, for statistics and features.
    public var approximate: Double {
        // Few amounts have more digits than a machine word; a conversion from wider ones takes a hundred times as long.
        let short = Int64(truncatingIfNeeded: coefficient)
        var value = Int128(short) == coefficient ? Double(short) : Double(coefficient)
        for _ in 0..<scale { value /= 10 }
        return value
    }
}
