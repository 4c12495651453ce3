import MillraceProtocol
import TestSupport
import Testing

@testable import CategorizerService

struct DecisionTests {
    @Test func afterOneCorrectionTheSameMerchantIsRightAtOnce() async throws {
        let bench = try await Workbench()
        try await bench.categories("Food", "Fuel")
        #expect(try await bench.answer("SQ *STARBUCKS #123").method == "no_match")
        let lesson = try await bench.learn("e-1", "SQ *STARBUCKS #123", "Food", predicted: "Fuel")
        #expect(lesson.feedback == "correction" && lesson.created == ["merchant:starbucks"])
        #expect(lesson.confidence == 0.4347, "1.35 with one use")
        let answer = try await bench.answer("STARBUCKS #777")
        #expect(answer.categoryName == "Food" && answer.method == "merchant")
        #expect(answer.confidenceLevel == "high" && answer.patternsUsed == ["merchant:starbucks"])
        #expect(try await bench.learn("e-1", "SQ *STARBUCKS #123", "Food", predicted: "Food").feedback == "accepted")
        await bench.end()
    }

    @Test func whatWasLearnedSurvivesARestart() async throws {
        let bench = try await Workbench()
        try await bench.categories("Food")
        try await bench.learn("e-1", "Starbucks", "Food", note: "coffee beans")
        try await bench.learn("e-2", "Nero", "Food", note: "coffee cups")
        try await bench.restart()
        #expect(try await bench.answer("STARBUCKS").categoryName == "Food")
        let third = try await bench.learn("e-3", "Costa", "Food", note: "coffee again")
        #expect(third.created.contains("keyword:coffee"), "the third expense with the word makes it a pattern")
        await bench.end()
    }

    @Test func whatItMadeByItselfFadesAndWhatPeopleMadeStands() async throws {
        let bench = try await Workbench()
        try await bench.categories("Food")
        for (number, shop) in ["Starbucks", "Nero", "Costa"].enumerated() {
            try await bench.learn("e-\(number)", shop, "Food", note: "coffee")
        }
        func weights() throws -> [String: Double] {
            let all = try bench.categorizer.list(PatternList.Params(inactive: true)).patterns
            return Dictionary(all.map { ($0.value, $0.weight) }, uniquingKeysWith: { first, _ in first })
        }
        let before = try weights()
        bench.time.advance(by: .seconds(31 * 86_400))
        let faded = ((before["coffee"] ?? 0) * 900).rounded() / 1000
        try await eventually("coffee has faded") { try weights()["coffee"] == faded }
        #expect(try weights()["starbucks"] == before["starbucks"], "a person made it")
        try await bench.restart()
        #expect(try weights()["coffee"] == faded, "once in thirty days")
        await bench.end()
    }

    @Test func anExpenseThatCannotBeCategorizedGetsAnAnswerThatSaysWhy() async throws {
        let bench = try await Workbench()
        try await bench.categories("Food")
        let categorizer = bench.categorizer
        let noText = try await categorizer.categorize(.init(expense: ExpenseRecord(id: "e")), correlation: "c")
        #expect(noText.error?.kind == .validation && noText.method == "error" && noText.confidence == 0)
        #expect(noText.processingTimeMs > 0 && noText.correlationID == "c")
        let noID = try await categorizer.categorize(
            .init(expense: ExpenseRecord(id: "", merchantName: "x")), correlation: "c")
        #expect(noID.error?.kind == .validation)
        let badDay = ExpenseRecord(id: "e", merchantName: "x", transactionDate: "21.11.")
        let day = try await categorizer.categorize(.init(expense: badDay), correlation: "c")
        #expect(day.error?.message.contains("21.11.") == true)
        #expect(try await categorizer.categorize(.init(), correlation: "c").error?.kind == .validation)
        let absent = try await bench.answer(id: "nobody")
        #expect(absent.error?.kind == .notFound && absent.metadata.expenseID == "nobody")
        await bench.end()
    }

