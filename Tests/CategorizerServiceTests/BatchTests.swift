import MillraceProtocol
import TestSupport
import Testing

@testable import CategorizerService

struct BatchTests {
    private func bench(_ count: Int) async throws -> Workbench {
        let bench = try await Workbench()
        try await bench.categories("Food", "Fuel")
        try await bench.learn("t-1", "Starbucks", "Food")
        try await bench.learn("t-2", "Shell", "Fuel")
        _ = try await bench.take((0..<count).map { ("e-\($0)", $0 % 3 == 0 ? "Shell" : "Starbucks", nil) })
        return bench
    }

    @Test func thereIsOneResultForEachInInputOrderHoweverItIsDone() async throws {
        let bench = try await bench(50)
        var ids = (0..<50).reversed().map { "e-\($0)" }
        ids.insert("nobody", at: 7)
        ids.append("e-3")
        for (parallel, threads) in [(true, 4), (true, 16), (false, 4)] {
            let batch = try await bench.categorizer.categorizeBatch(
                .init(
                    expenses: [ExpenseRecord(id: "given", merchantName: "Shell")], ids: ids,
                    options: CategorizeOptions(autoUpdate: false), parallel: parallel, threads: threads), batch: "b")
            #expect(batch.results.map(\.metadata.expenseID) == ["given"] + ids)
            #expect(batch.results.map(\.correlationID) == (0...52).map { "b-\($0)" })
            #expect(batch.results[8].error?.kind == .notFound)
            #expect(batch.results.count { $0.error != nil } == 1)
            #expect(batch.results[0].categoryName == "Fuel" && batch.results.last?.categoryName == "Fuel")
            #expect(batch.slices == (parallel ? threads : 1))
            #expect(batch.results.allSatisfy { $0.processingTimeMs > 0 })
        }
        await bench.end()
    }

    @Test(arguments: [1, 10, 11, 400]) func theDatabaseIsAskedTwiceHoweverLargeTheBatch(count: Int) async throws {
        let bench = try await bench(count)
        let before = bench.categorizer.door.statements.value
        let batch = try await bench.categorizer.categorizeBatch(.init(ids: (0..<count).map { "e-\($0)" }), batch: "b")
        #expect(bench.categorizer.door.statements.value - before == 2 && batch.statements == 2)
        #expect(batch.results.allSatisfy { $0.stored })
        #expect(batch.slices == (count > 10 ? 4 : 1), "side by side above ten")
        #expect(try await bench.categorizer.list(.init(uncategorized: true)).expenses.isEmpty)
        await bench.end()
    }

    @Test func anEmptyBatchIsEmptyAndOneTooLargeIsRefused() async throws {
        let bench = try await bench(0)
        let empty = try await bench.categorizer.categorizeBatch(.init(), batch: "b")
        #expect(empty.results.isEmpty && empty.slices == 0 && empty.statements == 0)
        let many = (0...ExpenseCategorizeBatch.limit).map { "e-\($0)" }
        await #expect(throws: CategorizerError.self) {
            try await bench.categorizer.categorizeBatch(.init(ids: many), batch: "b")
        }
        await bench.end()
    }

    /// Fifty at once on one expense, while options change, caches go and others teach.
    @Test func manyAtOnceGetOneAnswerWhateverElseHappens() async throws {
        let bench = try await bench(10)
        let categorizer = bench.categorizer
        try await within(.seconds(60)) {
            try await withThrowingTaskGroup(of: String?.self) { group in
                for caller in 0..<50 {
                    group.addTask {
                        for _ in 0..<5 {
                            let answer = try await bench.answer(id: "e-1")
                            guard answer.error == nil else { throw TestFailure("\(answer)") }
                            if answer.categoryName != "Food" { return answer.categoryName }
                            let ids = (0..<12).map { "e-\($0 % 10)" }
                            let batch = try await categorizer.categorizeBatch(.init(ids: ids), batch: "\(caller)")
                            guard batch.results.count == 12 else { throw TestFailure("a batch of another size") }
                        }
                        return "Food"
                    }
                }
                group.addTask {
                    for turn in 0..<20 {
                        try await bench.learn("t-\(turn)", "Shell", "Fuel", note: "diesel number \(turn)")
                    }
                    return "Food"
                }
                group.addTask {
                    for turn in 0..<20 {
                        _ = try categorizer.configure(CategorizeOptions(maxAlternatives: turn % 5))
                        if turn % 5 == 0 { _ = try await categorizer.reset() }
                    }
                    return "Food"
                }
                for try await answer in group { #expect(answer == "Food") }
            }
        }
        await bench.end()
    }
}
