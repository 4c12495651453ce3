import Categorization
import Linux
import MillraceProtocol

/// All that decisions rest on at one moment, ready to be asked by many at once; never changes itself.
final class Library: Sendable {
    struct Category: Hashable, Sendable {
        var id: CategoryID
        var name: String
        var parent: CategoryID?
        var colour: String?
    }

    let categorizer: Categorizer
    let categories: [Category]
    /// Changes with each library; what was remembered under another is of no use.
    let number: Int
    /// What a chat service has said, by merchant.
    private let said: [String: ChatStore.Answer]
    private let byID: [CategoryID: Category]
    private let byName: [String: Category]

    init(_ stock: Stock, learned: LearnedLayer, number: Int) {
        let categories = stock.categories
        self.categories = categories
        self.number = number
        said = stock.said
        byID = Dictionary(categories.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        byName = Dictionary(categories.map { ($0.name.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
        categorizer = Categorizer(
            patterns: PatternSet(
                patterns: stock.book.patterns, composites: stock.composites, rules: stock.rules.map(\.rule),
                categories: Set(categories.map(\.id))),
            preferences: PreferenceBook(stock.preferences.values.filter(\.speaks).map(\.preference)), learned: learned)
    }

    func name(_ id: CategoryID) -> String { byID[id]?.name ?? "?" }

    /// What a chat service has said of the expense's merchant.
    func advice(for record: ExpenseRecord) -> ChatStore.Answer? {
        said.isEmpty ? nil : ChatMerchant.name(record).flatMap { said[$0] }
    }

    func category(known name: String) -> Category? { byName[name.lowercased()] }

    func category(named name: String, field: String) throws(CategorizerError) -> Category {
        guard let category = category(known: name) else {
            throw .unknownCategory(name, field: field, known: categories.map(\.name))
        }
        return category
    }
}

/// What people and lessons have put together; from it libraries are made.
struct Stock: Sendable {
    var categories: [Library.Category] = []
    var book = PatternBook()
    var composites: [CompositePattern] = []
    var rules: [KeptRule] = []
    var preferences: [PreferenceKey: KeptPreference] = [:]
    /// The same, as lessons count them.
    var habits = PreferenceBook()
    /// What a chat service has said, by merchant.
    var said: [String: ChatStore.Answer] = [:]

    struct PreferenceKey: Hashable, Sendable {
        var owner: String?
        var context: UserPreference.Context
        var value: String
        var category: CategoryID

        init(_ preference: UserPreference) {
            owner = preference.owner
            context = preference.context
            value = preference.value
            category = preference.category
        }
    }

    init(_ loaded: PatternStore.Loaded) {
        categories = loaded.categories
        book = PatternBook(loaded.patterns)
        composites = loaded.composites
        rules = loaded.rules
        for kept in loaded.preferences { preferences[PreferenceKey(kept.preference)] = kept }
        habits = PreferenceBook(loaded.preferences.map(\.preference))
        said = loaded.said
    }

    /// Keeps a rule in place of the account's of the same name.
    mutating func put(_ rule: KeptRule) {
        if let place = rules.firstIndex(where: { $0.rule.owner == rule.rule.owner && $0.rule.name == rule.rule.name }) {
            rules[place] = rule
        } else {
            rules.append(rule)
        }
    }
}
