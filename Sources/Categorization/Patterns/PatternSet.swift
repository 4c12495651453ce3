/// All that can decide before the learned layer, made ready for many decisions: patterns, composites and rules, apart
/// for each account. Made anew after each change; never changes itself.
public struct PatternSet: Sendable {
    /// What applies to one account, the shared ones included. An object, so that decisions share it for one count.
    final class Scope: Sendable {
        /// The most used first, then the most successful.
        let merchants: [Entry]
        let merchantTexts: FuzzyList
        let keywords: [Entry]
        let keywordTexts: FuzzyList
        /// Regular expressions, which match by the letter, and what letters each needs.
        let expressions: [Entry]
        let expressionNeeds: [LetterSet]
        /// Amounts and times, which only strengthen, by category.
        let boosters: [CategoryID: [Entry]]
        let composites: [CompositePattern]
        /// Those of categories that exist, in the order in which they are asked, and what letters each needs.
        let rules: [Rule]
        let ruleNeeds: [LetterSet]
        let count: Int

        init(_ entries: [Entry], _ composites: [CompositePattern], _ rules: [Rule]) {
            let merchants = entries.filter { $0.pattern.type == .merchant }
            let keywords = entries.filter { $0.pattern.type == .keyword || $0.pattern.type == .description }
            self.merchants = merchants
            self.keywords = keywords
            merchantTexts = FuzzyList(merchants.compactMap(\.text))
            keywordTexts = FuzzyList(keywords.compactMap(\.text))
            expressions = entries.filter { $0.pattern.type == .regex }
            expressionNeeds = expressions.map { entry in
                if case .regex(let regex) = entry.meaning { regex.needs } else { LetterSet() }
            }
            boosters = Dictionary(grouping: entries.filter { $0.pattern.type.isBooster }) { $0.pattern.category }
            self.composites = composites
            self.rules = rules
            ruleNeeds = rules.map(\.condition.needs)
            count = entries.count
        }
    }

    /// A pattern made ready.
    final class Entry: Sendable {
        let pattern: Pattern
        let meaning: PatternValue
        let label: String
        let effectiveConfidence: Double
        /// Its words of three and more letters that are no stop words.
        let words: [ArraySlice<UInt32>]

        init(_ pattern: Pattern, _ meaning: PatternValue) {
            self.pattern = pattern
            self.meaning = meaning
            label = pattern.label
            effectiveConfidence = pattern.effectiveConfidence
            words = if case .text(let text) = meaning { WordMatch.words(of: text) } else { [] }
        }

        fileprivate var text: FuzzyCandidate? {
            if case .text(let text) = meaning { FuzzyCandidate(text) } else { nil }
        }
    }

    /// Active patterns by number, for composites.
    let known: [PatternID: Pattern]
    /// Categories that exist; a match for another is dropped.
    public let categories: Set<CategoryID>
    private let shared: Scope
    private let owned: [String: Scope]

    /// Patterns whose value cannot be read are left out, and named in ``unreadable``.
    public init(
        patterns: [Pattern], composites: [CompositePattern] = [], rules: [Rule] = [], categories: Set<CategoryID>
    ) {
        self.categories = categories
        var unreadable: [PatternID] = []
        var entries: [Entry] = []
        for pattern in patterns.sorted(by: Self.precedes) where pattern.isActive {
            guard let meaning = try? PatternValue(pattern.type, pattern.value) else {
                unreadable.append(pattern.id)
                continue
            }
            entries.append(Entry(pattern, meaning))
        }
        known = Dictionary(entries.map { ($0.pattern.id, $0.pattern) }, uniquingKeysWith: { first, _ in first })
        self.unreadable = unreadable
        let composites = composites.filter(\.isActive).sorted { $0.id < $1.id }
        let rules = rules.filter { $0.isActive && categories.contains($0.category) }.enumerated()
            .sorted { ($1.element.priority, $0.offset) < ($0.element.priority, $1.offset) }.map(\.element)
        let owners = Set(
            entries.compactMap(\.pattern.owner) + composites.compactMap(\.owner) + rules.compactMap(\.owner))
        let scope = { (owner: String?) in
            Scope(
                entries.filter { $0.pattern.applies(to: owner) },
                composites.filter { $0.owner == nil || $0.owner == owner },
                rules.filter { $0.owner == nil || $0.owner == owner })
        }
        shared = scope(nil)
        owned = Dictionary(uniqueKeysWithValues: owners.map { ($0, scope($0)) })
    }

    /// Active patterns that were left out because their value has no meaning.
    public let unreadable: [PatternID]

    func scope(of owner: String?) -> Scope { owner.flatMap { owned[$0] } ?? shared }

    /// By use, then by success, both descending; then by number.
    static func precedes(_ left: Pattern, _ right: Pattern) -> Bool {
        if left.usageCount != right.usageCount { return left.usageCount > right.usageCount }
        if left.successRate != right.successRate { return left.successRate > right.successRate }
        return left.id < right.id
    }
}
