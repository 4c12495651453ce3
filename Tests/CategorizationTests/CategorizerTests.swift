import Linux
import Testing

@testable import Categorization

/// Answers always the same, as a trained model would.
private struct Oracle: ExpensePredictor {
    var answer: Prediction?
    func prediction(for expense: Expense, _ scratch: inout ModelScratch) -> Prediction? { answer }
    func reasons(for category: CategoryID, of expense: Expense) -> [LearnedReason] {
        [LearnedReason("word:coffee", 1.5)]
    }
}

@Suite struct CategorizerTests {
    private func categorizer(
        _ patterns: [Pattern], composites: [CompositePattern] = [], rules: [Rule] = [],
        preferences: PreferenceBook = .init(),
        learned: Prediction? = nil, categories: Set<CategoryID> = [1, 2, 3]
    ) -> Categorizer {
        Categorizer(
            patterns: PatternSet(patterns: patterns, composites: composites, rules: rules, categories: categories),
            preferences: preferences, learned: learned.map { Oracle(answer: $0) })
    }

    private let coffee = pattern(.merchant, "starbucks", 1, id: 1)

    @Test func anExpenseWithoutTextOrIdGetsAnErrorResult() {
        let categorizer = categorizer([coffee])
        let empty = categorizer.decide(expense(nil, "  "))
        #expect(empty.method == .error && empty.error == .noText && empty.category == nil)
        #expect(categorizer.decide(expense("starbucks", id: "")).error == .notStored)
    }

    @Test func aMerchantThatIsAlikeIsAnsweredWithItsType() {
        let decision = categorizer([coffee]).decide(expense("STARBUKCS #1234"))
        #expect(decision.category == 1 && decision.method == .merchant)
        #expect(decision.confidence == Confidence.sigmoid(0.9852))
        #expect(decision.patternsUsed == ["merchant:starbucks"])
        #expect(decision.breakdown?.parts.map(\.factor) == [.textMatch])
        #expect(decision.level == .veryHigh && decision.patternsEvaluated == 1)
    }

    @Test func merchantsAndDescriptionsAreComparedWithTheirOwnPatterns() {
        let patterns = [
            coffee, pattern(.keyword, "parking", 2, id: 2), pattern(.description, "monthly rent", 3, id: 3),
        ]
        let categorizer = categorizer(patterns)
        #expect(categorizer.decide(expense("parking")).method == .noMatch)
        #expect(categorizer.decide(expense("city", "parking")).category == 2)
        #expect(categorizer.decide(expense("city", "parking")).method == .keyword)
        #expect(categorizer.decide(expense(nil, "monthly rents")).method == .description)
    }

