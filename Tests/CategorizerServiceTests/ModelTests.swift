import MillraceProtocol
import TestSupport
import Testing

@testable import CategorizerService

struct ModelTests {
    private static let shops = [
        ("Shell filling station", "Fuel"), ("Esso garage", "Fuel"), ("Blackwell books", "Books"),
        ("Penguin bookshop", "Books"), ("Corner bakery", "Food"), ("Pizza house", "Food"),
    ]

    private func rows(_ count: Int, scrambled: Bool = false) -> [(id: String, merchant: String, category: String?)] {
        (0..<count).map { place in
            let shop = Self.shops[place % Self.shops.count]
            // The numbers of expenses begin at 1; those held back keep their category.
            let isWrong = scrambled && !Trainer.isHeld(Int64(place + 1))
            return ("e-\(place)", "\(shop.0) \(place % 40)", isWrong ? Self.shops[(place * 7 + 3) % 6].1 : shop.1)
        }
    }

    @Test func aTrainedModelAnswersAfterPatternsAndIsKept() async throws {
        let bench = try await Workbench(trains: false)
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
        let bench = try await Workbench(trains: false)
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
        let bench = try await Workbench(trains: false)
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
        configuration.lessons = 20
        let bench = try await Workbench(configuration)
        _ = try await bench.take(rows(600))
        try await eventually("a model is trained and in force", within: .seconds(60)) {
            let model = try await bench.categorizer.models().models.first
            return model?.state == .active && bench.categorizer.trainer.fresh == 0
        }
        // What is held back is no news, however much it is.
        try await bench.learn("one", "Esso garage", "Fuel")
        #expect(bench.categorizer.trainer.fresh == 1)
        await bench.end()
    }

    @Test func historyIsLearnedAsSoonAsThereIsEnoughOfItThenWheneverItHasDoubled() async throws {
        let bench = try await Workbench()
        func settled(_ rows: Int) async throws {
            try await eventually("a model of \(rows) rows is in force", within: .seconds(60)) {
                bench.categorizer.trainer.trained == rows && !bench.categorizer.trainer.isTraining
            }
        }
        _ = try await bench.take(rows(Trainer.least - 1))
        let line = await bench.categorizer.status().line
        #expect(line.hasSuffix("not trained, 19 of 20 confirmed"), "\(line)")
        _ = try await bench.take(rows(100))
        // One of twenty is held back.
        try await settled(95)
        try await eventually("it answers", within: .seconds(60)) {
            let answer = try await bench.answer("SHELL FILLING STATION 12")
            return answer.categoryName == "Fuel" && answer.method == "learned"
        }
        #expect(await bench.categorizer.status().line.hasSuffix("trained on 95 expenses"))
        #expect(bench.categorizer.trainer.needed == 95)
        _ = try await bench.take(rows(200))
        try await settled(190)
        await bench.end()
    }

    @Test func fewerConfirmedExpensesThanLessonsDoNotMakeItTrainInVain() async throws {
        let bench = try await Workbench()
        try await bench.categories("Fuel")
        for _ in 0..<Trainer.least { try await bench.learn("one", "Esso garage", "Fuel") }
        try await eventually("it has counted them anew", within: .seconds(60)) {
            bench.categorizer.trainer.fresh == 1
        }
        _ = try await bench.take(rows(30))
        try await eventually("it is trained all the same", within: .seconds(60)) {
            bench.categorizer.trainer.trained > 0
        }
        await bench.end()
    }

    @Test func anExpenseIsNewsOnceHoweverOftenItWasSaid() async throws {
        let bench = try await Workbench(trains: false)
        try await bench.categories("Fuel", "Food")
        for place in 0..<12 { try await bench.learn("l-\(place)", "Esso garage", "Fuel") }
        _ = try await bench.categorizer.apply(
            .init(ids: ["l-0", "l-1"], category: "Food", allowRecategorize: true), by: "ada")
        try await bench.restart()
        let line = await bench.categorizer.status().line
        #expect(line.hasSuffix("not trained, 12 of 20 confirmed"), "\(line)")

        _ = try await bench.take(rows(100))
        _ = try await bench.categorizer.rebuild(wait: true)
        #expect(bench.categorizer.trainer.fresh == 0)
        // Of those it knows: one twice, one twice in two ways, and the seventh, which is held back. One is new.
        for id in ["l-0", "l-0", "l-1", "l-6", "new"] { try await bench.learn(id, "Esso garage", "Fuel") }
        _ = try await bench.categorizer.apply(
            .init(ids: ["l-1", "new"], category: "Food", allowRecategorize: true), by: "ada")
        try await bench.restart()
        #expect(bench.categorizer.trainer.fresh == 3)
        await bench.end()
    }

    @Test func asManyModelsAreKeptAsIsSet() async throws {
        var configuration = CategorizerConfiguration()
        configuration.models = 2
        let bench = try await Workbench(configuration, trains: false)
        _ = try await bench.take(rows(60))
        for _ in 0..<4 { _ = try await bench.categorizer.rebuild(wait: true) }
        #expect(try await bench.categorizer.models().models.map(\.version) == [4, 3])
        configuration.models = 4
        await bench.categorizer.reload(configuration)
        for _ in 0..<3 { _ = try await bench.categorizer.rebuild(wait: true) }
        #expect(try await bench.categorizer.models().models.map(\.version) == [7, 6, 5, 4])
        await bench.end()
    }

    @Test func fewerLessonsThatAreSetWhileItRunsBeginATraining() async throws {
        let bench = try await Workbench()
        _ = try await bench.take(rows(200))
        try await eventually("it is trained", within: .seconds(60)) { bench.categorizer.trainer.trained == 190 }
        try await bench.categories("Food")
        let new = (0..<30).map { (id: "new-\($0)", merchant: "Nero \($0)", category: "Food" as String?) }
        _ = try await bench.take(new)
        #expect(bench.categorizer.trainer.needed == 190)
        var configuration = CategorizerConfiguration()
        configuration.lessons = 25
        await bench.categorizer.reload(configuration)
        try await eventually("it is trained anew", within: .seconds(60)) { bench.categorizer.trainer.trained > 190 }
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
