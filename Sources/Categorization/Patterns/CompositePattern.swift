public import Decimals

/// Patterns of one category that count together.
public struct CompositePattern: Hashable, Sendable {
    public enum Operator: String, Hashable, Sendable, CaseIterable {
        case and = "AND"
        case or = "OR"
        /// True where none of the patterns matches.
        case not = "NOT"
    }

    /// What must hold besides; nil and empty ask for nothing.
    public struct Conditions: Hashable, Sendable {
        public var minimumAmount: ExactDecimal?
        public var maximumAmount: ExactDecimal?
        /// 1 Monday to 7 Sunday.
        public var weekdays: Set<Int> = []
        /// One of them must hold.
        public var times: [TimePattern] = []
        /// Parts of merchant texts that rule a match out, whatever their case.
        public var merchantBlacklist: [String] = []

        public init() {}

        public func hold(for texts: ExpenseTexts) -> Bool {
            let expense = texts.expense
            if let minimumAmount {
                guard let amount = expense.amount, minimumAmount <= amount else { return false }
            }
            if let maximumAmount {
                guard let amount = expense.amount, amount <= maximumAmount else { return false }
            }
            if !weekdays.isEmpty {
                guard let day = expense.weekday, weekdays.contains(day) else { return false }
            }
            if !times.isEmpty, !times.contains(where: { $0.matches(expense) }) { return false }
            return !merchantBlacklist.contains { refused in
                let refused = refused.unicodeScalars.map { RegexParser.lowered($0.value) }
                return !refused.isEmpty && texts.merchant.contains(run: refused)
            }
        }
    }

    public let id: PatternID
    public var owner: String?
    public var category: CategoryID
    public var name: String
    public var combination: Operator
    /// Patterns of the same category.
    public var patterns: [PatternID]
    public var conditions: Conditions
    public var weight: Double
    public var usageCount: Int
    public var successCount: Int
    public var isActive: Bool

    public init(
        id: PatternID, owner: String? = nil, category: CategoryID, name: String, combination: Operator,
        patterns: [PatternID], conditions: Conditions = Conditions(), weight: Double = 1.5, usageCount: Int = 0,
        successCount: Int = 0, isActive: Bool = true
    ) {
        self.id = id
        self.owner = owner
        self.category = category
        self.name = name
        self.combination = combination
        self.patterns = patterns
        self.conditions = conditions
        self.weight = Pattern.sound(weight)
        self.usageCount = max(usageCount, 0)
        self.successCount = min(max(successCount, 0), max(usageCount, 0))
        self.isActive = isActive
    }

    public var successRate: Double {
        usageCount > 0 ? (Double(successCount) / Double(usageCount)).rounded(places: 3) : 0
    }

    /// Conditions first, then the patterns. Without known patterns of its category it never matches.
    public func matches(_ texts: ExpenseTexts, patterns known: [PatternID: Pattern]) -> Bool {
        guard isActive, conditions.hold(for: texts) else { return false }
        let members = members(of: known)
        guard !members.isEmpty else { return false }
        return switch combination {
        case .and: members.count == patterns.count && members.allSatisfy { $0.matches(texts) }
        case .or: members.contains { $0.matches(texts) }
        case .not: !members.contains { $0.matches(texts) }
        }
    }

    /// Not bounded by 1: a composite of good weight outweighs its parts.
    public func effectiveConfidence(patterns known: [PatternID: Pattern]) -> Double {
        let members = members(of: known)
        let mean = members.isEmpty ? 0 : members.reduce(0) { $0 + $1.effectiveConfidence } / Double(members.count)
        return weight * (0.7 + 0.3 * mean) * (usageCount >= 5 ? 0.5 + 0.5 * successRate : 0.8)
    }

    private func members(of known: [PatternID: Pattern]) -> [Pattern] {
        patterns.compactMap { known[$0] }.filter { $0.category == category }
    }
}
