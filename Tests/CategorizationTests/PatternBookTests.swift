import Testing

@testable import Categorization

@Suite struct PatternBookTests {
    private func weight(_ book: PatternBook, _ type: PatternType, _ value: String, _ category: CategoryID = 1)
        -> Double?
    {
        book.pattern(owner: nil, category: category, type: type, value: value)?.weight
    }

    @Test func aFreshMerchantPatternEndsAtItsWeightWithOneUse() throws {
        var book = PatternBook()
        let lesson = book.learn(Correction(expense("SODA TAPIA #12"), correct: 1), today: 0)
        let made = try #require(book.pattern(owner: nil, category: 1, type: .merchant, value: "soda tapia"))
        #expect(made.weight == 1.35 && made.usageCount == 1 && made.successCount == 1 && made.isUserCreated)
        #expect(lesson.feedback == nil)
        #expect(lesson.changes == [.created(made)])
        #expect(lesson.confidence == made.effectiveConfidence)
    }

    @Test func anExistingMerchantPatternGainsTwice() throws {
        var book = PatternBook([pattern(.merchant, "soda tapia", weight: 2)])
        let lesson = book.learn(Correction(expense("Soda Tapia"), correct: 1, predicted: 1), today: 9)
        let pattern = try #require(book.pattern(1))
        #expect(pattern.weight == 2.35 && pattern.usageCount == 2 && pattern.touchedOn == 9)
        #expect(lesson.feedback == .accepted && lesson.changes == [.updated(pattern)])
    }

    @Test func weightsEndAtFive() {
        var book = PatternBook([pattern(.merchant, "soda", weight: 4.9)])
        _ = book.learn(Correction(expense("soda"), correct: 1), today: 0)
        #expect(book.pattern(1)?.weight == 5)
    }

    @Test func aWordBecomesAPatternInItsThirdExpense() {
        var book = PatternBook()
        func learn(_ id: String) -> Lesson {
            book.learn(Correction(expense(nil, "The parking 1234 at mall", id: id), correct: 1), today: 0)
        }
        _ = learn("a")
        _ = learn("a")
        _ = learn("b")
        #expect(weight(book, .keyword, "parking") == nil)
        _ = learn("c")
        #expect(weight(book, .keyword, "parking") == 1.35)
        #expect(weight(book, .keyword, "mall") == 1.35)
        #expect(weight(book, .keyword, "the") == nil && weight(book, .keyword, "1234") == nil)
        #expect(book.pattern(owner: nil, category: 1, type: .keyword, value: "mall")?.isUserCreated == false)
        _ = learn("d")
        // Known: 0.15 as a word of the description, 0.15 as a match.
        #expect(weight(book, .keyword, "parking") == 1.65)
    }

