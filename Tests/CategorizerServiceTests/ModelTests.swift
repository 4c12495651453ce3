import MillraceProtocol
import TestSupport
import Testing

@testable import CategorizerService

struct ModelTests {
    private static let shops = [
        ("Shell filling station", "Fuel"), ("Esso garage", "Fuel"), ("Blackwell books", "Books"),
        ("Penguin bookshop", "Books"), ("Corner bakery", "Food"), ("Pizza house", "Food"),
    ]

    /// Nothing is trained but what the test asks for.
    private static let untrained: CategorizerConfiguration = {
        var configuration = CategorizerConfiguration()
        configuration.lessons = 1_000_000
        return configuration
    }()

    private func rows(_ count: Int, scrambled: Bool = false) -> [(id: String, merchant: String, category: String?)] {
        (0..<count).map { place in
            let shop = Self.shops[place % Self.shops.count]
            // The numbers of expenses begin at 1; those held back keep their category.
            let isWrong = scrambled && !Trainer.isHeld(Int64(place + 1))
            return ("e-\(place)", "\(shop.0) \(place % 40)", isWrong ? Self.shops[(place * 7 + 3) % 6].1 : shop.1)
        }
    }

    @Test func aTrainedModelAnswersAfterPatternsAndIsKept() async throws {
        let bench = try await Workbench(Self.untrained)
        await #expect(throws: CategorizerError.self) { try await bench.categorizer.rebuild(wait: true) }
        #expect(try await bench.take(rows(600)).imported == 600)
        let view = try #require(try await bench.categorizer.rebuild(wait: true))
        #expect(view.version == 1 && view.state == .active && view.rows == 570 && view.categories == 3)
        #expect(view.accuracy ?? 0 > 0.95 && view.previousAccuracy == nil)
        let answer = try await bench.answer("SHELL FILLING STATION 12")
        #expect(answer.categoryName == "Fuel" && answer.method == "learned")
        try await bench.restart()
        #expect(try await bench.answer("SHELL FILLING STATION 12").method == "learned")
        await bench.end()
    }

    @Test func aModelThatMeasuresWorseIsKeptOutOfForce() async throws {
        let bench = try await Workbench(Self.untrained)
        _ = try await bench.take(rows(1200))
        let first = try #require(try await bench.categorizer.rebuild(wait: true))
        #expect(try await bench.take(rows(1200, scrambled: true)).updated > 500)
        let second = try #require(try await bench.categorizer.rebuild(wait: true))
        #expect(second.state == .rejected && second.previousAccuracy == first.accuracy)
        let models = try await bench.categorizer.models().models
        #expect(models.map(\.state) == [.rejected, .active])
        await bench.end()
    }

    @Test func theModelBeforeCanBePutBackIntoForce() async throws {
        let bench = try await Workbench()
        _ = try await bench.take(rows(300))
        _ = try await bench.categorizer.rebuild(wait: true)
        await #expect(throws: CategorizerError.self) { _ = try await bench.categorizer.rollBack() }
        _ = try await bench.categorizer.rebuild(wait: true)
        #expect(try await bench.categorizer.rollBack().version == 1)
        #expect(try await bench.categorizer.models().models.map(\.state) == [.rejected, .active])
        #expect(try await bench.answer("Esso garage 3").categoryName == "Fuel")
        await bench.end()
    }

    @Test func enoughNewHistoryTrainsItInTheBackground() async throws {
        var configuration = CategorizerConfiguration()
        configuration.lessons = 100
        let bench = try await Workbench(configuration)
        _ = try await bench.take(rows(240))
        try await eventually("a model is trained", within: .seconds(60)) {
            try await bench.categorizer.models().models.first?.state == .active
        }
        await bench.end()
    }

    @Test func rowsThatAreWrongAreNamedByTheirLineAndHarmNoOther() async throws {
        let bench = try await Workbench()
        let rows = [
            HistoryRow(line: 2, expense: ExpenseRecord(id: "a", merchantName: "Shell"), category: "Fuel"),
            HistoryRow(line: 3, expense: ExpenseRecord(id: "", merchantName: "Shell"), category: "Fuel"),
            HistoryRow(line: 4, expense: ExpenseRecord(id: "b"), category: "Fuel"),
            HistoryRow(
                line: 5, expense: ExpenseRecord(id: "c", merchantName: "Shell", currency: "colones"), category: "Fuel"),
            HistoryRow(line: 6, expense: ExpenseRecord(id: "d", merchantName: "Shell"), category: "Fual"),
        ]
        try await bench.categories("Fuel")
        let done = try await bench.categorizer.importHistory(.init(rows: rows), by: "ada")
        #expect(done.imported == 1 && done.problems.map(\.line) == [3, 4, 5, 6])
        #expect(done.problems.map(\.field) == ["id", "merchant_name", "currency", "category"])
        #expect(done.problems.last?.message.contains("did you mean Fuel?") == true)
        let again = try await bench.categorizer.importHistory(.init(rows: rows, createCategories: true), by: "ada")
        #expect(again.unchanged == 1 && again.imported == 1 && again.categories == ["Fual"])
        await bench.end()
    }
}
