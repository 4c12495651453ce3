import Glibc
import Linux
import Logging
import MillraceProtocol
import TestSupport

@testable import CategorizerService
@testable import MillraceService

/// A categorizer in this process, over a database of its own that can be opened again, with a clock to be moved.
final class Workbench: Sendable {
    let folder = TemporaryDirectory()
    let time: ManualTime
    private let running: Locked<ExpenseCategorizer>
    private let configuration: CategorizerConfiguration
    private let trains: Bool

    var categorizer: ExpenseCategorizer { running.withLock { $0 } }

    /// - Parameter trains: whether the learned layer is trained in the background, by itself.
    init(_ configuration: CategorizerConfiguration = CategorizerConfiguration(), trains: Bool = true) async throws {
        let time = ManualTime(wall: Timestamp(milliseconds: 1_795_262_400_000))
        self.time = time
        self.configuration = configuration
        self.trains = trains
        running = Locked(try await Self.open(configuration, folder.file("data"), time))
        try await serve()
    }

    private func serve() async throws {
        try await categorizer.serving()
        if !trains { await categorizer.trainer.stop() }
    }

    private static func open(
        _ configuration: CategorizerConfiguration, _ data: String, _ time: ManualTime
    ) async throws -> ExpenseCategorizer {
        mkdir(data, 0o755)
        return try await ExpenseCategorizer(
            configuration,
            host: HostContext(
                log: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), time: time,
                stateDirectory: data, runtimeDirectory: data, state: nil, instance: "test", events: { _ in }))
    }

    /// Ends it and starts it again on what it left.
    func restart() async throws {
        await end()
        let next = try await Self.open(configuration, folder.file("data"), time)
        running.withLock { $0 = next }
        try await serve()
    }

    func end() async {
        await categorizer.drain(within: .seconds(10))
        await categorizer.close()
    }

    // MARK: Shortcuts

    func categories(_ names: String...) async throws {
        for name in names { _ = try await categorizer.put(CategoryPut.Params(name: name)) }
    }

    func answer(_ merchant: String?, _ note: String? = nil, owner: String? = nil, _ options: CategorizeOptions? = nil)
        async throws -> CategorizationResult
    {
        let record = ExpenseRecord(id: "asked", owner: owner, merchantName: merchant, description: note)
        return try await categorizer.categorize(.init(expense: record, options: options), correlation: "c")
    }

    func answer(id: String, _ options: CategorizeOptions? = nil) async throws -> CategorizationResult {
        try await categorizer.categorize(.init(id: id, options: options), correlation: "c")
    }

    @discardableResult
    func learn(
        _ id: String, _ merchant: String?, _ category: String, note: String? = nil, owner: String? = nil,
        predicted: String? = nil
    ) async throws -> LessonView {
        let record = ExpenseRecord(id: id, owner: owner, merchantName: merchant, description: note)
        let correction = CorrectionRecord(expense: record, category: category, predicted: predicted)
        return try await categorizer.learn(.init(corrections: [correction]), by: "ada").lessons[0]
    }

    /// Rows "ID MERCHANT" with a category, or none.
    func take(_ rows: [(id: String, merchant: String, category: String?)]) async throws -> ExpenseImport.Result {
        var all = ExpenseImport.Result(imported: 0, updated: 0, unchanged: 0)
        for first in stride(from: 0, to: rows.count, by: 5000) {
            let part = rows[first..<min(first + 5000, rows.count)].enumerated().map { place, row in
                HistoryRow(
                    line: first + place + 2, expense: ExpenseRecord(id: row.id, merchantName: row.merchant),
                    category: row.category)
            }
            let done = try await categorizer.importHistory(.init(rows: part, createCategories: true), by: "ada")
            all.imported += done.imported
            all.updated += done.updated
            all.unchanged += done.unchanged
            all.overruled += done.overruled
            all.problems += done.problems
        }
        return all
    }
}
