import TestSupport
import Testing

@testable import Categorization

@Suite struct FuzzyMatcherTests {
    private func options(_ minimum: Double, _ algorithms: [Similarity] = [.jaroWinkler, .trigram]) -> FuzzyOptions {
        var options = FuzzyOptions()
        options.minimum = minimum
        options.algorithms = algorithms
        return options
    }

    @Test func aBadTrigramValueDoesNotLowerAGoodJaroWinklerValue() {
        #expect(FuzzyMatcher.score("starbukcs", "starbucks", options(0.75)) == 0.9852)
        #expect(FuzzyMatcher.score("starbukcs", "starbucks", options(0.5)) == 0.7495)
    }

    @Test func aFirstMeasureThatIsTooLowScoresNothing() {
        #expect(FuzzyMatcher.score("walmart", "uber", options(0.75)) == 0)
    }

    @Test func selectableMeasuresAreWeighted() {
        // (1.2 * 0.98519 + 0.8 * 7/9) / 2: two letters swapped are two edits.
        let both = FuzzyMatcher.score("starbukcs", "starbucks", options(0.75, [.jaroWinkler, .levenshtein]))
        #expect(abs(both - 0.9022) < 0.0001)
        #expect(FuzzyMatcher.score("starbux", "starbucks", options(0.75, [.phonetic])) == 1)
    }

    @Test func textsOfVeryDifferentLengthAreNotCompared() {
        #expect(FuzzyMatcher.score("ab", "abcdefg", options(0.1)) == 0)
        #expect(FuzzyMatcher.score("abc", "abcdefghij", options(0.1)) > 0)
    }

    @Test func shortQueriesNeedMore() {
        #expect(abs(options(0.75).minimum(forLength: 4) - 0.9) < 1e-12)
        #expect(options(0.8).minimum(forLength: 4) == 0.9)
        #expect(options(0.6).minimum(forLength: 4) == 0.72)
        #expect(options(0.6).minimum(forLength: 5) == 0.6)
        let candidates = [FuzzyCandidate("uberx")]
        #expect(FuzzyMatcher.matches(FuzzyCandidate("ubr"), among: FuzzyList(candidates), options(0.75)).isEmpty)
        #expect(FuzzyMatcher.matches(FuzzyCandidate("uber"), among: FuzzyList(candidates), options(0.75)).count == 1)
    }

    @Test func theSearchEndsAfterEnoughNearlyEqualOnes() {
        var options = options(0.75)
        options.maximumResults = 2
        let candidates = ["walmart", "starbucks", "starbucks", "starbucks"].map { FuzzyCandidate($0) }
        let found = FuzzyMatcher.matches(FuzzyCandidate("starbucks"), among: FuzzyList(candidates), options)
        #expect(found.map(\.index) == [1, 2])
        #expect(found[0].score == 1)
    }

    @Test func onlyTheFirstCandidatesAreLookedAt() {
        var options = options(0.75)
        options.candidates = 1
        let candidates = ["walmart", "starbucks"].map { FuzzyCandidate($0) }
        #expect(FuzzyMatcher.matches(FuzzyCandidate("starbucks"), among: FuzzyList(candidates), options).isEmpty)
        options.candidates = nil
        #expect(FuzzyMatcher.matches(FuzzyCandidate("starbucks"), among: FuzzyList(candidates), options).count == 1)
    }

    /// Texts alike and unlike, long ones and letters beyond Latin among them.
    private func texts(_ count: Int, _ random: inout SeededGenerator) -> [FuzzyCandidate] {
        let stems = [
            "starbucks", "walmart", "super uno", "amazon mktplce", "aa aa", "uber trip", "tesco stores", "aaaaaaaa",
            "кафе пушкин", "the quick brown fox jumps over the lazy dog and runs into the dark woods",
        ]
        return (0..<count).map { _ in
            var letters = Array(stems.randomElement(using: &random) ?? "")
            for _ in 0..<Int.random(in: 0...6, using: &random) where letters.count > 2 {
                let place = Int.random(in: 0..<letters.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: letters.remove(at: place)
                case 1: letters.insert("abestrß ".randomElement(using: &random) ?? "a", at: place)
                default: letters.swapAt(place, Int.random(in: 0..<letters.count, using: &random))
                }
            }
            return FuzzyCandidate(String(letters))
        }
    }

    /// What looking at all candidates one after the other finds, as the specification has it.
    private func plainMatches(
        _ query: FuzzyCandidate, _ candidates: [FuzzyCandidate], _ options: FuzzyOptions
    ) -> [FuzzyMatch] {
        guard !query.text.isEmpty else { return [] }
        var found: [FuzzyMatch] = []
        for (index, candidate) in candidates.prefix(options.candidates ?? .max).enumerated() {
            let score = FuzzyMatcher.score(query, candidate, options)
            if score >= options.minimum(forLength: query.text.count) {
                found.append(FuzzyMatch(index: index, score: score))
            }
            if found.count(where: { $0.score >= 0.95 }) == options.maximumResults { break }
        }
        found.sort { ($1.score, $0.index) < ($0.score, $1.index) }
        return Array(found.prefix(options.maximumResults))
    }

    /// Letters in common are not enough: where Jaro-Winkler is too little, pieces must be shared, and these texts share
    /// none. One that shares them is let through.
    @Test func textsOfOtherPiecesAreSkippedWithoutALook() {
        let query = FuzzyCandidate("blue mountain coffee")
        let unlike = FuzzyCandidate("nice old truck stop")
        let options = options(0.75)
        #expect(!query.bag.mayReach(options.minimum, with: unlike.bag))
        #expect(!LetterBag.Needs(query.bag, options).mayReachByPieces(unlike.bag))
        let alike = FuzzyCandidate("blue mountain coffees")
        #expect(query.bag.mayReach(options.minimum, with: alike.bag))
        #expect(LetterBag.Needs(query.bag, options).mayReachByPieces(alike.bag))
    }

    /// The quick search has the same matches with the same scores, bit by bit, as the plain one.
    @Test func skippingChangesNothing() {
        var random = SeededGenerator(seed: 5)
        let candidates = texts(300, &random)
        let list = FuzzyList(candidates)
        var compared = 0
        for minimum in [0.5, 0.6, 0.75, 0.9] {
            for (most, first) in [(1000, nil), (5, nil), (2, 100)] as [(Int, Int?)] {
                var options = options(minimum)
                options.candidates = first
                options.maximumResults = most
                for query in texts(60, &random) {
                    let found = FuzzyMatcher.matches(query, among: list, options)
                    #expect(found == plainMatches(query, candidates, options))
                    compared += found.count
                }
            }
        }
        #expect(compared > 1000)
    }
}
