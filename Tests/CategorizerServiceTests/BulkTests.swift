import Decimals
import JSONCodec
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import CategorizerService

struct BulkTests {
    private func bench() async throws -> Workbench {
        let bench = try await Workbench()
        try await bench.categories("Food", "Fuel")
        try await bench.learn("t-1", "Starbucks", "Food")
        _ = try await bench.take([
            ("e-1", "Shell", nil), ("e-2", "Shell", nil), ("e-3", "Starbucks", nil), ("e-4", "Bar", "Food"),
        ])
        return bench
    }

    private func category(of id: String, _ bench: Workbench) async throws -> String? {
        try await bench.categorizer.list(ExpenseList.Params()).expenses.first { $0.expense.id == id }?.categoryName
    }

    @Test func anOperationIsWholeOrNotAtAll() async throws {
        let bench = try await bench()
        let categorizer = bench.categorizer
        for (ids, reason) in [(["e-1", "e-9"], "expense.unknown"), (["e-1", "e-4"], "bulk.categorized")] {
            let error = await #expect(throws: CategorizerError.self) {
                try await categorizer.apply(.init(ids: ids, category: "Fuel"), by: "ada")
            }
            #expect(error?.rpcError.reason == reason)
        }
        #expect(try await category(of: "e-1", bench) == nil, "nothing was changed")
        let done = try await categorizer.apply(.init(ids: ["e-1", "e-2", "e-1"], category: "Fuel"), by: "ada")
        #expect(done.changed == 2 && done.operation.status == .completed && done.operation.by == "ada")
        #expect(try await category(of: "e-2", bench) == "Fuel")
        #expect(try await bench.answer("Shell").categoryName == "Fuel", "it has learned from it")
        let again = try await categorizer.apply(
            .init(ids: ["e-4"], category: "Fuel", allowRecategorize: true), by: "ada")
        #expect(again.changed == 1)
        await bench.end()
    }

    @Test func anOperationCanBeTakenBackOnceWithinADay() async throws {
        let bench = try await bench()
        let categorizer = bench.categorizer
        let done = try await categorizer.apply(
            .init(ids: ["e-1", "e-4"], category: "Fuel", allowRecategorize: true), by: "ada")
        bench.time.advance(by: .seconds(23 * 3600))
        let undone = try await categorizer.undo(done.operation.id, by: "bob")
        #expect(undone.restored == 2 && undone.operation.undoes == done.operation.id)
        #expect(try await category(of: "e-1", bench) == nil)
        #expect(try await category(of: "e-4", bench) == "Food")
        #expect(try await categorizer.list(BulkList.Params()).operations.map(\.status) == [.completed, .undone])
        for wrong in [done.operation.id, undone.operation.id, 99] {
            await #expect(throws: CategorizerError.self) { _ = try await categorizer.undo(wrong, by: "ada") }
        }
        let late = try await categorizer.apply(.init(ids: ["e-1"], category: "Fuel"), by: "ada")
        bench.time.advance(by: .seconds(24 * 3600))
        await #expect(throws: CategorizerError.self) { _ = try await categorizer.undo(late.operation.id, by: "ada") }
        await bench.end()
    }

    @Test func whatAPersonChangedSinceIsNotTakenBack() async throws {
        let bench = try await bench()
        let done = try await bench.categorizer.apply(.init(ids: ["e-1", "e-2"], category: "Fuel"), by: "ada")
        _ = try await bench.categorizer.learn(
            .init(corrections: [CorrectionRecord(id: "e-1", category: "Food", predicted: "Fuel")]), by: "ada")
        #expect(try await bench.categorizer.undo(done.operation.id, by: "ada").restored == 1)
        #expect(try await category(of: "e-1", bench) == "Food")
        await bench.end()
    }

    @Test func whatAPersonConfirmedSinceIsNotTakenBackEither() async throws {
        let bench = try await bench()
        let done = try await bench.categorizer.apply(.init(ids: ["e-1", "e-2"], category: "Fuel"), by: "ada")
        // The same category, in the same moment.
        _ = try await bench.categorizer.learn(
            .init(corrections: [CorrectionRecord(id: "e-1", category: "Fuel")]), by: "ada")
        #expect(try await bench.categorizer.undo(done.operation.id, by: "ada").restored == 1)
        let kept = try await bench.categorizer.list(ExpenseList.Params()).expenses.first { $0.expense.id == "e-1" }
        #expect(kept?.categoryName == "Fuel" && kept?.confirmed == true)
        #expect(try await bench.answer("Shell").categoryName == "Fuel", "the lesson stands, too")
        await bench.end()
    }

    /// What an operation has taught is in the patterns, in the learned layer, and in what is read again at the next start.
    @Test(arguments: [false, true]) func whatAnOperationTaughtIsTakenBackWithIt(trained: Bool) async throws {
        let bench = try await Workbench(trains: false)
        try await bench.categories("Fuel")
        if trained {
            // A model from before, and one that has learned from the operation.
            let history = (0..<30).map { (id: "h-\($0)", merchant: "Bakery \($0 % 3)", category: "Food" as String?) }
            _ = try await bench.take(history)
            _ = try await bench.categorizer.rebuild(wait: true)
        }
        _ = try await bench.take((0..<3).map { (id: "o-\($0)", merchant: "Zanzibar Roastery", category: nil) })
        func answers() async throws -> [String?] {
            let auto = try await bench.categorizer.auto(.init(threshold: 0.5, dryRun: true), by: "ada")
            return [
                try await bench.answer("Zanzibar Roastery").categoryName,
                try await bench.answer("ZANZIBAR ROASTERY 77", "beans").categoryName,
            ] + auto.categories.map(\.name)
        }
        let before = try await answers()
        let done = try await bench.categorizer.apply(.init(ids: ["o-0", "o-1", "o-2"], category: "Fuel"), by: "ada")
        #expect(try await bench.answer("Zanzibar Roastery").categoryName == "Fuel")
        if trained { _ = try await bench.categorizer.rebuild(wait: true) }
        try await bench.restart()
        #expect(try await bench.answer("ZANZIBAR ROASTERY 77", "beans").categoryName == "Fuel", "it outlives a restart")

        #expect(try await bench.categorizer.undo(done.operation.id, by: "ada").restored == 3)
        #expect(try await answers() == before)
        try await bench.restart()
        #expect(try await answers() == before)
        if trained {
            #expect(try await bench.categorizer.models().models.map(\.state) == [.rejected, .active])
        }
        // Said again it counts again.
        _ = try await bench.categorizer.apply(.init(ids: ["o-0"], category: "Fuel"), by: "ada")
        #expect(try await bench.answer("Zanzibar Roastery").patternsUsed == ["merchant:zanzibar roastery"])
        await bench.end()
    }

    @Test func aPatternStaysWithWhoElseTaughtIt() async throws {
        let bench = try await Workbench(trains: false)
        try await bench.categories("Fuel", "Food")
        _ = try await bench.take(
            ["Zanzibar", "Harvest Moon", "Penguin"].flatMap { shop in
                (0..<2).map { (id: "\(shop)-\($0)", merchant: shop, category: nil) }
            })
        func patterns() throws -> Set<String> {
            Set(try bench.categorizer.list(PatternList.Params()).patterns.map(\.value))
        }
        let categorizer = bench.categorizer
        let first = try await categorizer.apply(
            .init(ids: ["Zanzibar-0", "Harvest Moon-0", "Penguin-0"], category: "Fuel"), by: "ada")
        let second = try await categorizer.apply(.init(ids: ["Zanzibar-1"], category: "Fuel"), by: "ada")
        try await bench.learn("own", "Harvest Moon", "Fuel")
        _ = try await categorizer.put(
            PatternPut.Params(pattern: PatternDraft(type: .merchant, value: "penguin", category: "Fuel", weight: 0.5)),
            by: "ada")
        _ = try await categorizer.undo(first.operation.id, by: "ada")
        #expect(try patterns() == ["zanzibar", "harvest moon", "penguin"])
        _ = try await categorizer.undo(second.operation.id, by: "ada")
        #expect(try patterns() == ["harvest moon", "penguin"])
        await bench.end()
    }

    @Test(arguments: [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
    func operationsOnTheSameExpenseAreTakenBackInAnyOrder(order: [Int]) async throws {
        let bench = try await bench()
        try await bench.categories("Office")
        var standing: [(id: Int64, category: String)] = []
        for category in ["Fuel", "Food", "Office"] {
            let done = try await bench.categorizer.apply(
                .init(ids: ["e-1"], category: category, allowRecategorize: true), by: "ada")
            standing.append((done.operation.id, category))
        }
        for operation in order.map({ standing[$0].id }) {
            let isLast = standing.last?.id == operation
            let undone = try await bench.categorizer.undo(operation, by: "ada")
            #expect(undone.restored == (isLast ? 1 : 0), "another came after it")
            standing.removeAll { $0.id == operation }
            #expect(try await category(of: "e-1", bench) == standing.last?.category)
        }
        // Nobody's word is left of it: not what it was taken for, not against a file.
        let kept = try await bench.categorizer.list(ExpenseList.Params()).expenses.first { $0.expense.id == "e-1" }
        #expect(kept?.confirmed == false)
        #expect(try await bench.take([("e-1", "Shell", "Food")]).overruled == 0)
        #expect(try await category(of: "e-1", bench) == "Food")
        await bench.end()
    }

    @Test func aModelIsOutOfForceThatKnowsAnOperationFromUnderAnother() async throws {
        let bench = try await Workbench(trains: false)
        try await bench.categories("Fuel", "Office")
        let history = (0..<30).map { (id: "h-\($0)", merchant: "Bakery \($0 % 3)", category: "Food" as String?) }
        _ = try await bench.take(history)
        _ = try await bench.categorizer.rebuild(wait: true)
        let ids = (0..<3).map { "o-\($0)" }
        _ = try await bench.take(ids.map { (id: $0, merchant: "Zanzibar Roastery", category: nil) })
        func answer() async throws -> String? { try await bench.answer("ZANZIBAR ROASTERY 77", "beans").categoryName }
        let before = try await answer()
        let first = try await bench.categorizer.apply(.init(ids: ids, category: "Fuel"), by: "ada")
        _ = try await bench.categorizer.rebuild(wait: true)
        let second = try await bench.categorizer.apply(
            .init(ids: ids, category: "Office", allowRecategorize: true), by: "ada")
        #expect(try await bench.categorizer.undo(first.operation.id, by: "ada").restored == 0)
        #expect(try await bench.categorizer.models().models.map(\.state) == [.rejected, .active])
        // Two of the thirty are held back.
        #expect(bench.categorizer.trainer.trained == 28, "the one before it answers at once")
        #expect(try await bench.categorizer.undo(second.operation.id, by: "ada").restored == 3)
        #expect(try await answer() == before)
        try await bench.restart()
        #expect(try await answer() == before)
        await bench.end()
    }

    @Test func whatItDoesByItselfTeachesItOnlyWhereItIsSure() async throws {
        let bench = try await Workbench(trains: false)
        try await bench.categories("Food")
        let rule = RuleDraft(
            name: "moon", category: "Food", condition: JSONRaw(unchecked: Array(#"{"text":{"contains":"moon"}}"#.utf8)))
        _ = try await bench.categorizer.put(PatternPut.Params(rule: rule), by: "ada")
        try await bench.learn("t-1", "Starbucks", "Food")
        _ = try await bench.take([("e-1", "Harvest Moon", nil), ("e-2", "Starbuks", nil)])
        func made() throws -> [String] {
            try bench.categorizer.list(PatternList.Params()).patterns.filter { !$0.userCreated }.map(\.value)
        }
        let dry = try await bench.categorizer.auto(.init(threshold: 0.5, dryRun: true), by: "ada")
        #expect(dry.categorized == 2)
        #expect(try made() == [])
        let unsure = try await bench.answer("Starbuks").confidence
        #expect(unsure < 0.9, "\(unsure)")
        let done = try await bench.categorizer.auto(.init(threshold: 0.5), by: "ada")
        #expect(done.categorized == 2)
        #expect(try made() == ["harvest moon"], "the rule is sure, what is like Starbucks is not")
        _ = try await bench.categorizer.undo(try #require(done.operation?.id), by: "ada")
        #expect(try made() == [])
        await bench.end()
    }

    @Test func byItselfItTakesWhatItIsSureOf() async throws {
        let bench = try await bench()
        let dry = try await bench.categorizer.auto(.init(dryRun: true), by: "ada")
        #expect(dry.lookedAt == 3 && dry.categorized == 1 && dry.operation == nil)
        #expect(try await category(of: "e-3", bench) == nil)
        let done = try await bench.categorizer.auto(.init(), by: "ada")
        #expect(done.categories == [BulkCount(name: "Food", expenses: 1)] && done.operation?.kind == .auto)
        #expect(try await category(of: "e-3", bench) == "Food")
        #expect(try await bench.categorizer.undo(done.operation?.id ?? 0, by: "ada").restored == 1)
        await bench.end()
    }

    private static let huge = ExactDecimal("9" + String(repeating: "0", count: 37))

    @Test func amountsThatNoSumCouldHoldAreRefusedWhereTheyComeIn() async throws {
        let bench = try await bench()
        let rows = ["h-1", "h-2"].map { id in
            HistoryRow(line: 2, expense: ExpenseRecord(id: id, merchantName: "Bank", amount: Self.huge))
        }
        let done = try await bench.categorizer.importHistory(.init(rows: rows), by: "ada")
        #expect(done.imported == 0 && done.problems.map(\.field) == ["amount", "amount"])
        let answer = try await bench.categorizer.categorize(.init(expense: rows[0].expense), correlation: "c")
        #expect(answer.error?.kind == .validation)
        // One that an older version took in is passed over.
        try await bench.categorizer.door.write { db in
            try db.run("UPDATE expense SET amount = ? WHERE id IN ('e-1', 'e-2')", .text("\(Self.huge ?? 0)"))
        }
        let preview = try await bench.categorizer.preview(.init(ids: ["e-1", "e-2"], category: "Fuel"))
        #expect(preview.expenses == 2 && preview.amount == 0)
        #expect(try await bench.categorizer.group(.init()).groups.isEmpty)
        for value in [
            "-9\(String(repeating: "0", count: 37))-9\(String(repeating: "0", count: 37))", "0-100000000000001",
        ] {
            let draft = PatternDraft(type: .amountRange, value: value, category: "Fuel")
            let error = await #expect(throws: CategorizerError.self) {
                try await bench.categorizer.put(PatternPut.Params(pattern: draft), by: "ada")
            }
            #expect(error?.rpcError.field == "pattern.value")
        }
        await bench.end()
    }

    @Test func amountsAreSummedByCurrency() async throws {
        let bench = try await bench()
        let rows = [("c-1", "CRC", 5000), ("c-2", "CRC", 7000), ("c-3", "USD", 12), ("c-4", nil, 3)].map {
            id, currency, amount in
            HistoryRow(
                line: 2,
                expense: ExpenseRecord(id: id, merchantName: "Bank", amount: ExactDecimal(amount), currency: currency))
        }
        _ = try await bench.categorizer.importHistory(.init(rows: rows), by: "ada")
        let one = try await bench.categorizer.preview(.init(ids: ["c-1", "c-2"], category: "Fuel"))
        #expect(one.amount == 12_000 && one.amounts == [CurrencyAmount(currency: "CRC", amount: 12_000)])
        let all = try await bench.categorizer.preview(.init(ids: rows.map(\.expense.id), category: "Fuel"))
        #expect(all.amount == nil && all.amounts.map(\.amount) == [3, 12_000, 12])
        #expect(all.warnings.contains("they are of 3 currencies"))
        let group = try await bench.categorizer.group(.init()).groups.first { $0.name == "bank" }
        #expect(group?.amount == nil && group?.amounts == all.amounts)
        await bench.end()
    }

    @Test func aPreviewSaysWhatWouldChangeAndWarns() async throws {
        let bench = try await bench()
        let said = try await bench.categorizer.preview(.init(ids: ["e-1", "e-3", "e-4", "e-9"], category: "Fuel"))
        #expect(said.expenses == 3 && said.missing == ["e-9"] && said.recategorized == 1 && said.agree == 0)
        #expect(said.warnings.count == 2)
        #expect(said.confidence.map(\.expenses).reduce(0, +) == 3)
        await bench.end()
    }

    @Test func theLikeliestCategoriesOfExpensesAreSaidTogether() async throws {
        let bench = try await bench()
        try await bench.learn("t-2", "Shell", "Fuel")
        let said = try await bench.categorizer.suggest(.init(ids: ["e-1", "e-2", "e-3", "e-9"]))
        #expect(said.missing == ["e-9"])
        #expect(said.categories.map(\.category) == ["Fuel", "Food"] && said.categories.map(\.expenses) == [2, 1])
        for one in said.categories {
            #expect(one.minimum <= one.average && one.average <= one.maximum && one.minimum > 0.5)
        }
        let none = try await bench.categorizer.suggest(.init(ids: ["e-9"]))
        #expect(none.categories.isEmpty && none.missing == ["e-9"])
        await #expect(throws: CategorizerError.self) { try await bench.categorizer.suggest(.init(ids: [])) }
        await bench.end()
    }

    @Test func expensesAreGroupedByMerchantThenByLikenessThenByAmount() async throws {
        let bench = try await Workbench()
        let rows = [
            ("a-1", "Walmart", 10.0), ("a-2", "Walmart", 20), ("b-1", "Starbucks Coffee", 5),
            ("b-2", "Starbucks Cofee", 6),
            ("c-1", "Zebra", 60_000), ("c-2", "Quagga", 70_000),
        ].map { id, merchant, amount in
            HistoryRow(
                line: 2,
                expense: ExpenseRecord(
                    id: id, merchantName: merchant, amount: .init(Int(amount)), transactionDate: "2025-01-01"))
        }
        _ = try await bench.categorizer.importHistory(.init(rows: rows), by: "ada")
        let groups = try await bench.categorizer.group(.init()).groups
        #expect(groups.map(\.basis) == [.merchant, .similar, .amount])
        #expect(groups.map { Set($0.ids) } == [["a-1", "a-2"], ["b-1", "b-2"], ["c-1", "c-2"]])
        #expect(groups.map(\.confidence) == [0.756, 0.74, 0.5])
        await bench.end()
    }

    @Test func anExportIsAFileOfTheLastThirtyDays() async throws {
        let bench = try await bench()
        bench.time.advance(by: .seconds(40 * 86_400))
        try await bench.learn("new", "Bar, \"The\"", "Food")
        let csv = try await bench.categorizer.export(.init())
        #expect(csv.rows == 1 && !csv.more)
        #expect(csv.text.contains("new,,,\"Bar, \"\"The\"\"\",,,,Food,1.0,manual,true\n"))
        let all = try await bench.categorizer.export(.init(from: "2026-01-01", format: .json))
        #expect(all.rows == 3 && all.text.hasPrefix("[{"))
        await #expect(throws: CategorizerError.self) {
            try await bench.categorizer.export(.init(from: "2027-06-01", to: "2027-01-01"))
        }
        await bench.end()
    }
}
