import Linux
import Testing

@testable import Categorization

@Suite struct DiaryTests {
    private func note(_ day: Int64?, label: Int32 = -1, _ text: String = "shop", amount: Double = 10) -> Diary.Note {
        Diary.Note(
            TextExample(texts: [text], amount: amount, date: day.map { CivilDate(daysSinceEpoch: $0) }), label: label)
    }

    private func recall(_ diary: Diary, _ seen: Diary.Note) -> [Diary.Voice] {
        var voices: [Diary.Voice] = []
        diary.recall(7, seen, into: &voices)
        return voices
    }

    private var diary: Diary {
        var diary = Diary()
        for (day, label) in [(100, 1), (120, 3), (10, 0), (103, 2)] {
            diary.note(7, note(Int64(day), label: Int32(label)))
        }
        return diary
    }

    @Test func nearerRowsSayMore() {
        let voices = recall(diary, note(102))
        #expect(voices.map(\.label) == [2, 1, 3, 0])
        #expect(zip(voices, voices.dropFirst()).allSatisfy { $0.byRank > $1.byRank && $0.byLikeness > $1.byLikeness })
    }

    @Test func anExampleWithoutADayIsNewerThanAll() {
        #expect(recall(diary, note(nil)).map(\.label) == [3, 2, 1, 0])
        #expect(recall(diary, note(nil)).map(\.byRank) == recall(diary, note(500)).map(\.byRank))
    }

    @Test func rowsWithTheSameWordsAndAmountSayMore() throws {
        var diary = Diary()
        diary.note(7, note(100, label: 1, "water bill", amount: 40))
        diary.note(7, note(100, label: 2, "gas bill", amount: 40))
        diary.note(7, note(100, label: 3, "gas bill", amount: 400))
        let voices = recall(diary, note(100, "GAS  bill!", amount: 41))
        let best = try #require(voices.max { $0.byLikeness < $1.byLikeness })
        #expect(best.label == 2)
        let (water, large) = (
            voices[voices.firstIndex { $0.label == 1 } ?? 0], voices[voices.firstIndex { $0.label == 3 } ?? 0]
        )
        #expect(water.byLikeness < best.byLikeness / 3)
        #expect(large.byLikeness < best.byLikeness / 3)
    }

    @Test func rowsOfOneLabelAddUp() {
        var diary = Diary()
        for _ in 0..<3 { diary.note(7, note(100, label: 1)) }
        let voices = recall(diary, note(100))
        #expect(voices.count == 1)
        #expect((voices.first?.byRank ?? 0) > 2.5)
    }

    @Test func othersAndNobodyHaveNoRows() {
        var diary = diary
        diary.note(0, note(1, label: 1))
        var voices: [Diary.Voice] = []
        diary.recall(8, note(100), into: &voices)
        diary.recall(0, note(1), into: &voices)
        #expect(voices.isEmpty)
        #expect(diary.pages.count == 1)
    }

    @Test func ofManyRowsOnlyTheNearOnesAreLookedAt() {
        var diary = Diary()
        for day in 0..<1000 { diary.note(7, note(Int64(day), label: Int32(day))) }
        let labels = Set(recall(diary, note(500)).map(\.label))
        #expect(labels.contains(500) && labels.contains(499) && labels.contains(501))
        #expect(labels.count <= 2 * Diary.reach)
        #expect(labels.allSatisfy { abs($0 - 500) <= Int32(Diary.reach) })
    }

    @Test func theFarthestDaysAndAmountsAreNoTrouble() {
        var diary = Diary()
        diary.note(7, Diary.Note(day: .min, label: 1, amount: 0, words: 0))
        diary.note(7, Diary.Note(day: .max, label: 2, amount: 0, words: .max))
        for day in [Int32.min, 0, .max] {
            let voices = recall(diary, Diary.Note(day: day, label: -1, amount: 0, words: 0))
            #expect(voices.count == 2)
        }
        for amount in [nil, .nan, .infinity, -1e300, 0] as [Double?] {
            #expect(Diary.Note(TextExample(texts: [], amount: amount)).amount.isFinite)
        }
    }
}

@Suite struct RecollectionTests {
    private typealias Tally = MerchantTable.Tally

    @Test func aLevelWeighsAsMuchAsItsRowsAgainstThePrior() {
        var recollection = Recollection()
        recollection.addLevel([Tally(label: 1, weight: 2), Tally(label: 2, weight: 1)])
        recollection.addLevel([Tally]())
        recollection.addLevel([Tally(label: 2, weight: 1)])
        var mixed: [Float] = [1, 0, 0]
        recollection.mix([2, 5, 1], into: &mixed)
        // Of three rows and a prior of two: 0.4 of what was, 0.4 and 0.2 of the rows; one row of one halves it all.
        let expected: [Float] = [0.2, 0.2, 0.6]
        for (share, right) in zip(mixed, expected) { #expect(abs(share - right) < 1e-6) }
    }

    @Test func aCorrectionHasTheLastWord() {
        var recollection = Recollection()
        recollection.addLevel([Tally(label: 0, weight: 1000)])
        recollection.corrected = 1
        var mixed: [Float] = [0.5, 0.5]
        recollection.mix([1], into: &mixed)
        #expect(mixed[1] > 0.9)
        recollection.removeAll()
        mixed = [0.5, 0.5]
        recollection.mix([], into: &mixed)
        #expect(mixed == [0.5, 0.5])
    }
}

@Suite struct VocabularyTests {
    private func rows(_ texts: [(String, String)]) -> TrainingRows {
        TrainingRows(texts.map { LabelledExample(TextExample(texts: [$0.0]), label: $0.1) }, [:])
    }

