import Categorization
import Decimals
import JSONCodec
import MillraceProtocol
import TestSupport
import Testing

@testable import CategorizerService

struct RuleTests {
    private func raw(_ text: String) -> JSONRaw { JSONRaw(unchecked: Array(text.utf8)) }

    @Test func aRuleSaysWhatWasLearnedOtherwiseUntilItIsTakenOutOfForce() async throws {
        let bench = try await Workbench()
        try await bench.categories("Food", "Travel")
        try await bench.learn("e-1", "Starbucks", "Food")
        let condition = raw(
            #"{"all": [{"merchant": {"contains": "starbucks"}}, {"any": [{"amount": {"from": 100}}, {"not": {"text": {"word": "coffee"}}}]}]}"#
        )
        let draft = RuleDraft(name: "Station", category: "Travel", condition: condition, priority: 3)
        let put = try await bench.categorizer.put(PatternPut.Params(rule: draft), by: "ada")
        #expect(put.rule?.condition == condition && put.rule?.priority == 3)
        let ruled = try await bench.answer("STARBUCKS", "breakfast")
        #expect(ruled.categoryName == "Travel" && ruled.method == "rule" && ruled.patternsUsed == ["rule:Station"])
        #expect(try await bench.answer("STARBUCKS", "coffee").categoryName == "Food")
        try await bench.restart()
        #expect(try await bench.answer("STARBUCKS", "breakfast").method == "rule")
        let gone = PatternRemove.Params(rule: "Station")
        #expect(try await bench.categorizer.remove(gone, by: "ada"))
        #expect(try await bench.categorizer.remove(gone, by: "ada") == false, "it was out of force already")
        #expect(try await bench.answer("STARBUCKS", "breakfast").categoryName == "Food")
        await bench.end()
    }

