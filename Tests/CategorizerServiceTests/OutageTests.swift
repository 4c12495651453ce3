import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import CategorizerService

struct OutageTests {
    /// The database goes under load and comes back: answers degrade, the breaker opens, and all is well again.
    @Test func withoutTheDatabaseLastAnswersAreGivenAndItIsTriedAgain() async throws {
        var configuration = CategorizerConfiguration()
        configuration.failures = 3
        configuration.pause = .seconds(30)
        let bench = try await Workbench(configuration)
        try await bench.categories("Food")
        try await bench.learn("t-1", "Starbucks", "Food")
        _ = try await bench.take((0..<5).map { ("e-\($0)", "Starbucks", nil) })
        let good = try await bench.answer(id: "e-0")
        let categorizer = bench.categorizer

        try Files.rename(bench.folder.file("data"), to: bench.folder.file("away"))
        categorizer.door.drop()
        // What is kept of the expense itself is dropped too, so that the database is needed.
        categorizer.expenses.clear()

        let fallen = try await bench.answer(id: "e-0")
        #expect(fallen.method == "cached_fallback" && fallen.categoryName == "Food")
        #expect(abs(fallen.confidence - good.confidence * 0.8) < 0.0001)
        #expect(fallen.error == nil && !fallen.stored && fallen.cacheHits == 1)
        let unknown = try await bench.answer(id: "e-1")
        #expect(unknown.error?.kind == .database && unknown.processingTimeMs > 0)
        #expect(try await bench.answer("Starbucks").categoryName == "Food", "what is given needs no database")

        let batch = try await categorizer.categorizeBatch(.init(ids: ["e-0", "e-2"]), batch: "b")
        #expect(batch.results.map(\.method) == ["cached_fallback", "error"])
        #expect(categorizer.door.breaker.failures == 3, "each trip counts once")
        let refused = try await bench.answer(id: "e-1")
        #expect(refused.error?.kind == .unavailable, "left alone now")
        #expect(await categorizer.status().checks.first?.verdict == .warn)
        await #expect(throws: (any Error).self) { try await bench.learn("t-2", "Shell", "Food") }
        #expect(try await bench.answer("Shell").method == "no_match", "what was not written is not known")

        try Files.rename(bench.folder.file("away"), to: bench.folder.file("data"))
        #expect(try await bench.answer(id: "e-1").error?.kind == .unavailable, "not before its time")
        bench.time.advance(by: .seconds(31))
        #expect(try await bench.answer(id: "e-1").categoryName == "Food")
        #expect(await categorizer.status().checks.first?.verdict == .ok)
        #expect(try await bench.answer(id: "e-0").stored)
        await bench.end()
    }

    /// The file is held until all that reads it has come to its end: a trial before that failed, and the next was far.
    @Test func itIsOpenedAgainWhenItsReadersHaveLetGo() async throws {
        let bench = try await Workbench()
        try await bench.categories("Food")
        try await bench.learn("t-1", "Starbucks", "Food")
        _ = try await bench.take([("e-1", "Starbucks", nil)])
        let door = bench.categorizer.door
        let (begun, gate) = (Watched(false), Monitor(false))
        let reader = Task {
            try await door.read { _ in
                begun.update { $0 = true }
                _ = gate.wait(timeout: .seconds(60)) { $0 ? () : nil }
            }
        }
        _ = try await begun.wait(within: .seconds(30), for: "the read has begun") { $0 }
        door.drop()
        bench.categorizer.expenses.clear()
        let answer = Task { try await bench.answer(id: "e-1") }
        try await eventually("it waits to be opened again", within: .seconds(30)) {
            let threads = try Files.list("/proc/self/task")
            return threads.contains { (try? Files.readText("/proc/self/task/\($0)/comm")) == "reopen\n" }
        }
        gate.withLock(notify: true) { $0 = true }
        #expect(try await answer.value.categoryName == "Food")
        _ = try await reader.value
        await bench.end()
    }

    /// What is no fault of the expense, and none of the database: the error itself is the answer.
    @Test func aCallThatIsCancelledBeforeItHasReadSaysOfEachExpenseThatItFailed() async throws {
        let bench = try await Workbench()
        try await bench.categories("Food")
        try await bench.learn("t-1", "Starbucks", "Food")
        _ = try await bench.take((0..<3).map { ("e-\($0)", "Starbucks", nil) })
        _ = try await bench.answer(id: "e-0")
        let categorizer = bench.categorizer
        let call = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            let given = ExpenseRecord(id: "given", merchantName: "Starbucks")
            return try await categorizer.categorizeBatch(
                .init(expenses: [given], ids: ["e-0", "e-1", "e-2"]), batch: "b")
        }
        let results = try await call.value.results
        #expect(results.map(\.error?.kind) == [nil, nil, .failed, .failed])
        #expect(results[0].categoryName == "Food" && results[1].method == "cached_fallback")
        #expect(results[2].error?.message.hasPrefix("CancellationError: ") == true)
        #expect(results[2].categoryID == nil && results[2].processingTimeMs > 0)
        #expect(categorizer.door.breaker.failures == 0, "it says nothing of the database")
        #expect(try await bench.answer(id: "e-1").categoryName == "Food")
        await bench.end()
    }

    /// What a caller waits for is told, not what the decision alone took.
    @Test func theTimeOfAnAnswerHoldsWhatTheDatabaseTook() async throws {
        let bench = try await Workbench()
        try await bench.categories("Food")
        try await bench.learn("t-1", "Starbucks", "Food")
        _ = try await bench.take([("open", "Starbucks", nil)])
        // The clock may go on while it still decides.
        _ = try bench.categorizer.configure(CategorizeOptions(timeoutMs: 1000))
        let door = bench.categorizer.door
        bench.categorizer.expenses.clear()
        let (isHeld, isOver) = (Watched(false), Monitor(false))
        async let held: Void = door.write { _ in
            isHeld.update { $0 = true }
            _ = isOver.wait { $0 ? true : nil }
        }
        try await isHeld.wait(for: "the writer") { $0 }
        let before = door.statements.value
        async let answer = bench.answer(id: "open")
        try await eventually("the expense is read") { door.statements.value > before }
        bench.time.advance(by: .milliseconds(40))
        isOver.withLock(notify: true) { $0 = true }
        let given = try await answer
        #expect(given.stored && given.processingTimeMs == 40)
        #expect(try await bench.answer("Starbucks").processingTimeMs == 0.01, "that of the decision, never 0")
        try await held
        await bench.end()
    }

    @Test func whatACallerGotWrongIsNoFailureOfTheDatabase() async throws {
        var configuration = CategorizerConfiguration()
        configuration.failures = 1
        let bench = try await Workbench(configuration)
        try await bench.categories("Food")
        #expect(try await bench.answer(id: "nobody").error?.kind == .notFound)
        await #expect(throws: CategorizerError.self) { try await bench.categorizer.undo(7, by: "ada") }
        await #expect(throws: CategorizerError.self) { try await bench.learn("e", "Shell", "Nowhere") }
        #expect(bench.categorizer.door.breaker.current == .closed)
        await bench.end()
    }
}