    @Test func aSharedWordIsAnsweredAsFuzzy() {
        let patterns = [pattern(.merchant, "escazu village parking", 2, id: 1)]
        let decision = categorizer(patterns).decide(expense("PARKING"))
        #expect(decision.category == 2 && decision.method == .fuzzy)
        #expect(decision.confidence == Confidence.sigmoid(0.85))
        // A word inside another scores 0.68, below what is kept.
        #expect(categorizer(patterns).decide(expense("zu vil park")).method == .noMatch)
        #expect(
            categorizer([pattern(.merchant, "the corner", 2)]).decide(expense("the unknown place of all")).method
                == .noMatch)
    }

    @Test func popularityDoesNotInventAMatch() {
        let popular = pattern(.merchant, "walmart", 1, id: 1, uses: 567, successes: 545)
        #expect(categorizer([popular]).decide(expense("farwalma")).method == .noMatch)
    }

    @Test func theBestTextOfEachCategoryCountsAndOthersAreAlternatives() {
        let patterns = [
            pattern(.merchant, "starbucks", 1, id: 1), pattern(.merchant, "starbuck", 1, id: 2),
            pattern(.merchant, "starbacks", 2, id: 3), pattern(.merchant, "starbucks", 9, id: 4),
        ]
        var options = DecisionOptions()
        options.includeAlternatives = true
        let decision = categorizer(patterns).decide(expense("starbucks"), options)
        #expect(decision.category == 1 && decision.patternsUsed == ["merchant:starbucks"])
        // Category 9 does not exist and is dropped.
        #expect(decision.alternatives.map(\.category) == [2])
        #expect(categorizer(patterns).decide(expense("starbucks")).alternatives.isEmpty)
    }

    @Test func regularExpressionsMatchByTheLetterAndAreGated() {
        let decision = categorizer([pattern(.regex, "^(uber|didi)\\b", 3)]).decide(expense("DIDI *RIDE 99"))
        #expect(decision.category == 3 && decision.method == .regex && decision.confidence == 0.8808)
        #expect(decision.breakdown?.isGated == true)
    }

    @Test func amountsAndTimesOnlyStrengthenWhatATextSpeaksFor() {
        let saturday = CivilDate(year: 2026, month: 11, day: 21)
        let patterns = [
            pattern(.merchant, "soda tapia", 1, id: 1, uses: 10, successes: 5), pattern(.time, "weekend", 1, id: 2),
            pattern(.amountRange, "5-50", 1, id: 3), pattern(.amountRange, "5-50", 2, id: 4),
        ]
        let categorizer = categorizer(patterns)
        #expect(categorizer.decide(expense("unknown", amount: "10", date: saturday)).method == .noMatch)
        let bare = categorizer.decide(expense("soda tapias", amount: "100"))
        let boosted = categorizer.decide(expense("soda tapias", amount: "10", date: saturday))
        #expect(bare.category == 1 && boosted.category == 1)
        #expect(boosted.confidence > bare.confidence)
        #expect(boosted.patternsUsed == ["merchant:soda tapia", "time:weekend", "amount_range:5-50"])
    }

    @Test func compositesNeedAText() {
        let patterns = [pattern(.merchant, "uber", 1, id: 1), pattern(.amountRange, "5-50", 1, id: 2)]
        func composite(_ members: [PatternID]) -> CompositePattern {
            CompositePattern(id: 9, category: 1, name: "rides", combination: .and, patterns: members, weight: 2)
        }
        let ride = expense("HELP UBER COM PENDING RIDE", amount: "12")
        #expect(
            categorizer(patterns.dropLast(0), composites: [composite([2])]).decide(expense("zzz", amount: "12")).method
                == .noMatch)
        let decision = categorizer([patterns[0], patterns[1]], composites: [composite([1, 2])]).decide(ride)
        #expect(decision.category == 1)
        #expect(decision.method == .composite && decision.patternsUsed == ["composite:rides"])
    }

    @Test func preferencesComeFirstAndCanBeSwitchedOff() {
        var book = PreferenceBook()
        for _ in 0..<6 { book.learn(expense("STARBUCKS #77"), 2) }
        let categorizer = categorizer([coffee], preferences: book)
        let decision = categorizer.decide(expense("starbucks"))
        #expect(decision.category == 2 && decision.method == .userPreference && decision.confidence == 0.35)
        var options = DecisionOptions()
        options.checkUserPreferences = false
        #expect(categorizer.decide(expense("starbucks"), options).method == .merchant)
    }

    @Test func preferencesAndPatternsBelongToTheirAccount() {
        var book = PreferenceBook()
        book.learn(expense("starbucks", owner: "ana"), 2)
        let patterns = [
            coffee, pattern(.merchant, "walmart", 3, id: 2, owner: "ana"),
            pattern(.merchant, "pequeño mundo", 3, id: 3, owner: "eva", uses: 50, successes: 50),
        ]
        let categorizer = categorizer(patterns, preferences: book)
        var cache = MatchCache()
        func decide(_ merchant: String, _ owner: String?) -> Decision {
            categorizer.decide(expense(merchant, owner: owner), cache: &cache)
        }
        #expect(decide("starbucks", "ana").method == .userPreference)
        #expect(decide("starbucks", nil).category == 1)
        #expect(decide("starbucks", "bob").category == 1)
        #expect(decide("pequeno mundo", "eva").category == 3)
        #expect(decide("pequeno mundo", "ana").method == .noMatch)
        #expect(decide("walmart", "ana").category == 3)
        #expect(decide("walmart", "bob").method == .noMatch)
        #expect(decide("walmart", nil).method == .noMatch)
    }

    @Test func writtenRulesComeBeforePatternsByPriority() {
        let condition = Condition.text(.merchant, .contains("starbucks"))
        let rules = [
            Rule(name: "low", category: 2, condition: condition),
            Rule(name: "high", category: 3, condition: condition, priority: 5),
            Rule(name: "off", category: 1, condition: condition, priority: 9, isActive: false),
            Rule(name: "ana's", owner: "ana", category: 1, condition: condition, priority: 7),
        ]
        let categorizer = categorizer([coffee], rules: rules)
        let decision = categorizer.decide(expense("starbucks"))
        #expect(decision.category == 3 && decision.method == .rule && decision.patternsUsed == ["rule:high"])
        #expect(categorizer.decide(expense("starbucks", owner: "ana")).patternsUsed == ["rule:ana's"])
    }

    @Test func theLearnedLayerAnswersWhereNoPatternDoes() {
        let sure = Prediction(
            ranking: [Alternative(2, 0.91), Alternative(1, 0.06), Alternative(3, 0.03)], isSure: true)
        let categorizer = categorizer([coffee], learned: sure)
        #expect(categorizer.decide(expense("starbucks")).method == .merchant)
        let decision = categorizer.decide(expense("some new place"))
        #expect(decision.category == 2 && decision.method == .learned && decision.confidence == 0.91)
    }

    @Test func belowItsThresholdThereAreThreeSuggestionsAndNoAnswer() {
        let ranking = [Alternative(2, 0.4), Alternative(1, 0.3), Alternative(3, 0.2), Alternative(7, 0.1)]
        let decision = categorizer([coffee], learned: Prediction(ranking: ranking, isSure: false)).decide(
            expense("new place"))
        #expect(decision.category == nil && decision.method == .noMatch && decision.confidence == 0)
        #expect(decision.suggestions.map(\.category) == [2, 1, 3])
    }

    @Test func confidenceBelowTheMinimumIsNoAnswer() {
        var options = DecisionOptions()
        options.fuzzy.minimum = 0.5
        #expect(categorizer([coffee]).decide(expense("starbukcs"), options).category == 1)
        options.minimumConfidence = 0.99
        #expect(categorizer([coffee]).decide(expense("starbukcs"), options).method == .noMatch)
    }

    @Test func whatIsSureEnoughAndNoPreferenceIsStored() {
        var options = DecisionOptions()
        #expect(options.stores(0.7, isPreference: false) && !options.stores(0.6999, isPreference: false))
        #expect(!options.stores(1, isPreference: true))
        options.autoCategorizeThreshold = 0.99
        #expect(!options.stores(0.98, isPreference: false) && options.stores(0.99, isPreference: false))
        options.autoUpdate = false
        #expect(!options.stores(1, isPreference: false))
    }

    @Test func aCachedResultIsOfTheSameMinimumOnly() {
        let categorizer = categorizer([coffee])
        var cache = MatchCache()
        var loose = DecisionOptions()
        loose.fuzzy.minimum = 0.5
        let first = categorizer.decide(expense("starbukcs"), loose, cache: &cache)
        let second = categorizer.decide(expense("starbukcs"), cache: &cache)
        #expect(first.confidence == Confidence.sigmoid(0.7495) && second.confidence == Confidence.sigmoid(0.9852))
        #expect(first.cacheHits == 0 && second.cacheHits == 0)
        let third = categorizer.decide(expense("STARBUKCS *"), cache: &cache)
        #expect(third.cacheHits == 1)
        #expect(third.confidence == second.confidence)
    }

    @Test func theCacheHoldsABoundedNumberOfTexts() {
        let categorizer = categorizer([coffee])
        var cache = MatchCache(capacity: 10)
        for number in 0..<1000 { _ = categorizer.decide(expense("place \(number) x"), cache: &cache) }
        #expect(cache.count <= 20 && cache.misses == 1000)
    }

    @Test func unreadablePatternsAreNamedAndMatchNothing() {
        let set = PatternSet(patterns: [coffee, pattern(.regex, "(", 1, id: 7)], categories: [1])
        #expect(set.unreadable == [7])
    }
}