    @Test func piecesThatAlwaysComeTogetherShareARow() {
        let rows = rows([("zanzibar", "1"), ("petrol", "2"), ("petrol one", "2")])
        let options = TrainingOptions()
        let vocabulary = rows.vocabulary(rows.tallies([0, 1, 2], options), most: 1000, options)
        #expect(vocabulary.scales.count < vocabulary.count / 4)
        #expect(vocabulary.shares.reduce(0, +) == Float(vocabulary.count))
        var features = Features()
        features.addTexts(["zanzibar"])
        let shared = Set(
            features.pieces.filter { $0.group == .letters }.compactMap { vocabulary.number(of: $0.hash) }
                .map { vocabulary.rows[Int($0)] })
        // Two: what came once in it, and "a" and "z", which came otherwise.
        #expect(shared.count <= 4)
    }

    @Test func theRarestRowsAreLeftOutFirst() {
        let rows = rows([("abc one", "1"), ("abc two", "2"), ("abc three", "1")])
        let options = TrainingOptions()
        let vocabulary = rows.vocabulary(rows.tallies([0, 1, 2], options), most: 2, options)
        #expect(vocabulary.scales.count == 2)
        var features = Features()
        features.addTexts(["abc"])
        #expect(features.pieces.filter { vocabulary.number(of: $0.hash) != nil }.count > 3)
    }

    @Test func rarePiecesMoveMore() {
        let rows = rows([("abc one", "1"), ("abc two", "2"), ("abc three", "1")])
        let options = TrainingOptions()
        let vocabulary = rows.vocabulary(rows.tallies([0, 1, 2], options), most: 1000, options)
        var features = Features()
        features.addTexts(["abc one"])
        var vector = SparseVector()
        vector.append(features, vocabulary)
        let moves = vector.moves(vocabulary)
        #expect(moves.numbers == vector.numbers)
        let ratios = moves.numbers.indices.map { place in
            let row = Int(moves.numbers[place])
            return (
                scale: vocabulary.scales[row],
                ratio: moves.values[place] / vector.values[place] * vocabulary.shares[row]
            )
        }
        .sorted { $0.scale < $1.scale }
        for (one, next) in zip(ratios, ratios.dropFirst()) { #expect(next.ratio >= one.ratio * 0.999) }
        #expect((ratios.last?.ratio ?? 0) > (ratios.first?.ratio ?? 1))
    }

    @Test func rowsWithGapsAreNoVocabulary() {
        #expect(Vocabulary.isWhole(hashes: [5, 6, 7], rows: [0, 0, 1], scales: [1, 1]))
        #expect(!Vocabulary.isWhole(hashes: [5, 6], rows: [0, 2], scales: [1, 1, 1]))
        #expect(!Vocabulary.isWhole(hashes: [5, 6], rows: [1, 0], scales: [1, 1]))
        #expect(!Vocabulary.isWhole(hashes: [5], rows: [0, 0], scales: [1]))
        #expect(!Vocabulary.isWhole(hashes: [5], rows: [0], scales: [1, 1]))
        #expect(!Vocabulary.isWhole(hashes: [5], rows: [-1], scales: []))
    }
}

@Suite struct TrialPartsTests {
    private static let history = (0..<600).map { number in
        LabelledExample(
            TextExample(
                texts: ["shop \(["a", "b", "c", "d", "e", "f", "g", "h"][number % 8])"],
                date: CivilDate(daysSinceEpoch: 15_000 + Int64(number))), label: "x")
    }

    @Test func whatIsLaterThanWhatIsJudgedIsNotLearned() {
        let rows = TrainingRows(Self.history, [:])
        for fold in 0..<4 {
            let part = rows.part(fold, of: 4)
            #expect(Set(part.learn).isDisjoint(with: part.judge))
            #expect(!part.learn.isEmpty && !part.judge.isEmpty)
        }
        for (fold, days) in [(0, 540..<600), (1, 480..<540)] {
            let part = rows.part(fold, of: 4)
            #expect(part.learn.allSatisfy { $0 < days.lowerBound })
            #expect(days.allSatisfy { part.judge.contains($0) })
        }
    }

    @Test func eachMerchantIsHeldBackAsAWholeOnce() {
        let rows = TrainingRows(Self.history, [:])
        var held: [UInt64: Int] = [:]
        for fold in 0..<4 {
            let part = rows.part(fold, of: 4)
            let known = Set(part.learn.map { rows.keys[$0].merchant })
            for merchant in Set(rows.keys.map(\.merchant)).subtracting(known) { held[merchant, default: 0] += 1 }
        }
        #expect(held.count == 8)
        #expect(held.values.allSatisfy { $0 == 1 })
    }

    @Test func rowsOfOneDayHaveNoLaterOnes() {
        let history = Self.history.map { LabelledExample(TextExample(texts: $0.example.texts), label: "x") }
        let part = TrainingRows(history, [:]).part(0, of: 4)
        #expect(part.learn.count > 300)
    }
}
