/// What a fuzzy search asks for.
public struct FuzzyOptions: Hashable, Sendable {
    /// The least score that is kept, 0 to 1. The original took 0.6, which let popular patterns invent matches.
    public var minimum = 0.75
    /// Matches returned at most; the search ends early after so many scores of 0.95 or more.
    public var maximumResults = 5
    /// Only so many candidates are looked at, in the order given; nil looks at all.
    public var candidates: Int? = 100
    /// The measures, in the order in which they are tried.
    public var algorithms: [Similarity] = [.jaroWinkler, .trigram]

    public init() {}

    /// The minimum that holds for a query of `length` letters: short ones are alike too easily.
    public func minimum(forLength length: Int) -> Double { length < 5 ? min(1.2 * minimum, 0.9) : minimum }
}

/// A candidate prepared once for many comparisons.
public struct FuzzyCandidate: Hashable, Sendable {
    public let text: NormalisedText
    let trigrams: Trigrams
    let bag: LetterBag

    public init(_ text: NormalisedText) {
        self.text = text
        trigrams = Trigrams(text)
        bag = LetterBag(text.letters, trigrams)
    }

    public init(_ text: String) { self.init(NormalisedText(text)) }
}

/// Candidates to be searched often.
public struct FuzzyList: Sendable {
    public private(set) var candidates: [FuzzyCandidate] = []
    /// Side by side, for most candidates need no other look.
    private(set) var bags: [LetterBag] = []

    public init(_ candidates: [FuzzyCandidate] = []) { for candidate in candidates { append(candidate) } }

    public mutating func append(_ candidate: FuzzyCandidate) {
        candidates.append(candidate)
        bags.append(candidate.bag)
    }
}

/// A candidate that was found, by its place in the list searched.
public struct FuzzyMatch: Hashable, Sendable {
    public var index: Int
    /// 0 to 1, four decimals.
    public var score: Double
}

/// Compares a query with candidates by the weighted mean of several measures.
///
/// The measures are tried in order. One below 0.7 times the minimum ends the loop and is not counted, so a bad trigram
/// value does not lower a good Jaro-Winkler value: "starbukcs" and "starbucks" score 0.9852 at a minimum of 0.75, but
/// 0.7495 at 0.5, where the trigram value counts.
public enum FuzzyMatcher {
    /// The score of two texts at this minimum, four decimals; 0 when their lengths differ too much or no measure counts.
    public static func score(_ query: FuzzyCandidate, _ candidate: FuzzyCandidate, _ options: FuzzyOptions) -> Double {
        let (short, long) = (min(query.text.count, candidate.text.count), max(query.text.count, candidate.text.count))
        guard short > 0, Double(short) / Double(long) >= 0.3 else { return 0 }
        if query.text == candidate.text { return 1 }
        let floor = 0.7 * options.minimum(forLength: query.text.count)
        var (sum, weights) = (0.0, 0.0)
        for algorithm in options.algorithms {
            let score =
                switch algorithm {
                case .trigram:
                    short < 3 ? 0 : query.trigrams.similarity(to: candidate.trigrams)
                default: algorithm.score(query.text.letters, candidate.text.letters)
                }
            if score < floor { break }
            sum += score * algorithm.weight
            weights += algorithm.weight
        }
        return weights > 0 ? (sum / weights).rounded(places: 4) : 0
    }

    public static func score(_ query: String, _ candidate: String, _ options: FuzzyOptions = FuzzyOptions()) -> Double {
        score(FuzzyCandidate(query), FuzzyCandidate(candidate), options)
    }

    /// The candidates that reach the minimum, best first, equal ones in their order.
    public static func matches(
        _ query: FuzzyCandidate, among list: FuzzyList, _ options: FuzzyOptions
    ) -> [FuzzyMatch] {
        guard !query.text.isEmpty else { return [] }
        let minimum = options.minimum(forLength: query.text.count)
        let prunes = options.algorithms == [.jaroWinkler, .trigram]
        var matches: [FuzzyMatch] = []
        var near = 0
        for index in 0..<min(options.candidates ?? .max, list.bags.count) {
            if prunes, !query.bag.mayReach(minimum, with: list.bags[index]) { continue }
            let score = score(query, list.candidates[index], options)
            guard score >= minimum else { continue }
            matches.append(FuzzyMatch(index: index, score: score))
            if score >= 0.95 {
                near += 1
                if near == options.maximumResults { break }
            }
        }
        matches.sort { ($1.score, $0.index) < ($0.score, $1.index) }
        return Array(matches.prefix(options.maximumResults))
    }
}
