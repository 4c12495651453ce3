import Linux
import TestSupport
import Testing

@testable import Categorization

/// Purchases of an invented town: kinds of shops with names made of a few words, some in two categories by amount.
struct InventedBooks {
    static let kinds: [(label: String, words: [String])] = [
        ("fuel", ["petro", "gasolin", "dieselo"]), ("food", ["pan", "fruteria", "abarro"]),
        ("travel", ["tren", "vuelo", "busline"]), ("tools", ["martil", "tornill", "ferre"]),
    ]

    static func rows(_ count: Int, seed: UInt64) -> [LabelledExample] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { number in
            let place = ["norte", "sur", "escazu", "heredia", "cartago"].randomElement(using: &random) ?? ""
            let day = CivilDate(daysSinceEpoch: 18_000 + Int64(number))
            if Int.random(in: 0..<5, using: &random) == 0 {
                // One shop sells two things, told apart by the amount.
                let large = Bool.random(using: &random)
                let amount =
                    large ? Double.random(in: 500...900, using: &random) : Double.random(in: 1...20, using: &random)
                return LabelledExample(
                    TextExample(texts: ["bazar central \(place)"], amount: amount, date: day),
                    label: large ? "tools" : "food")
            }
            let kind = kinds.randomElement(using: &random) ?? kinds[0]
            let word = kind.words.randomElement(using: &random) ?? ""
            let store = Int.random(in: 1...99, using: &random)
            return LabelledExample(
                TextExample(
                    texts: ["\(word) \(place) #\(store)"], amount: Double.random(in: 1...100, using: &random), date: day
                ),
                label: kind.label)
        }
    }
}

@Suite struct TextModelTests {
    private static let trained = TextModel(InventedBooks.rows(700, seed: 1))

    private func accuracy(_ model: TextModel, _ rows: [LabelledExample]) -> Double {
        Evaluation(EvaluationReport.judge(rows, by: model)).accuracy
    }

    @Test func learnsTextsAndAmounts() {
        let rows = InventedBooks.rows(400, seed: 2)
        #expect(accuracy(Self.trained, rows) > 0.97)
        let bazar = rows.filter { $0.example.texts[0].hasPrefix("bazar") }
        #expect(bazar.count > 50)
        #expect(accuracy(Self.trained, bazar) > 0.97)
    }

    @Test func recognisesNamesItNeverSawByTheirPieces() {
        let new = ["petrolera del valle", "panaderia luna", "trenes unidos", "martilleria"].map {
            TextExample(texts: [$0])
        }
        #expect(new.map { Self.trained.predict($0).first?.label } == ["fuel", "food", "travel", "tools"])
    }

    @Test func probabilitiesAreOrderedAndSumToAtMostOne() {
        for row in InventedBooks.rows(200, seed: 3) {
            let answers = Self.trained.predict(row.example, top: 4)
            #expect(answers.count == 4)
            #expect(zip(answers, answers.dropFirst()).allSatisfy { $0.probability >= $1.probability })
            #expect(answers.allSatisfy { (0...1).contains($0.probability) })
            #expect(answers.reduce(0) { $0 + $1.probability } <= 1.0001)
        }
    }

    @Test func theSameRowsMakeTheSameModel() {
        let rows = InventedBooks.rows(250, seed: 4)
        #expect(TextModel(rows).bytes() == TextModel(rows).bytes())
    }

    @Test func keptScoresDoNotChangeAnswers() {
        var scratch = ModelScratch()
        for row in InventedBooks.rows(300, seed: 5) {
            #expect(Self.trained.predict(row.example, &scratch) == Self.trained.predict(row.example))
        }
        // The same scratch with another model, and with one that has learned since.
        var other = TextModel(InventedBooks.rows(300, seed: 6))
        let example = TextExample(texts: ["petro norte #1"], amount: 5)
        #expect(other.predict(example, &scratch) == other.predict(example))
        other.correct(example, label: "tools")
        #expect(other.predict(example, &scratch) == other.predict(example))
    }

    @Test func anEmptyModelAnswersNothing() {
        #expect(TextModel().predict(TextExample(texts: ["anything"])).isEmpty)
        #expect(TextModel([]).labels.isEmpty)
    }

    @Test func strangeExamplesGetAnAnswer() {
        for texts in [[], [""], ["", ""], ["\u{0}\u{1}"], ["🙂🙂"], [String(repeating: "a b ", count: 5000)]] {
            for amount in [nil, 0, -1, .infinity, .nan, 1e300] as [Double?] {
                #expect(Self.trained.predict(TextExample(texts: texts, amount: amount)).count == 3)
            }
        }
    }

