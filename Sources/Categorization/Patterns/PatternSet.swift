/// All that can decide before the learned layer, made ready for many decisions: patterns, composites and rules, apart
/// for each account. Made anew after each change; never changes itself.
public struct PatternSet: Sendable {
    /// What applies to one account, the shared ones included.
    struct Scope: Sendable {
        /// The most used first, then the most successful.
        var merchants: [Entry] = []
        var merchantTexts = FuzzyList()
        var keywords: [Entry] = []
        var keywordTexts = FuzzyList()
        /// Regular expressions, which match by the letter.
        var expressions: [Entry] = []
        /// Amounts and times, which only strengthen, by category.
        var boosters: [CategoryID: [Entry]] = [:]
        var composites: [CompositePattern] = []
        var rules: [Rule] = []
        var count = 0
    }

    struct Entry: Sendable {
        let pattern: Pattern
        let meaning: PatternValue
        /// Its words of three and more letters that are no stop words.
        let words: [ArraySlice<UInt32>]
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
        let rules = rules.filter(\.isActive).enumerated()
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

extension PatternSet.Entry {
    init(_ pattern: Pattern, _ meaning: PatternValue) {
        self.pattern = pattern
        self.meaning = meaning
        words = if case .text(let text) = meaning { WordMatch.words(of: text) } else { [] }
    }
}

extension PatternSet.Scope {
    init(_ entries: [PatternSet.Entry], _ composites: [CompositePattern], _ rules: [Rule]) {
        self.composites = composites
        self.rules = rules
        count = entries.count
        for entry in entries {
            switch entry.meaning {
            case .text(let text):
                if entry.pattern.type == .merchant {
                    merchants.append(entry)
                    merchantTexts.append(FuzzyCandidate(text))
                } else {
                    keywords.append(entry)
                    keywordTexts.append(FuzzyCandidate(text))
                }
            case .regex: expressions.append(entry)
            case .amounts, .times: boosters[entry.pattern.category, default: []].append(entry)
            }
        }
    }
}