@Suite struct ExplanationTests {
    @Test func namesHitsNearMissesAndFactors() throws {
        let patterns = [
            pattern(.merchant, "starbucks", 1, id: 1, uses: 10, successes: 9),
            pattern(.merchant, "sea barracks", 2, id: 2),
            pattern(.regex, "star", 3, id: 3),
        ]
        let rules = [
            Rule(
                name: "coffee abroad", category: 2,
                condition: .all([.text(.merchant, .contains("star")), .amount(from: amount("100"), upTo: nil)]))
        ]
        let categorizer = Categorizer(
            patterns: PatternSet(patterns: patterns, rules: rules, categories: [1, 2, 3]), learned: nil)
        let explanation = categorizer.explain(expense("starbukcs", amount: "5"))
        #expect(explanation.decision.category == 1)
        #expect(explanation.hits.map(\.label).sorted() == ["merchant:starbucks", "regex:star"])
        #expect(explanation.nearMisses.first?.label == "rule:coffee abroad")
        #expect(explanation.nearMisses.contains { $0.label == "merchant:sea barracks" && $0.score < $0.minimum })
        #expect(explanation.factors.map(\.name) == ["text_match", "historical_success", "usage_frequency"])
        #expect(abs(explanation.factors.reduce(0) { $0 + $1.percentage } - 100) < 0.2)
        #expect(abs(explanation.factors.reduce(0) { $0 + $1.weight } - 1) < 0.001)
        let breakdown = try #require(explanation.decision.breakdown)
        #expect(abs(explanation.factors.reduce(0) { $0 + $1.contribution } - breakdown.raw) < 0.001)
    }

    @Test func whatTheLearnedLayerSawIsSaid() {
        let oracle = Oracle(answer: Prediction(ranking: [Alternative(1, 0.9)], isSure: true))
        let categorizer = Categorizer(patterns: PatternSet(patterns: [], categories: [1]), learned: oracle)
        let explanation = categorizer.explain(expense("coffee house"))
        #expect(explanation.decision.method == .learned)
        #expect(explanation.reasons == [LearnedReason("word:coffee", 1.5)])
    }
}
