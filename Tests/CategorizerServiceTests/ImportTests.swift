import Decimals
import MillraceProtocol
import TestSupport
import Testing

@testable import CategorizerService

/// Files of history that come again, and what they may change of what is known.
struct ImportTests {
    private func row(
        _ line: Int, _ id: String, _ merchant: String? = "Shell", _ category: String? = "Office",
        amount: ExactDecimal? = nil,
        date: String? = nil
    ) -> HistoryRow {
        HistoryRow(
            line: line, expense: ExpenseRecord(id: id, merchantName: merchant, amount: amount, transactionDate: date),
            category: category)
    }

    private func take(_ bench: Workbench, _ rows: HistoryRow...) async throws -> ExpenseImport.Result {
        try await bench.categorizer.importHistory(.init(rows: rows, createCategories: true), by: "ada")
    }

    private func kept(_ bench: Workbench, _ id: String = "e-17") async throws -> StoredExpense? {
        try await bench.categorizer.list(ExpenseList.Params()).expenses.first { $0.expense.id == id }
    }

    @Test func aFileChangesNoCategoryThatAPersonHasSaidSince() async throws {
        let bench = try await Workbench()
        try await bench.categories("Fuel", "Office", "Food")
        _ = try await take(bench, row(2, "e-17"), row(3, "e-18"))
        _ = try await bench.categorizer.learn(
            .init(corrections: [CorrectionRecord(id: "e-17", category: "Fuel")]), by: "ada")
        _ = try await bench.categorizer.apply(
            .init(ids: ["e-18"], category: "Food", allowRecategorize: true, learn: false), by: "ada")
        let again = try await take(bench, row(2, "e-17", amount: 12), row(3, "e-18"))
        #expect(again.overruled == 2 && again.updated == 1 && again.unchanged == 1)
        #expect(try await kept(bench)?.categoryName == "Fuel")
        #expect(try await kept(bench)?.expense.amount == 12, "what nobody has said otherwise is taken")
        #expect(try await kept(bench, "e-18")?.categoryName == "Food")
        #expect(try await bench.answer("Shell").categoryName == "Fuel", "nor is it learned")
        await bench.end()
    }

    @Test func aFileMayCorrectWhatAFileHasSaid() async throws {
        let bench = try await Workbench()
        _ = try await take(bench, row(2, "e-17"))
        let again = try await take(bench, row(2, "e-17", "Shell", "Fuel"))
        #expect(again.updated == 1 && again.overruled == 0)
        #expect(try await kept(bench)?.categoryName == "Fuel")
        await bench.end()
    }

    @Test func whatAFileDoesNotTellStaysAsItIs() async throws {
        let bench = try await Workbench()
        _ = try await take(bench, row(2, "e-17", amount: 40, date: "2026-11-21"))
        #expect(try await take(bench, row(2, "e-17")).unchanged == 1)
        let changed = try await take(bench, row(2, "e-17", "Shell 4711", nil))
        #expect(changed.updated == 1)
        let expense = try await kept(bench)
        #expect(expense?.expense.amount == 40 && expense?.expense.transactionDate == "2026-11-21")
        #expect(expense?.expense.merchantName == "Shell 4711" && expense?.categoryName == "Office")
        // Neither does one that is taught by what it is like.
        try await bench.learn("e-17", "Shell 4711", "Office")
        #expect(try await kept(bench)?.expense.amount == 40)
        await bench.end()
    }

    @Test func whatIsKnownOfAnExpenseIsLearnedWithWhatIsToldOfIt() async throws {
        let bench = try await Workbench(trains: false)
        try await bench.categories("Fuel")
        let known = ExpenseRecord(id: "e-1", owner: "ana", merchantName: "Zanzibar Roastery", amount: 40)
        _ = try await take(bench, HistoryRow(line: 2, expense: known))
        func learn(_ told: ExpenseRecord...) async throws -> [LessonView] {
            let corrections = told.map { CorrectionRecord(expense: $0, category: "Fuel") }
            return try await bench.categorizer.learn(.init(corrections: corrections), by: "ada").lessons
        }
        func owners() throws -> Set<String?> {
            Set(try bench.categorizer.list(PreferenceList.Params()).preferences.map(\.owner))
        }
        let lesson = try await learn(ExpenseRecord(id: "e-1", description: "beans"))[0]
        #expect(lesson.created == ["merchant:zanzibar roastery"])
        #expect(try owners() == ["ana"])
        func answer() async throws -> CategorizationResult {
            try await bench.answer("Zanzibar Roastery", owner: "ana")
        }
        let before = try await answer()
        #expect(before.categoryName == "Fuel")
        try await bench.restart()
        let after = try await answer()
        #expect(after.confidence == before.confidence && after.method == before.method)

        // What the corrections before it in the same call tell is known, too.
        let both = try await learn(
            ExpenseRecord(id: "e-2", owner: "bea", merchantName: "Harvest Moon"), ExpenseRecord(id: "e-2", amount: 12))
        #expect(both.map(\.pattern) == ["merchant:harvest moon", "merchant:harvest moon"])
        // An account that is told as none is told.
        _ = try await learn(ExpenseRecord(id: "e-3", owner: "cid", merchantName: "Penguin"))
        #expect(try owners() == ["ana", "bea", "cid"])
        let uses = try bench.categorizer.list(PreferenceList.Params()).preferences.map(\.usageCount)
        _ = try await learn(ExpenseRecord(id: "e-3", owner: "", description: "books"))
        #expect(try bench.categorizer.list(PreferenceList.Params()).preferences.map(\.usageCount) == uses)
        #expect(try await kept(bench, "e-3")?.expense.owner == nil)
        await bench.end()
    }

    @Test func twoLinesOfOneIdHaveToSayTheSame() async throws {
        let bench = try await Workbench()
        let done = try await take(
            bench, row(2, "e-1", "Shell"), row(3, "e-2", "Shell"), row(4, "e-1", "Esso"), row(5, "e-2", "Shell"),
            row(6, "e-3", "Shell", "Office"), row(7, "e-3", "Shell", "Fuel"))
        #expect(done.imported == 1 && done.updated == 0 && done.unchanged == 1)
        #expect(done.problems.map(\.line) == [2, 4, 6, 7] && done.problems.allSatisfy { $0.field == "id" })
        #expect(done.problems.first?.message.contains("the lines 2, 4") == true)
        #expect(try await kept(bench, "e-1") == nil)
        await bench.end()
    }
}
