/// All patterns with the rules by which corrections change them. A value: whoever keeps it stores what a ``Lesson`` says.
public struct PatternBook: Sendable {
    struct Key: Hashable, Sendable {
        let owner: String?
        let category: CategoryID
        let type: PatternType
        let value: String
    }

    struct KeywordKey: Hashable, Sendable {
        let owner: String?
        let category: CategoryID
        let word: String
    }

    var byID: [PatternID: Pattern] = [:]
    /// The pattern of each value itself, merged or not; see ``standing(_:)``.
    var byKey: [Key: PatternID] = [:]
    var byCategory: [CategoryID: [PatternID]] = [:]
    /// Expenses in whose description a word stood that is no pattern yet; up to the number that makes it one.
    var evidence: [KeywordKey: [String]] = [:]
    var nextID: Int64 = 1
    var lessons = 0

    /// Words with evidence at most; beyond that no new word is followed.
    static let maximumEvidence = 100_000

    public init(_ patterns: [Pattern] = []) {
        for pattern in patterns.sorted(by: { $0.id < $1.id }) { insert(pattern) }
    }

    /// By number.
    public var patterns: [Pattern] { byID.values.sorted { $0.id < $1.id } }

    public func pattern(_ id: PatternID) -> Pattern? { byID[id] }

    /// The pattern of this value, or the one it was merged into.
    public func pattern(owner: String?, category: CategoryID, type: PatternType, value: String) -> Pattern? {
        standing(Key(owner: owner, category: category, type: type, value: value)).flatMap { byID[$0] }
    }

    /// The number under which a value goes on: its pattern's, or that of the one it was merged into, and so on.
    func standing(_ key: Key) -> PatternID? {
        guard var id = byKey[key] else { return nil }
        // No chain is longer than there are patterns; one that comes back to itself ends somewhere.
        for _ in 0..<byID.count {
            guard let next = byID[id]?.mergedInto, byID[next] != nil else { break }
            id = next
        }
        return id
    }

    /// Takes a pattern as it is, in place of one with the same number.
    public mutating func insert(_ pattern: Pattern) {
        if byID.updateValue(pattern, forKey: pattern.id) == nil {
            byCategory[pattern.category, default: []].append(pattern.id)
        }
        byKey[pattern.key] = byKey[pattern.key] ?? pattern.id
        nextID = max(nextID, pattern.id.value + 1)
    }

    /// Makes a pattern with the next free number; nil when the account has one of this category, type and value.
    public mutating func create(
        owner: String?, category: CategoryID, type: PatternType, value: String, weight: Double, isUserCreated: Bool,
        today: Int64
    ) -> Pattern? {
        guard byKey[Key(owner: owner, category: category, type: type, value: value)] == nil else { return nil }
        let pattern = Pattern(
            id: PatternID(nextID), owner: owner, category: category, type: type, value: value, weight: weight,
            isUserCreated: isUserCreated, touchedOn: today)
        insert(pattern)
        return pattern
    }

    /// Active patterns of a category that match an expense and apply to its account, by number.
    func matching(_ texts: ExpenseTexts, in category: CategoryID) -> [PatternID] {
        (byCategory[category] ?? []).filter { id in
            guard let pattern = byID[id] else { return false }
            return pattern.isActive && pattern.applies(to: texts.expense.owner) && pattern.matches(texts)
        }
    }

    /// Patterns that the system made and nobody touched for 30 days lose a tenth of their weight, and become inactive
    /// below 0.3. Those of people never do. Returns the changed ones.
    public mutating func decay(today: Int64) -> [Lesson.Change] {
        var changes: [Lesson.Change] = []
        for var pattern in patterns where pattern.isActive && !pattern.isUserCreated && today - pattern.touchedOn >= 30
        {
            pattern.weight = Pattern.sound((pattern.weight * 0.9).rounded(places: 3))
            pattern.touchedOn = today
            pattern.isActive = pattern.weight >= 0.3
            byID[pattern.id] = pattern
            changes.append(pattern.isActive ? .updated(pattern) : .deactivated(pattern))
        }
        return changes
    }
}

extension Pattern {
    var key: PatternBook.Key { PatternBook.Key(owner: owner, category: category, type: type, value: value) }
}