    @Test func afterOneCorrectionTheMerchantIsRightAtOnce() {
        var model = Self.trained
        for name in ["petro norte #7", "wholly new place", "tren sur #3"] {
            model.correct(TextExample(texts: [name]), label: "tools")
            #expect(model.predict(TextExample(texts: [name], amount: 77)).first?.label == "tools")
            #expect(model.predict(TextExample(texts: [name.uppercased() + " 123"])).first?.label == "tools")
        }
        // Others stay.
        #expect(model.predict(TextExample(texts: ["petro escazu #7"])).first?.label == "fuel")
    }

    @Test func aCorrectionToANewLabelIsLearned() {
        var model = Self.trained
        model.correct(TextExample(texts: ["gym central"], amount: 30), label: "sport")
        #expect(model.predict(TextExample(texts: ["gym central"], amount: 31)).first?.label == "sport")
        #expect(model.labels.contains("sport"))
    }

    @Test func aMerchantOfManyRowsIsCorrectedAtItsAmountOnly() {
        var model = Self.trained
        let small = TextExample(texts: ["bazar central norte"], amount: 10)
        #expect(model.predict(small).first?.label == "food")
        model.correct(small, label: "tools")
        #expect(model.predict(TextExample(texts: ["bazar central norte"], amount: 10.5)).first?.label == "tools")
        #expect(model.predict(TextExample(texts: ["bazar central norte"], amount: 2)).first?.label == "food")
    }

    @Test func anAmountOfManyRowsIsCorrectedAtThatVeryAmountOnly() {
        let history = (0..<200).map { number in
            LabelledExample(
                TextExample(texts: [number % 2 == 0 ? "toll road" : "corner shop"], amount: number % 2 == 0 ? 5.5 : 9),
                label: number % 2 == 0 ? "travel" : "food")
        }
        var model = TextModel(history)
        model.correct(TextExample(texts: ["toll road"], amount: 5.55), label: "food")
        #expect(model.predict(TextExample(texts: ["toll road"], amount: 5.55)).first?.label == "food")
        #expect(model.predict(TextExample(texts: ["toll road"], amount: 5.5)).first?.label == "travel")
    }

    @Test func aCorrectionOfOneWordingLeavesTheOthersOfTheMerchant() {
        var history = (0..<300).map { number in
            let name = "shop \(["a", "b", "c", "d", "e", "f", "g", "h"][number / 2 % 8])"
            let isRent = number % 2 == 0
            return LabelledExample(
                TextExample(texts: [name, isRent ? "rent for march" : "repair of the van"], amount: 50),
                label: isRent ? "premises" : "transport")
        }
        let rent = TextExample(texts: ["city council", "rent for march"], amount: 50)
        let gift = TextExample(texts: ["city council", "flowers"], amount: 50)
        history += [LabelledExample(rent, label: "premises"), LabelledExample(rent, label: "premises")]
        var model = TextModel(history)
        model.correct(gift, label: "transport")
        #expect(model.predict(gift).first?.label == "transport")
        #expect(model.predict(rent).first?.label == "premises")
    }

    @Test func aMerchantOfWhomNothingElseIsKnownIsCorrectedAsAWhole() {
        var model = Self.trained
        let small = TextExample(texts: ["wholly new place"], amount: 10)
        let large = TextExample(texts: ["wholly new place"], amount: 500)
        model.correct(small, label: "tools")
        #expect(model.predict(large).first?.label == "tools")
        model.correct(large, label: "food")
        #expect(model.predict(large).first?.label == "food")
        #expect(model.predict(small).first?.label == "tools")
    }

    @Test func aRowThatSaysOtherwiseEndsTheLastWordOfACorrection() {
        var model = Self.trained
        let example = TextExample(texts: ["wholly new place"], amount: 10)
        model.correct(example, label: "tools")
        #expect(model.predict(example).first?.label == "tools")
        for _ in 0..<20 { model.observe(example, label: "food") }
        #expect(model.predict(example).first?.label == "food")
    }

    /// One shop that sells one thing for ten days, then another; every third row is judged.
    @Test func whatWasBookedAboutTheSameTimeSaysMore() {
        var (learn, judge) = ([LabelledExample](), [LabelledExample]())
        for number in 0..<900 {
            let day = CivilDate(daysSinceEpoch: 18_000 + Int64(number / 9))
            let label = number / 90 % 2 == 0 ? "food" : "tools"
            let row = LabelledExample(TextExample(texts: ["bazar central"], amount: 20, date: day), label: label)
            if number % 3 == 0 { judge.append(row) } else { learn.append(row) }
        }
        #expect(accuracy(TextModel(learn), judge) > 0.9)
    }

