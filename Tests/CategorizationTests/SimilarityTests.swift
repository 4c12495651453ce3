import TestSupport
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

    /// The quick way has the very bits of the plain one, for all lengths it takes and letters that come often.
    @Test func theTwoWaysOfJaroAgree() {
        var random = SeededGenerator(seed: 11)
        func text(_ alphabet: ClosedRange<UInt32>) -> [UInt32] {
            (0..<Int.random(in: 0...JaroWinklerQuery.maximumLetters, using: &random)).map { _ in
                UInt32.random(in: alphabet, using: &random)
            }
        }
        for round in 0..<900 {
            let alphabet: ClosedRange<UInt32> = round % 3 == 0 ? 0x61...0x63 : round % 3 == 1 ? 0x20...0x7A : 0...255
            let query = text(alphabet)
            // Texts alike, with a few letters changed, and texts by chance.
            var others = [text(alphabet), query, Array(query.reversed())]
            for place in query.indices.prefix(3) {
                var changed = query
                changed.swapAt(place, Int.random(in: 0..<query.count, using: &random))
                if round % 2 == 0 { changed.removeLast() }
                others.append(changed)
            }
            query.map { UInt8($0) }.withUnsafeBufferPointer { letters in
                let search = JaroWinklerQuery(letters)
                for other in others {
                    let quick = other.map { UInt8($0) }.withUnsafeBufferPointer { search.similarity(to: $0) }
                    #expect(quick == JaroWinkler.similarity(query, other))
                }
            }
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