    @Test func onlyTheFirstFiveWordsCount() {
        #expect(
            PatternBook.keywords(of: "one two, two three 444 of Four five-six seven") == [
                "one", "two", "three", "four", "five",
            ])
    }

    @Test func whatLedToAWrongAnswerLoses() throws {
        var book = PatternBook([
            pattern(.merchant, "uber", 2, id: 1), pattern(.keyword, "uber", 2, id: 2, weight: 0.2),
            pattern(.merchant, "lyft", 2, id: 3),
        ])
        let lesson = book.learn(Correction(expense("UBER eats"), correct: 1, predicted: 2), today: 0)
        #expect(lesson.feedback == .correction)
        let wrong = try #require(book.pattern(1))
        #expect(wrong.weight == 0.75 && wrong.usageCount == 1 && wrong.successCount == 0)
        #expect(book.pattern(2)?.weight == 0.1)
        #expect(book.pattern(3)?.weight == 1)
    }

    @Test func patternsThatFailMostlyBecomeInactiveUnlessAPersonMadeThem() {
        var mine = pattern(.merchant, "uber", 2, id: 2, uses: 19, successes: 5)
        mine.isUserCreated = true
        var book = PatternBook([pattern(.keyword, "uber", 2, id: 1, uses: 19, successes: 5), mine])
        _ = book.learn(Correction(expense("uber"), correct: 1, predicted: 2), today: 0)
        #expect(book.pattern(1)?.isActive == false)
        #expect(book.pattern(2)?.isActive == true)
    }

    @Test func nearlyEqualPatternsBecomeOne() throws {
        var book = PatternBook([pattern(.merchant, "starbucks escazu", id: 1, weight: 3, uses: 9, successes: 9)])
        let lesson = book.learn(Correction(expense("STARBUCKS ESCASU"), correct: 1), today: 0)
        let kept = try #require(book.pattern(1))
        // (3 * 9 + 1.35 * 1) / 10
        #expect(kept.weight == 2.835 && kept.usageCount == 10 && kept.successCount == 10)
        #expect(book.patterns.filter(\.isActive).count == 1)
        #expect(
            lesson.changes.contains {
                if case .merged(let into, let gone) = $0 { into == kept && !gone.isActive } else { false }
            })
        #expect(lesson.pattern == kept)
        // The other spelling now teaches the kept one.
        _ = book.learn(Correction(expense("STARBUCKS ESCASU"), correct: 1), today: 0)
        #expect(book.pattern(1)?.usageCount == 11)
    }

    @Test func whatIsMergedStaysSoInABookThatIsOpenedAgain() throws {
        var book = PatternBook([pattern(.merchant, "starbucks escazu", id: 1, weight: 3, uses: 9, successes: 9)])
        _ = book.learn(Correction(expense("STARBUCKS ESCASU"), correct: 1), today: 0)
        var again = PatternBook(book.patterns)
        let lesson = again.learn(Correction(expense("STARBUCKS ESCASU"), correct: 1), today: 0)
        #expect(lesson.pattern?.id == 1 && again.pattern(1)?.usageCount == 11)
        #expect(again.patterns.filter(\.isActive).map(\.id) == [1])
        // Its own words make it no pattern of its own either.
        let merged = try #require(again.pattern(owner: nil, category: 1, type: .merchant, value: "starbucks escasu"))
        #expect(merged.id == 1)
    }

    @Test func whatIsMergedTwiceGoesOnInTheLast() {
        var (first, second) = (
            pattern(.merchant, "a-one", id: 1, active: false), pattern(.merchant, "b-two", id: 2, active: false)
        )
        first.mergedInto = 2
        second.mergedInto = 3
        let book = PatternBook([first, second, pattern(.merchant, "c-three", id: 3)])
        #expect(book.pattern(owner: nil, category: 1, type: .merchant, value: "a-one")?.id == 3)
        second.mergedInto = 1
        let circle = PatternBook([first, second])
        #expect(circle.pattern(owner: nil, category: 1, type: .merchant, value: "a-one") != nil, "it ends")
    }

    @Test func rangesMergeByTheirOverlap() {
        #expect(PatternBook.areAlike(pattern(.amountRange, "0-100"), pattern(.amountRange, "0-90", id: 2)))
        #expect(!PatternBook.areAlike(pattern(.amountRange, "0-100"), pattern(.amountRange, "50-150", id: 2)))
        #expect(!PatternBook.areAlike(pattern(.merchant, "uber"), pattern(.merchant, "uber", 2, id: 2)))
        #expect(!PatternBook.areAlike(pattern(.merchant, "uber"), pattern(.merchant, "uber", id: 2, owner: "ana")))
    }

    @Test func whatAnAccountTeachesStaysWithIt() {
        var book = PatternBook()
        _ = book.learn(Correction(expense("soda tapia", owner: "ana"), correct: 1), today: 0)
        #expect(book.pattern(owner: "ana", category: 1, type: .merchant, value: "soda tapia") != nil)
        _ = book.learn(Correction(expense("soda tapia", owner: "eva"), correct: 2, predicted: 1), today: 0)
        #expect(book.pattern(owner: "ana", category: 1, type: .merchant, value: "soda tapia")?.weight == 1.35)
    }

    @Test func untouchedPatternsOfTheSystemDecay() {
        var mine = pattern(.merchant, "mine", id: 3)
        mine.isUserCreated = true
        var book = PatternBook([
            pattern(.merchant, "old", id: 1, weight: 1.11), pattern(.merchant, "weak", id: 2, weight: 0.33), mine,
        ])
        #expect(book.decay(today: 29).isEmpty)
        let changes = book.decay(today: 30)
        #expect(book.pattern(1)?.weight == 0.999)
        #expect(book.pattern(2)?.isActive == false && book.pattern(3)?.weight == 1)
        #expect(changes.count == 2)
        // Once in 30 days, not each day.
        #expect(book.decay(today: 31).isEmpty)
    }

    @Test func amountsOfRightAnswersAreKept() {
        var book = PatternBook()
        for number in 1...120 {
            _ = book.learn(Correction(expense("soda", id: "\(number)", amount: "\(number)"), correct: 1), today: 0)
        }
        let amounts = book.pattern(1)?.statistics.amounts ?? []
        #expect(amounts.count == 100 && amounts.first == 21 && amounts.last == 120)
    }
}

@Suite struct PreferenceBookTests {
    @Test(arguments: [(1.0, 0.25), (5, 0.65), (8, 0.95), (8.5, 1), (40, 1)])
    func confidenceFollowsTheWeight(weight: Double, expected: Double) {
        let preference = UserPreference(owner: nil, category: 1, context: .merchant, value: "x", weight: weight)
        #expect(preference.confidence == expected)
    }

    @Test func theWeightGrowsFromTheSixthUseOn() {
        var book = PreferenceBook()
        for _ in 0..<5 { book.learn(expense("soda"), 1) }
        #expect(book.preference(for: expense("SODA"))?.weight == 1)
        book.learn(expense("soda"), 1)
        #expect(book.preference(for: expense("SODA"))?.weight == 2)
        book.learn(expense("soda"), 2)
        #expect(book.preference(for: expense("soda"))?.category == 1)
    }

    @Test func namesOfWhichNothingIsLeftAreNotOneMerchant() {
        var book = PreferenceBook()
        for _ in 0..<9 {
            #expect(book.learn(expense("****1234", amount: "3"), 1).map(\.context) == [.amountRange])
        }
        for name in ["****1234", "****9876", "#4471", "***"] { #expect(book.preference(for: expense(name)) == nil) }
        let old = PreferenceBook([UserPreference(owner: nil, category: 1, context: .merchant, value: "", weight: 9)])
        #expect(old.preference(for: expense("***")) == nil)
    }

    @Test func eachContextOfTheExpenseIsNoted() {
        var book = PreferenceBook()
        let written = book.learn(expense("soda", amount: "25", minute: 700), 1)
        #expect(written.map(\.context) == [.merchant, .timeOfDay, .amountRange])
        #expect(written.map(\.value) == ["soda", "morning", "25-100"])
    }
}