    @Test func aSureAnswerIsStoredWithAStoredExpenseAndAPersonsWordStands() async throws {
        let bench = try await Workbench()
        try await bench.categories("Food", "Fuel")
        try await bench.learn("e-1", "Starbucks", "Food")
        _ = try await bench.take([("open", "Starbucks", nil), ("told", "Starbucks", "Fuel")])
        #expect(try await bench.answer(id: "open", CategorizeOptions(autoUpdate: false)).stored == false)
        #expect(try await bench.answer(id: "open", CategorizeOptions(autoCategorizeThreshold: 0.95)).stored == false)
        #expect(try await bench.answer(id: "open").stored)
        #expect(try await bench.answer(id: "told").stored == false)
        let kept = try await bench.categorizer.list(ExpenseList.Params())
        #expect(kept.expenses.map(\.expense.id) == ["e-1", "open", "told"])
        #expect(kept.expenses.map(\.categoryName) == ["Food", "Food", "Fuel"])
        #expect(kept.expenses.map(\.autoCategorized) == [false, true, false])
        #expect(kept.expenses.map(\.confirmed) == [true, false, true])
        await bench.end()
    }

    @Test func preferencesComeFirstAndAreEachAccountsOwn() async throws {
        let bench = try await Workbench()
        try await bench.categories("Food", "Fuel")
        try await bench.learn("e-1", "Shell", "Fuel")
        let put = PreferencePut.Params(owner: "ada", merchant: "SHELL 4711", category: "Food", weight: 8)
        #expect(try await bench.categorizer.put(put).confidence == 0.95)
        let hers = try await bench.answer("Shell", owner: "ada")
        #expect(hers.categoryName == "Food" && hers.method == "user_preference" && hers.confidence == 0.95)
        #expect(try await bench.answer("Shell", owner: "bob").categoryName == "Fuel")
        let off = try await bench.answer("Shell", owner: "ada", CategorizeOptions(checkUserPreferences: false))
        #expect(off.categoryName == "Fuel")
        try await bench.restart()
        #expect(try await bench.answer("Shell", owner: "ada").categoryName == "Food")
        await bench.end()
    }

    @Test func alternativesAreToldWhereTheyAreAskedFor() async throws {
        let bench = try await Workbench()
        try await bench.categories("Food", "Fuel")
        try await bench.learn("e-1", "Harvest Moon", "Food")
        try await bench.learn("e-2", "Harvest Moon", "Fuel")
        #expect(try await bench.answer("Harvest Moon").alternativeCategories.isEmpty)
        let asked = try await bench.answer(
            "Harvest Moon", nil, CategorizeOptions(includeAlternatives: true, maxAlternatives: 3))
        #expect(asked.alternativeCategories.count == 1)
        #expect(asked.alternativeCategories.first?.categoryName != asked.categoryName)
        await bench.end()
    }

    @Test(arguments: [
        CategorizeOptions(minConfidence: 2), CategorizeOptions(autoCategorizeThreshold: -0.1),
        CategorizeOptions(maxAlternatives: 21), CategorizeOptions(timeoutMs: 0),
    ])
    func optionsOutOfTheirRangeAreRefused(options: CategorizeOptions) async throws {
        let bench = try await Workbench()
        #expect(throws: CategorizerError.self) { try bench.categorizer.configure(options) }
        await #expect(throws: CategorizerError.self) { try await bench.answer("Shell", nil, options) }
        await bench.end()
    }

    @Test func whatIsConfiguredHoldsWhereACallSaysNothing() async throws {
        let bench = try await Workbench()
        try await bench.categories("Food")
        try await bench.learn("e-1", "Starbucks", "Food")
        _ = try bench.categorizer.configure(CategorizeOptions(minConfidence: 0.99))
        #expect(try await bench.answer("Starbucks").method == "no_match")
        #expect(try await bench.answer("Starbucks", nil, CategorizeOptions(minConfidence: 0.5)).categoryName == "Food")
        #expect(try await bench.categorizer.reset() == .defaults)
        #expect(try await bench.answer("Starbucks").categoryName == "Food")
        await bench.end()
    }

