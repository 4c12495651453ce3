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
