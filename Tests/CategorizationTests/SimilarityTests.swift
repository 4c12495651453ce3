import Testing

@testable import Categorization

@Suite struct SimilarityTests {
    @Test(arguments: [
        ("martha", "marhta", 0.9611), ("dwayne", "duane", 0.84), ("dixon", "dicksonx", 0.8133),
        ("henka", "henkan", 0.9722), ("jones", "johnson", 0.8323), ("fvie", "ten", 0), ("", "", 0), ("a", "a", 1),
    ])
    func jaroWinklerGivesTheStatedValues(left: String, right: String, expected: Double) {
        #expect(abs(Similarity.jaroWinkler.score(left, right) - expected) <= 0.0001)
        #expect(abs(Similarity.jaroWinkler.score(right, left) - expected) <= 0.0001)
    }

    @Test func theTwoWaysOfJaroAgree() {
        // More than 64 letters take the other way; a tail that matches nothing must not change which letters match.
        let base = "the quick brown fox jumps over the lazy dog and runs into the woods"
        let letters = Letters.scalars(base)
        for drop in 0..<letters.count - 1 {
            var other = letters
            other.swapAt(drop, drop + 1)
            let long = JaroWinkler.similarity(letters, other)
            let half = JaroWinkler.similarity(Array(letters.prefix(60)), Array(other.prefix(60)))
            #expect(long > 0.99 && half > 0.98)
        }
    }

    @Test func trigramsSharePiecesOfPaddedTexts() {
        #expect(abs(Similarity.trigram.score("starbukcs", "starbucks") - 7.0 / 15) < 1e-12)
        #expect(Similarity.trigram.score("starbucks", "starbucks") == 1)
        #expect(Similarity.trigram.score("ab", "ab") == 0)
        #expect(Similarity.trigram.score("abc", "xyz") == 0)
    }

    @Test func levenshteinCountsEdits() {
        #expect(Levenshtein.distance(Letters.scalars("kitten"), Letters.scalars("sitting")) == 3)
        #expect(abs(Similarity.levenshtein.score("kitten", "sitting") - 4.0 / 7) < 1e-12)
        #expect(Similarity.levenshtein.score("", "abc") == 0)
    }

    @Test(arguments: [("Starbucks", "S361"), ("Starbux", "S361"), ("uber", "U160"), ("a", "A000"), ("123", "")])
    func phoneticCodesKeepTheFirstLetter(text: String, code: String) {
        #expect(Phonetic.code(Letters.scalars(text)) == code)
    }

    @Test func theSameSoundIsOneAndAnotherIsZero() {
        #expect(Similarity.phonetic.score("Starbucks", "Starbux") == 1)
        #expect(Similarity.phonetic.score("Starbucks", "Walmart") == 0)
    }
}
