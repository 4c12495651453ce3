/// What an account said of its expenses, by context.
public struct UserPreference: Hashable, Sendable {
    public enum Context: String, Hashable, Sendable, CaseIterable {
        case merchant
        case timeOfDay = "time_of_day"
        case dayOfWeek = "day_of_week"
        case amountRange = "amount_range"
    }

    public var owner: String?
    public var category: CategoryID
    public var context: Context
    public var value: String
    /// At least 1.
    public var weight: Double
    public var usageCount: Int

    public init(
        owner: String?, category: CategoryID, context: Context, value: String, weight: Double = 1, usageCount: Int = 1
    ) {
        self.owner = owner
        self.category = category
        self.context = context
        self.value = value
        self.weight = weight.isFinite ? max(weight, 1) : 1
        self.usageCount = max(usageCount, 0)
    }

    /// A tenth of the weight, at most 1, and 0.15, at most 1 together: 1 is 0.25, 5 is 0.65, from 8.5 on it is 1.
    public var confidence: Double { min(min(weight / 10, 1) + 0.15, 1).rounded(places: 4) }
}

/// Preferences of all accounts, each its own.
public struct PreferenceBook: Sendable {
    private struct Key: Hashable {
        let owner: String?
        let context: UserPreference.Context
        let value: String
    }

    private var preferences: [Key: [UserPreference]] = [:]

    public init(_ preferences: [UserPreference] = []) {
        for preference in preferences {
            let key = Key(owner: preference.owner, context: preference.context, value: preference.value)
            self.preferences[key, default: []].append(preference)
        }
    }

    /// The heaviest preference of the expense's account for its merchant, among categories that exist.
    public func preference(for expense: Expense, among categories: Set<CategoryID>? = nil) -> UserPreference? {
        guard !preferences.isEmpty, let merchant = Self.merchant(of: expense) else { return nil }
        let key = Key(owner: expense.owner, context: .merchant, value: merchant)
        return preferences[key]?.filter { categories?.contains($0.category) ?? true }
            .max { ($0.weight, $1.category) < ($1.weight, $0.category) }
    }

    /// Notes that the account puts this expense into the category, in each context the expense has. From the sixth use
    /// on each use adds 1 to the weight. Returns what was written.
    @discardableResult
    public mutating func learn(_ expense: Expense, _ category: CategoryID) -> [UserPreference] {
        Self.contexts(of: expense).map { context, value in
            let key = Key(owner: expense.owner, context: context, value: value)
            var list = preferences[key] ?? []
            let index = list.firstIndex { $0.category == category }
            var preference =
                index.map { list[$0] }
                ?? UserPreference(
                    owner: expense.owner, category: category, context: context, value: value, usageCount: 0)
            preference.usageCount += 1
            if preference.usageCount > 5 { preference.weight += 1 }
            if let index { list[index] = preference } else { list.append(preference) }
            preferences[key] = list
            return preference
        }
    }

    static func contexts(of expense: Expense) -> [(UserPreference.Context, String)] {
        var contexts: [(UserPreference.Context, String)] = []
        if let merchant = merchant(of: expense) { contexts.append((.merchant, merchant)) }
        if let minute = expense.minuteOfDay { contexts.append((.timeOfDay, partOfDay(hour: minute / 60))) }
        if let day = expense.weekday { contexts.append((.dayOfWeek, String(day))) }
        if let amount = expense.amount?.approximate { contexts.append((.amountRange, band(of: amount))) }
        return contexts
    }

    /// The merchant's name; nil where nothing is left of it, as of a card's number: that is nobody's, and not all the same.
    private static func merchant(of expense: Expense) -> String? {
        guard let name = expense.merchant.map(MerchantName.normalised), !name.isEmpty else { return nil }
        return name
    }

    private static func partOfDay(hour: Int) -> String {
        switch hour {
        case 6...11: "morning"
        case 12...16: "afternoon"
        case 17...20: "evening"
        default: "night"
        }
    }

    private static func band(of amount: Double) -> String {
        switch amount {
        case ..<25: "0-25"
        case ..<100: "25-100"
        case ..<500: "100-500"
        default: "500+"
        }
    }
}