    @Test func whereAHighConfidenceBeginsCanBeConfigured() async throws {
        let bench = try await Workbench()
        try await bench.categories("Food")
        try await bench.learn("e-1", "Starbucks", "Food")
        #expect(try await bench.answer("Starbucks").confidenceLevel == "high")
        let strict = CategorizeOptions(highConfidenceThreshold: 0.94)
        #expect(try await bench.answer("Starbucks", nil, strict).confidenceLevel == "medium")
        _ = try bench.categorizer.configure(strict)
        #expect(try await bench.answer("Starbucks").confidenceLevel == "medium")
        await bench.end()
    }

    @Test func spellingsThatBecameOneAreOneAfterARestart() async throws {
        let bench = try await Workbench()
        try await bench.categories("Food")
        for number in 0..<3 { try await bench.learn("a-\(number)", "Starbucks Escazu", "Food") }
        try await bench.learn("b-0", "Starbucks Escasu", "Food")
        func active() throws -> [String] { try bench.categorizer.list(PatternList.Params()).patterns.map(\.value) }
        #expect(try active() == ["starbucks escazu"])
        try await bench.restart()
        try await bench.learn("b-1", "Starbucks Escasu", "Food")
        #expect(try active() == ["starbucks escazu"])
        await bench.end()
    }

    @Test func anExplanationNamesWhatSpokeAndWhoTaughtIt() async throws {
        let bench = try await Workbench()
        try await bench.categories("Food", "Fuel")
        try await bench.learn("e-1", "Starbucks", "Food")
        try await bench.learn("e-2", "Stargas Station", "Fuel")
        let record = ExpenseRecord(id: "asked", merchantName: "Starbucks")
        let said = try await bench.categorizer.explain(.init(expense: record), correlation: "c")
        #expect(said.result.categoryName == "Food" && !said.gated)
        #expect(said.hits.map(\.label) == ["merchant:starbucks"])
        #expect(said.teachers.map(\.by) == ["ada"] && said.teachers.first?.expenseID == "e-1")
        let factors = try #require(said.result.confidenceBreakdown)
        #expect(abs(factors.values.reduce(0) { $0 + $1.percentage } - 100) < 0.2)
        await bench.end()
    }

    @Test func whatIsWrongIsNamedByItsPlaceInTheParameters() async throws {
        let bench = try await Workbench()
        try await bench.categories("Food")
        try await bench.learn("e-1", "Starbucks", "Food")
        let categorizer = bench.categorizer
        let taught = await #expect(throws: CategorizerError.self) {
            try await categorizer.learn(
                .init(corrections: [.init(id: "e-1", category: "Food"), .init(id: "e-9", category: "Food")]), by: "ada")
        }
        #expect(taught?.rpcError.reason == "expense.unknown" && taught?.rpcError.field == "corrections[1].id")
        let asked = await #expect(throws: CategorizerError.self) {
            try await categorizer.explain(.init(id: "e-9"), correlation: "c")
        }
        #expect(asked?.rpcError.reason == "expense.unknown" && asked?.rpcError.field == "id")
        let nameless = ExpenseRecord(id: "", merchantName: "Starbucks")
        let explained = await #expect(throws: CategorizerError.self) {
            try await categorizer.explain(.init(expense: nameless), correlation: "c")
        }
        #expect(explained?.rpcError.field == "expense.id")
        let suggested = #expect(throws: CategorizerError.self) {
            try categorizer.suggest(.init(expense: nameless))
        }
        #expect(suggested?.rpcError.field == "expense.id")
        await bench.end()
    }

    @Test func proposalsStoreNothing() async throws {
        let bench = try await Workbench()
        try await bench.categories("Food")
        try await bench.learn("e-1", "Starbucks", "Food")
        let record = ExpenseRecord(id: "asked", merchantName: "Starbucks")
        let found = try bench.categorizer.suggest(.init(expense: record))
        #expect(found.suggestions.map(\.categoryName) == ["Food"])
        #expect(found.suggestions.first?.reason == "merchant:starbucks")
        #expect(throws: CategorizerError.self) {
            try bench.categorizer.suggest(.init(expense: ExpenseRecord(id: "asked")))
        }
        await bench.end()
    }
}