    @Test func oneWordMayMeanOneThingOfOneMerchantAndAnotherOfAnother() {
        let rows = (0..<600).map { number in
            let (isCity, isRent) = (number % 2 == 0, number / 2 % 2 == 0)
            let name = isCity ? "city council" : "motor pool"
            let text = (isRent ? "rent" : "repair") + " number \(number)"
            return LabelledExample(
                TextExample(texts: [name, text]), label: isCity == isRent ? "premises" : "transport")
        }
        let model = TextModel(rows)
        for (texts, label) in [
            (["city council", "rent today"], "premises"), (["motor pool", "rent today"], "transport"),
            (["city council", "repair today"], "transport"), (["motor pool", "repair today"], "premises"),
        ] {
            #expect(model.predict(TextExample(texts: texts)).first?.label == label)
        }
    }

    @Test(arguments: [
        ("Amazon.co.uk*MZ9QO6OX4", "AMAZON CO UK*MK4T51", true), ("FACEBK V7Z6RK23N2", "facebk *47G59865X2", true),
        ("SHELL 4711", "Shell #12", true), ("gear4music", "set2stage", false),
        ("www.4work.co.uk", "www.evaq8.co.uk", false),
        ("12345", "54321", false), ("M60F12WC4", "V7Z6RK23N2", false),
    ])
    func theCodesOfBookingsAreNoPartOfANameThatIsRemembered(one: String, other: String, isSame: Bool) {
        #expect((Features.merchantKey([one]) == Features.merchantKey([other])) == isSame)
        #expect(Features.merchantKey([one]) != 0)
    }

    @Test func theNameOfALabelSpeaksForIt() {
        var rows = InventedBooks.rows(400, seed: 12)
        let unnamed = TextModel(rows, names: ["travel": "", "tools": "", "food": "", "fuel": ""])
        let example = TextExample(texts: ["wheelbarrow hire"])
        let named = TextModel(rows, names: ["tools": "Wheelbarrow and spade"])
        #expect(named.predict(example).first?.label == "tools")
        let before = unnamed.predict(example, top: 4).first { $0.label == "tools" }?.probability ?? 0
        let after = named.predict(example, top: 4).first { $0.label == "tools" }?.probability ?? 0
        #expect(after > before)
        // A label that is a word is its own name.
        rows = rows.map { LabelledExample($0.example, label: $0.label == "tools" ? "wheelbarrow" : $0.label) }
        #expect(TextModel(rows).predict(example).first?.label == "wheelbarrow")
    }

    @Test func theLatestWordCounts() {
        var model = Self.trained
        let example = TextExample(texts: ["petro norte #7"], amount: 10)
        model.correct(example, label: "tools")
        model.correct(example, label: "travel")
        #expect(model.predict(example).first?.label == "travel")
    }

    @Test func learningRowByRowComesCloseToTrainingAtOnce() {
        let rows = InventedBooks.rows(800, seed: 7)
        let judged = InventedBooks.rows(300, seed: 8)
        var online = TextModel(Array(rows.prefix(400)))
        for row in rows.dropFirst(400) { online.observe(row.example, label: row.label) }
        #expect(accuracy(online, judged) > accuracy(TextModel(rows), judged) - 0.01)
    }

    @Test func reasonsNameTheWordThatSpeaksForTheLabel() throws {
        let reasons = Self.trained.reasons(for: "fuel", of: TextExample(texts: ["petro del oeste"], amount: 5))
        #expect(reasons.first?.feature == "word \"petro\"")
        #expect((reasons.first?.contribution ?? 0) > 0)
        let known = Self.trained.reasons(for: "fuel", of: TextExample(texts: ["petro norte #7"]))
        #expect(known.contains { $0.feature == "merchant, as booked before" && $0.contribution > 0.9 })
        #expect(Self.trained.reasons(for: "no such label", of: TextExample(texts: ["x"])).isEmpty)
    }

    @Test func aLabelThatNobodyCanKnowIsNotSure() {
        var random = SeededGenerator(seed: 9)
        // Labels by chance: nothing can be right more often than about half the time.
        let rows = InventedBooks.rows(700, seed: 10).map { row in
            LabelledExample(row.example, label: Bool.random(using: &random) ? "a" : "b")
        }
        let model = TextModel(rows)
        #expect(model.threshold > 0.8)
        let sure = InventedBooks.rows(300, seed: 11).count {
            (model.predict($0.example).first?.probability ?? 0) >= Double(model.threshold)
        }
        #expect(sure < 15)
    }
}

@Suite struct ModelBytesTests {
    private static let model: TextModel = {
        var model = TextModel(InventedBooks.rows(300, seed: 1))
        model.correct(TextExample(texts: ["gym"], amount: 1), label: "sport")
        return model
    }()