    @Test func rulesAreAnAccountsOwnAndReplacedByName() async throws {
        let bench = try await Workbench()
        try await bench.categories("Food", "Travel")
        func put(_ category: String) async throws {
            let draft = RuleDraft(
                name: "r", category: category, owner: "ada", condition: raw(#"{"merchant": {"equals": "uber"}}"#))
            _ = try await bench.categorizer.put(PatternPut.Params(rule: draft), by: "ada")
        }
        try await put("Food")
        try await put("Travel")
        #expect(try await bench.answer("Uber", owner: "ada").categoryName == "Travel")
        #expect(try await bench.answer("Uber", owner: "bob").categoryName == nil)
        #expect(try bench.categorizer.list(PatternList.Params()).rules.count == 1)
        await bench.end()
    }

    @Test(arguments: [
        (#"{"all": [{"merchnt": {"contains": "x"}}]}"#, "rule.condition.all[0].merchnt"),
        (#"{"merchant": {"contains": ""}}"#, "rule.condition.merchant.contains"),
        (#"{"merchant": {"contains": "a", "word": "b"}}"#, "rule.condition.merchant"),
        (#"{"merchant": {"regex": "(a+)+"}}"#, "rule.condition.merchant.regex"),
        (#"{"amount": {"from": 5, "to": 4}}"#, "rule.condition.amount"),
        (#"{"amount": {"from": "5"}}"#, "rule.condition.amount.from"),
        (#"{"date": {"to": "2026-02-30"}}"#, "rule.condition.date.to"),
        (#"{"weekdays": [8]}"#, "rule.condition.weekdays"), (#"{"time": "noon"}"#, "rule.condition.time"),
        (#"{"day_of_month": {"from": 32}}"#, "rule.condition.day_of_month.from"),
        (#"{"all": [], "any": []}"#, "rule.condition"), ("[]", "rule.condition"),
    ])
    func aConditionThatMakesNoSenseIsNamedByItsPlace(text: String, field: String) {
        let error = #expect(throws: CategorizerError.self) {
            try ConditionText.condition(raw(text), field: "rule.condition")
        }
        #expect(error?.rpcError.field == field)
    }

    @Test func conditionsAreBounded() {
        let deep =
            String(repeating: #"{"not": "#, count: 30) + #"{"time": "weekend"}"# + String(repeating: "}", count: 30)
        #expect(throws: CategorizerError.self) { try ConditionText.condition(raw(deep), field: "c") }
        let wide = #"{"any": ["# + Array(repeating: #"{"time": "weekend"}"#, count: 300).joined(separator: ",") + "]}"
        #expect(throws: CategorizerError.self) { try ConditionText.condition(raw(wide), field: "c") }
    }

    @Test(arguments: [
        (#"{"amount": {"from": 4.5, "to": 4.5}}"#, true), (#"{"amount": {"from": 4.51}}"#, false),
        (#"{"date": {"from": "2026-11-21", "to": "2026-11-21"}}"#, true), (#"{"weekdays": [6, 7]}"#, true),
        (#"{"weekdays": [1]}"#, false), (#"{"day_of_month": {"from": 20}}"#, true), (#"{"time": "morning"}"#, true),
        (#"{"description": {"starts_with": "cof"}}"#, true), (#"{"text": {"word": "beans"}}"#, true),
        (#"{"merchant": {"like": "starbukcs"}}"#, true), (#"{"merchant": {"like": "shell", "at_least": 0.9}}"#, false),
        (#"{"merchant": {"regex": "^star"}}"#, true), (#"{"all": []}"#, true), (#"{"any": []}"#, false),
    ])
    func conditionsMeanWhatTheySay(text: String, holds: Bool) throws {
        let record = ExpenseRecord(
            id: "e", merchantName: "Starbucks", description: "Coffee beans", amount: ExactDecimal("4.5"),
            transactionDate: "2026-11-21T09:30:00Z")
        let condition = try ConditionText.condition(raw(text), field: "c")
        #expect(condition.holds(for: ExpenseTexts(try record.expense())) == holds)
    }

    @Test func patternsAreCheckedKeptAndTakenOutOfForce() async throws {
        let bench = try await Workbench()
        try await bench.categories("Food")
        func put(_ type: PatternKind, _ value: String, weight: Double? = nil) async throws -> PatternView? {
            let draft = PatternDraft(type: type, value: value, category: "food", weight: weight)
            return try await bench.categorizer.put(PatternPut.Params(pattern: draft), by: "ada").pattern
        }
        let kept = try #require(try await put(.merchant, "starbucks"))
        #expect(kept.weight == 1 && kept.userCreated && kept.effectiveConfidence == 0.3742)
        #expect(try await put(.merchant, "starbucks", weight: 2)?.id == kept.id, "the same pattern, another weight")
        for (type, value) in [(PatternKind.keyword, "x"), (.amountRange, "5-1"), (.time, "noon"), (.regex, "(a*)*")] {
            await #expect(throws: CategorizerError.self) { _ = try await put(type, value) }
        }
        await #expect(throws: CategorizerError.self) { _ = try await put(.keyword, "coffee", weight: 9) }
        #expect(try await bench.answer("Starbucks").categoryName == "Food")
        #expect(try await bench.categorizer.remove(.init(id: kept.id), by: "ada"))
        #expect(try await bench.answer("Starbucks").categoryName == nil)
        #expect(try bench.categorizer.list(PatternList.Params()).patterns.isEmpty)
        #expect(try bench.categorizer.list(PatternList.Params(inactive: true)).patterns.count == 1)
        await bench.end()
    }

    @Test func compositesCountTogetherWithinTheirCategory() async throws {
        let bench = try await Workbench()
        try await bench.categories("Food", "Fuel")
        func pattern(_ value: String, _ type: PatternKind = .keyword) async throws -> Int64 {
            let draft = PatternDraft(type: type, value: value, category: "Food")
            return try await bench.categorizer.put(PatternPut.Params(pattern: draft), by: "ada").pattern?.id ?? 0
        }
        let (coffee, morning) = (try await pattern("kona"), try await pattern("morning", .time))
        func put(_ category: String) async throws -> CompositeView? {
            let draft = CompositeDraft(
                name: "Breakfast", category: category, combination: "AND", patterns: [coffee, morning], weight: 5)
            return try await bench.categorizer.put(PatternPut.Params(composite: draft), by: "ada").composite
        }
        await #expect(throws: CategorizerError.self) { _ = try await put("Fuel") }
        #expect(try await put("Food")?.patterns == [coffee, morning])
        try await bench.restart()
        let record = ExpenseRecord(
            id: "e", merchantName: "Nobody", description: "a bag of our finest kona",
            transactionDate: "2026-11-21T07:00")
        let answer = try await bench.categorizer.categorize(.init(expense: record), correlation: "c")
        #expect(answer.categoryName == "Food" && answer.patternsUsed == ["composite:Breakfast"])
        await bench.end()
    }

    @Test func aRuleIsTriedOnHistoryBeforeItIsKept() async throws {
        let bench = try await Workbench()
        _ = try await bench.take(
            (0..<30).map { ("e-\($0)", $0 < 20 ? "Shell \($0)" : "Shellfish bar \($0)", $0 < 20 ? "Fuel" : "Food") })
        let draft = PatternDraft(type: .merchant, value: "shell", category: "Fuel")
        let test = try await bench.categorizer.test(.init(pattern: draft, examples: 2))
        #expect(test.history == 30 && test.hits == 30 && test.right == 20 && test.wrong == 10)
        #expect(test.examples.count == 4 && test.examples.count(where: \.right) == 2)
        #expect(try bench.categorizer.list(PatternList.Params()).patterns.isEmpty, "it was only tried")
        await bench.end()
    }

    @Test func whatIsOddAboutRulesIsFound() async throws {
        let bench = try await Workbench()
        _ = try await bench.take((0..<30).map { ("e-\($0)", $0 < 20 ? "Shell" : "Bar", $0 < 20 ? "Fuel" : "Food") })
        func rule(_ name: String, _ category: String, _ text: String, _ priority: Int) async throws {
            let draft = RuleDraft(
                name: name, category: category, condition: raw(#"{"merchant": {"contains": "\#(text)"}}"#),
                priority: priority)
            _ = try await bench.categorizer.put(PatternPut.Params(rule: draft), by: "ada")
        }
        try await rule("first", "Fuel", "she", 10)
        try await rule("behind", "Fuel", "shell", 5)
        try await rule("wrong", "Fuel", "bar", 1)
        for category in ["Fuel", "Food"] {
            let draft = PatternDraft(type: .keyword, value: "nothing like it", category: category)
            _ = try await bench.categorizer.put(PatternPut.Params(pattern: draft), by: "ada")
        }
        let found = try await bench.categorizer.lint(.init()).findings
        func kinds(_ label: String) -> Set<LintKind> { Set(found.filter { $0.label == label }.map(\.kind)) }
        #expect(kinds("rule:first").isEmpty)
        #expect(kinds("rule:behind") == [.shadowed])
        #expect(kinds("rule:wrong") == [.contradicting])
        #expect(kinds("keyword:nothing like it") == [.neverHit, .contradicting])
        await bench.end()
    }

    @Test func categoriesHaveTwoLevelsAndOneOfAName() async throws {
        let bench = try await Workbench()
        try await bench.categories("Living", "Work")
        let food = try await bench.categorizer.put(
            CategoryPut.Params(name: "Food", parent: "living", colour: "#aa3355"))
        #expect(food.parent == "Living")
        for wrong in [
            CategoryPut.Params(name: "Fruit", parent: "Food"), CategoryPut.Params(name: "Living", parent: "Work"),
            CategoryPut.Params(name: "Work", parent: "Work"), CategoryPut.Params(name: " "),
            CategoryPut.Params(name: "Red", colour: "red"),
        ] {
            await #expect(throws: CategorizerError.self, "\(wrong)") { _ = try await bench.categorizer.put(wrong) }
        }
        #expect(try await bench.categorizer.put(CategoryPut.Params(name: "FOOD")).id == food.id)
        #expect(try await bench.categorizer.categories().categories.map(\.name) == ["Living", "Work", "Food"])
        await bench.end()
    }
}
