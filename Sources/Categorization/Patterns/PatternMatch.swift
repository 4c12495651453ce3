/// A pattern that fits a text, and how well.
struct PatternMatch: Sendable {
    enum Manner: String, Hashable, Sendable { case fuzzy, word, direct }

    let entry: PatternSet.Entry
    var manner: Manner
    /// How alike the texts are; nil where the pattern matches by the letter.
    var score: Double?

    var pattern: Pattern { entry.pattern }
    /// ``score`` times the pattern's effective confidence.
    var adjusted: Double { (score ?? Confidence.directMatch) * entry.effectiveConfidence }
}

/// Matches by whole words, where too few texts are alike as a whole.
enum WordMatch {
    /// Only the first so many patterns are looked at.
    static let candidates = 20
    /// What a word match counts against likeness of the whole.
    private static let factor = 0.85

    static func words(of text: NormalisedText) -> [ArraySlice<UInt32>] {
        text.words.filter { $0.count >= 3 && !stopWords.contains($0) }
    }

    private static let stopWords = Set(Pattern.stopWords.map { Letters.scalars($0)[...] })

    /// 1 for a shared word of three or more letters, 0.8 for a word of four or more in the pattern's text; times 0.85.
    static func score(_ query: [ArraySlice<UInt32>], _ words: [ArraySlice<UInt32>], _ text: NormalisedText) -> Double {
        if query.contains(where: words.contains) { return factor }
        if query.contains(where: { $0.count >= 4 && text.letters.contains(run: Array($0)) }) { return 0.8 * factor }
        return 0
    }
}

extension PatternSet {
    /// Which texts of an expense are compared with which patterns.
    enum Field: Hashable, Sendable { case merchant, description }

    /// Patterns alike to the text; by whole words where fewer than two are. Best adjusted score first.
    static func matches(_ text: FuzzyCandidate, _ field: Field, in scope: Scope, _ options: FuzzyOptions)
        -> [PatternMatch]
    {
        let entries = field == .merchant ? scope.merchants : scope.keywords
        let texts = field == .merchant ? scope.merchantTexts : scope.keywordTexts
        let found = FuzzyMatcher.matches(text, among: texts, options)
        var matches = found.map { PatternMatch(entry: entries[$0.index], manner: .fuzzy, score: $0.score) }
        if matches.count < 2 {
            let query = WordMatch.words(of: text.text)
            let taken = Set(found.map(\.index))
            for (index, entry) in entries.prefix(WordMatch.candidates).enumerated() where !taken.contains(index) {
                let score = WordMatch.score(query, entry.words, texts.candidates[index].text).rounded(places: 4)
                guard score >= options.minimum else { continue }
                matches.append(PatternMatch(entry: entry, manner: .word, score: score))
                if matches.count == options.maximumResults { break }
            }
        }
        // By the adjusted score; equal ones stay in their order.
        return matches.enumerated()
            .sorted { ($1.element.adjusted, $0.offset) < ($0.element.adjusted, $1.offset) }
            .prefix(options.maximumResults).map(\.element)
    }
}

/// Matches of texts that were seen before. Holds at most twice its capacity; what was not asked for lately goes first.
///
/// The key holds the account, the text and all options: a result found at one minimum says nothing of another.
/// Belongs to one ``PatternSet``; a new set begins with a new cache.
public struct MatchCache: Sendable {
    struct Key: Hashable, Sendable {
        let owner: String?
        let field: PatternSet.Field
        let text: NormalisedText
        let options: FuzzyOptions

        /// Of the text and the field alone; the others seldom differ.
        func hash(into hasher: inout Hasher) {
            let start: UInt64 = field == .merchant ? 0xCBF2_9CE4 : 0x9747_B28C
            hasher.combine(text.letters.reduce(start) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
        }
    }

    private var young: [Key: [PatternMatch]] = [:]
    private var old: [Key: [PatternMatch]] = [:]
    public let capacity: Int
    public private(set) var hits = 0
    public private(set) var misses = 0

    public init(capacity: Int = 10_000) { self.capacity = max(capacity, 1) }

    public var count: Int { young.count + old.count }

    mutating func matches(_ key: Key, else find: () -> [PatternMatch]) -> [PatternMatch] {
        if let found = young[key] {
            hits += 1
            return found
        }
        let matches: [PatternMatch]
        if let found = old[key] {
            hits += 1
            matches = found
        } else {
            misses += 1
            matches = find()
        }
        if young.count >= capacity {
            old = young
            young = [:]
        }
        young[key] = matches
        return matches
    }
}