    @Test func aModelIsReadAsItWasWritten() throws {
        let bytes = Self.model.bytes()
        let read = try TextModel(bytes: bytes)
        #expect(read.bytes() == bytes)
        for row in InventedBooks.rows(100, seed: 2) {
            #expect(read.predict(row.example) == Self.model.predict(row.example))
        }
        #expect(read.predict(TextExample(texts: ["gym"])).first?.label == "sport")
        #expect(try TextModel(bytes: TextModel().bytes()).labels.isEmpty)
    }

    @Test func anyByteChangedOrCutIsRefused() {
        let bytes = Self.model.bytes()
        var random = SeededGenerator(seed: 3)
        for _ in 0..<60 {
            var changed = bytes
            changed[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            #expect(throws: ModelBytesError.self) { try TextModel(bytes: changed) }
            let cut = Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &random)))
            #expect(throws: ModelBytesError.self) { try TextModel(bytes: cut) }
        }
    }

    @Test func otherVersionsAndOtherBytesAreNamed() {
        var bytes = Self.model.bytes()
        bytes[4] = 99
        #expect(throws: ModelBytesError.version(99)) { try TextModel(bytes: bytes) }
        #expect(throws: ModelBytesError.notAModel) { try TextModel(bytes: Array("SQLite format 3".utf8)) }
        #expect(throws: ModelBytesError.notAModel) { try TextModel(bytes: []) }
    }

    /// A right check over wrong content, as a faulty writer would make it.
    @Test func contentThatIsNoModelIsRefusedThoughItsCheckFits() {
        let bytes = Array(Self.model.bytes().dropLast(8))
        var random = SeededGenerator(seed: 4)
        for _ in 0..<100 {
            var changed = bytes
            let place = Int.random(in: 6..<min(bytes.count, 400), using: &random)
            changed[place] = UInt8.random(in: 0...255, using: &random)
            var writer = ByteWriter()
            writer.bytes = changed
            writer.put(ByteWriter.check(changed[...]))
            // Read or refused, never a crash; what is read answers.
            if let model = try? TextModel(bytes: writer.bytes) {
                _ = model.predict(TextExample(texts: ["petro"], amount: 3))
            }
        }
    }
}

@Suite struct CalibrationTests {
    @Test func theCurveRisesAndMeansWhatItSays() {
        var random = SeededGenerator(seed: 1)
        // Right with the square of the score.
        let samples = (0..<20_000).map { _ -> Calibration.Sample in
            let score = Float.random(in: 0...1, using: &random)
            return .init(
                score: score, isRight: Float.random(in: 0...1, using: &random) < score * score,
                group: random.next())
        }
        let calibration = Calibration(samples)
        var last: Float = 0
        for step in 0...100 {
            let score = Float(step) / 100
            let probability = calibration.probability(of: score)
            #expect(probability >= last)
            #expect(abs(probability - score * score) < 0.06)
            last = probability
        }
    }

    @Test func fewSamplesLeaveScoresAsTheyAre() {
        let samples = (0..<20).map { Calibration.Sample(score: 0.5, isRight: true, group: $0) }
        #expect(Calibration(samples).probability(of: 0.3) == 0.3)
    }

    /// A thousand rows of one merchant are one opinion: they make no level of their own.
    @Test func manySamplesOfOneGroupSayLittle() {
        var random = SeededGenerator(seed: 2)
        var samples = (0..<2000).map { number in
            Calibration.Sample(
                score: Float.random(in: 0...1, using: &random), isRight: number % 2 == 0, group: UInt64(number))
        }
        let without = Calibration(samples)
        samples += (0..<1000).map { _ in .init(score: 0.95, isRight: false, weight: 0.03, group: 9_999) }
        let with = Calibration(samples)
        for score in [Float(0.3), 0.6, 0.95] {
            #expect(abs(with.probability(of: score) - 0.5) < 0.08)
            #expect(abs(with.probability(of: score) - without.probability(of: score)) < 0.05)
        }
    }

    /// What chance alone parts is one level; what is really apart stays apart.
    @Test func levelsAreAsManyAsTheSamplesCanTellApart() {
        var random = SeededGenerator(seed: 3)
        let samples = (0..<8000).map { number -> Calibration.Sample in
            let score = Float.random(in: 0...1, using: &random)
            let share: Float = score < 0.5 ? 0.3 : 0.9
            return .init(score: score, isRight: Float.random(in: 0...1, using: &random) < share, group: UInt64(number))
        }
        let calibration = Calibration(samples)
        #expect((2...10).contains(calibration.points.count))
        // Between the levels' means it rises in straight lines.
        #expect(abs(calibration.probability(of: 0.25) - 0.3) < 0.08)
        #expect(abs(calibration.probability(of: 0.75) - 0.9) < 0.08)
    }
}
