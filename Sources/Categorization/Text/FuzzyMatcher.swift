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
    public let candidates: [FuzzyCandidate]
    /// The candidates' places, the short ones first: one after the other then goes the same way.
    let order: [Int32]
    /// In this order and side by side, for most candidates need no other look.
    let bags: [LetterBag]
    /// Letters of the candidates one after the other, in this order.
    private var letters: [UInt8] = []
    private var starts: [Int32] = [0]

    public init(_ candidates: [FuzzyCandidate] = []) {
        let places = candidates.indices.sorted { (candidates[$0].text.count, $0) < (candidates[$1].text.count, $1) }
        self.candidates = candidates
        order = places.map { Int32($0) }
        bags = places.map { candidates[$0].bag }
        for place in places {
            letters += Self.narrow(candidates[place].text) ?? []
            starts.append(Int32(letters.count))
        }
    }

    /// The letters as bytes, where the text is as ``JaroWinklerQuery`` takes it.
    static func narrow(_ text: NormalisedText) -> [UInt8]? {
        guard text.count <= JaroWinklerQuery.maximumLetters, text.letters.allSatisfy({ $0 < 256 }) else { return nil }
        return text.letters.map { UInt8($0) }
    }

    /// Hands out where the letters of a candidate lie in the buffer; empty for those that are not narrow.
    func withLetters<Result>(
        _ body: (_ letters: UnsafeBufferPointer<UInt8>, _ starts: UnsafeBufferPointer<Int32>) -> Result
    ) -> Result {
        letters.withUnsafeBufferPointer { letters in starts.withUnsafeBufferPointer { body(letters, $0) } }
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
    /// Builds the tables that the first search would build, and would take milliseconds longer for.
    public static func prepare() { LetterBag.Needs.prepare() }

    /// The score of two texts at this minimum, four decimals; 0 when their lengths differ too much or no measure counts.
    public static func score(_ query: FuzzyCandidate, _ candidate: FuzzyCandidate, _ options: FuzzyOptions) -> Double {
        score(query, candidate, options, jaroWinkler: nil)
    }

    /// - Parameter jaroWinkler: its value, where it is known.
    private static func score(
        _ query: FuzzyCandidate, _ candidate: FuzzyCandidate, _ options: FuzzyOptions, jaroWinkler: Double?
    ) -> Double {
        let (short, long) = (min(query.text.count, candidate.text.count), max(query.text.count, candidate.text.count))
        guard short > 0, Double(short) / Double(long) >= 0.3 else { return 0 }
        if query.text == candidate.text { return 1 }
        let floor = 0.7 * options.minimum(forLength: query.text.count)
        var (sum, weights) = (0.0, 0.0)
        for algorithm in options.algorithms {
            let score =
                switch algorithm {
                case .jaroWinkler:
                    jaroWinkler ?? JaroWinkler.similarity(query.text.letters, candidate.text.letters)
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
        var matches: [FuzzyMatch] = []
        let count = min(options.candidates ?? .max, list.candidates.count)
        if options.algorithms == [.jaroWinkler, .trigram], let narrow = FuzzyList.narrow(query.text) {
            narrow.withUnsafeBufferPointer { search($0, query, list, count, options, &matches) }
        } else {
            for index in 0..<count {
                if take(index, score(query, list.candidates[index], options), query, options, &matches) { break }
            }
        }
        matches.sort { ($1.score, $0.index) < ($0.score, $1.index) }
        return Array(matches.prefix(options.maximumResults))
    }

    /// Looks at bags first, at Jaro-Winkler next, and only then at trigrams; finds what looking at all of them would.
    private static func search(
        _ narrow: UnsafeBufferPointer<UInt8>, _ query: FuzzyCandidate, _ list: FuzzyList, _ count: Int,
        _ options: FuzzyOptions, _ matches: inout [FuzzyMatch]
    ) {
        let minimum = options.minimum(forLength: query.text.count)
        let jaroWinkler = JaroWinklerQuery(narrow)
        let needs = LetterBag.Needs(query.bag, options)
        var near: [(index: Int, jaroWinkler: Double?)] = []
        list.withLetters { letters, starts in
            list.bags.withUnsafeBufferPointer { bags in
                for place in bags.indices {
                    let range = Int(starts[place])..<Int(starts[place + 1])
                    if range.isEmpty {
                        guard query.bag.mayReach(minimum, with: bags[place]) else { continue }
                        near.append((Int(list.order[place]), nil))
                        continue
                    }
                    var needed = needs.letters(with: bags[place], range.count)
                    if needs.mayReachByPieces(bags[place]) {
                        guard query.bag.mayReach(minimum, with: bags[place]) else { continue }
                        needed = 0
                    } else if query.bag.common(with: bags[place]) < needed {
                        continue
                    }
                    let value = jaroWinkler.similarity(
                        to: UnsafeBufferPointer(rebasing: letters[range]), from: needed)
                    guard query.bag.mayReach(minimum, with: bags[place], jaroWinkler: value) else { continue }
                    near.append((Int(list.order[place]), value))
                }
            }
        }
        near.sort { $0.index < $1.index }
        for (index, jaroWinkler) in near where index < count {
            let score = score(query, list.candidates[index], options, jaroWinkler: jaroWinkler)
            if take(index, score, query, options, &matches) { break }
        }
    }

    /// Notes a match; true when there are enough near ones.
    private static func take(
        _ index: Int, _ score: Double, _ query: FuzzyCandidate, _ options: FuzzyOptions, _ matches: inout [FuzzyMatch]
    ) -> Bool {
        guard score >= options.minimum(forLength: query.text.count) else { return false }
        matches.append(FuzzyMatch(index: index, score: score))
        return score >= 0.95 && matches.count { $0.score >= 0.95 } == options.maximumResults
    }
}
