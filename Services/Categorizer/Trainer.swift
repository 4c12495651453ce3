import Categorization
import Linux
import Logging
import MillraceProtocol
import MillraceStore
import Resilience

/// Trains the learned layer from confirmed expenses, in the background, and keeps the versions.
///
/// One expense of twenty, by its number, is held back from every training. A new model is judged on those beside the one
/// in force, both as they were trained; it is kept out of force where it is worse by more than chance. What was held back
/// is learned afterwards, like corrections.
final class Trainer: Sendable {
    /// Confirmed expenses without which there is no training.
    static let least = 20
    private static let partBytes = 1 << 20
    /// Held-back expenses from which on the verdict counts.
    private static let leastHeld = 30

    private struct State: Sendable {
        var isTraining = false
        /// Whether a thread of its own is at it, which nothing ends.
        var isComputing = false
        var wake: AsyncStream<Void>.Continuation?
        var task: Task<Void, Never>?
        var keeps = CategorizerConfiguration().models
        var fresh = 0
        /// Of those, how many a model was trained on that is not in force.
        var refused = 0
        /// Expenses that the model in force was trained on; 0 when there is none.
        var trained = 0
        /// Nil until the service serves.
        var lessons: Int?

        /// How many have to be new: the first time as few as can be learned from, then as many again as were learned, and
        /// no more than is set.
        var needed: Int { min(lessons ?? .max, max(Trainer.least, trained)) }
        var isDue: Bool { lessons != nil && fresh - refused >= needed }

        /// Sets how many are new, counted anew.
        mutating func recount(_ count: Int) { (fresh, refused) = (count, min(refused, count)) }
    }

    private let door: StoreDoor
    private let time: any TimeSource
    private let log: Logger
    private let state = Locked(State())
    /// One training at a time; a few may wait.
    private let turns: Bulkhead<String>

    init(door: StoreDoor, time: any TimeSource, log: Logger) {
        turns = Bulkhead(limit: 1, waitingLimit: 3, staleAfter: nil, time: time)
        self.door = door
        self.time = time
        self.log = log
    }

    var isTraining: Bool { state.withLock { $0.isTraining } }

    /// Confirmed expenses that the model in force was not trained on, those held back left out.
    var fresh: Int { state.withLock { $0.fresh } }

    /// Expenses that the model in force was trained on; 0 when there is none.
    var trained: Int { state.withLock { $0.trained } }

    /// How many confirmed expenses have to be new for the next training.
    var needed: Int { state.withLock { $0.needed } }

    static func isHeld(_ number: Int64) -> Bool { number % 20 == 7 }

    // MARK: In the background

    /// Begins to train whenever enough is new; `done` puts the result in force.
    func start(_ done: @escaping @Sendable () async throws -> Void) {
        let (stream, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let task = Task { [weak self] in
            for await _ in stream {
                guard let self else { return }
                do {
                    _ = try await self.train()
                    try await done()
                } catch let error as CategorizerError {
                    // Several lessons may have been of one expense.
                    self.log.debug("the learned layer is not trained yet: \(error.rpcError.message)")
                } catch {
                    self.log.warning("the learned layer was not trained, the one in force goes on: \(error)")
                }
            }
        }
        state.withLock {
            $0.wake = wake
            $0.task = task
        }
    }

    /// Ends the background's work. What a thread computes then is of no use any more, and is not waited for.
    func stop() async {
        let task = state.withLock { state in
            state.wake?.finish()
            return state.task
        }
        task?.cancel()
        if state.withLock({ $0.isComputing }) { return }
        await task?.value
    }

    /// Notes expenses that the model in force has not been trained on.
    func note(_ count: Int) {
        state.withLock { state in
            state.fresh += count
            if state.isDue { state.wake?.yield() }
        }
    }

    /// Trains soon, whatever is new.
    func wake() { state.withLock { _ = $0.wake?.yield() } }

    /// From now on so many lessons are enough for a training, and so many models are kept.
    func set(lessons: Int, models: Int) {
        state.withLock { state in
            (state.lessons, state.keeps) = (lessons, models)
            if state.isDue { state.wake?.yield() }
        }
    }

    // MARK: Training

    private struct History: Sendable {
        var learn: [LabelledExample] = []
        var held: [LabelledExample] = []
        /// What the categories are called, by their numbers: names speak for their categories.
        var names: [String: String] = [:]
        var through: Int64 = 0
        var lesson: Int64 = 0
        var operation: Int64 = 0
    }

    /// Trains a model, judges it, keeps it. Long, on a thread of its own; the version that comes of it may be rejected.
    func train() async throws -> ModelView {
        try await turns.call("training") { try await self.trainAlone() }
    }

    private func trainAlone() async throws -> ModelView {
        state.withLock { $0.isTraining = true }
        defer { state.withLock { $0.isTraining = false } }
        while true {
            if let view = try await trainOnce() { return view }
            log.notice("what was learned has been taken back meanwhile; the learned layer is trained again")
        }
    }

    /// Nil where an operation that was learned has been taken back meanwhile.
    private func trainOnce() async throws -> ModelView? {
        let history = try await door.read { [log] db -> History in
            var history = History()
            history.lesson = try LessonStore.last(db)
            history.operation = try BulkStore.last(db)
            let names = try db.query("SELECT id, name FROM category") {
                (CategoryID($0.int(0)).description, $0.text(1))
            }
            history.names = Dictionary(names, uniquingKeysWith: { first, _ in first })
            try ExpenseStore.eachConfirmed(db, log: log) { row, expense in
                guard let category = row.category else { return }
                let example = LabelledExample(TextExample(expense), label: category.description)
                if Self.isHeld(row.number) { history.held.append(example) } else { history.learn.append(example) }
                history.through = row.number
            }
            return history
        }
        let count = history.learn.count + history.held.count
        guard count >= Self.least else {
            // Or each lesson from here on would begin another training in vain.
            state.withLock { $0.recount(min($0.fresh, count)) }
            throw CategorizerError.tooFew(count)
        }
        let previous = try await door.read { try ModelStore.bytes($0, state: .active) }
        // In this order: whoever stops it asks the other way round.
        state.withLock { $0.isComputing = true }
        defer { state.withLock { $0.isComputing = false } }
        try Task.checkCancellation()
        let trained = try await onThread { [time, log] in
            let start = time.boot()
            let model = TextModel(history.learn, names: history.names)
            let judge = { (model: TextModel) in
                Evaluation(EvaluationReport.judge(history.held, by: model)).accuracy
            }
            let before = previous.flatMap { Self.model($0, log) }.map(judge)
            return Trained(
                bytes: model.bytes(), categories: model.labels.count, threshold: Double(model.threshold),
                accuracy: judge(model), before: before, seconds: (time.boot() - start).seconds)
        }
        try Task.checkCancellation()
        guard let view = try await keep(trained, history, at: time.wall()) else { return nil }
        state.withLock { state in
            if view.state == .active { (state.fresh, state.refused) = (0, 0) } else { state.refused = state.fresh }
        }
        log.notice(
            "the learned layer was trained",
            metadata: [
                "version": "\(view.version)", "state": "\(view.state.rawValue)", "rows": "\(view.rows)",
                "accuracy": "\(trained.accuracy.short)", "previous": "\(trained.before?.short ?? -1)",
            ])
        return view
    }

    /// The stored model; one that cannot be used is named in the log, and training anew mends that.
    private static func model(_ bytes: [UInt8], _ log: Logger) -> TextModel? {
        do {
            return try TextModel(bytes: bytes)
        } catch {
            log.warning("the stored model cannot be used, training it anew mends that: \(error)")
            return nil
        }
    }

    private struct Trained: Sendable {
        var bytes: [UInt8]
        var categories: Int
        var threshold: Double
        var accuracy: Double
        var before: Double?
        var seconds: Double
    }

    private func keep(_ trained: Trained, _ history: History, at now: Timestamp) async throws -> ModelView? {
        let held = Double(history.held.count)
        // One standard error of a share: what chance alone may make of it.
        let chance = trained.before.map { ($0 * (1 - $0) / max(held, 1)).squareRoot() } ?? 0
        let isWorse =
            history.held.count >= Self.leastHeld && (trained.before.map { trained.accuracy < $0 - chance } ?? false)
        let isJudged = !history.held.isEmpty
        let keeps = state.withLock { $0.keeps }
        return try await door.write { db -> ModelView? in
            if try BulkStore.isAnyUndone(db, of: history.operation) { return nil }
            if !isWorse { try db.run("UPDATE model SET state = 'retired' WHERE state = 'active'") }
            try db.run(
                """
                INSERT INTO model (state, rows, through_expense, through_lesson, through_operation, categories, threshold,
                    accuracy, previous_accuracy, seconds, trained_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """, isWorse ? "rejected" : "active", SQLValue(history.learn.count), .int(history.through),
                .int(history.lesson), .int(history.operation), SQLValue(trained.categories), .real(trained.threshold),
                isJudged ? .real(trained.accuracy) : .null, isJudged ? SQLValue(trained.before) : .null,
                .real(trained.seconds), .int(now.milliseconds))
            let version = db.lastInsertRowID
            var start = 0
            for number in 0... where start < trained.bytes.count {
                let end = min(start + Self.partBytes, trained.bytes.count)
                try db.run(
                    "INSERT INTO model_part (model, number, bytes) VALUES (?, ?, ?)", .int(version), SQLValue(number),
                    .blob(Array(trained.bytes[start..<end])))
                start = end
                if start == trained.bytes.count { break }
            }
            try db.run(
                """
                DELETE FROM model WHERE state <> 'active' AND version NOT IN
                    (SELECT version FROM model ORDER BY version DESC LIMIT ?)
                """, SQLValue(keeps))
            guard let view = try ModelStore.views(db).first(where: { $0.version == version }) else {
                throw StoreError(.misuse, "the model just kept is not there")
            }
            return view
        }
    }

    // MARK: In force

    /// The model in force with all that was said since it was trained; where there is none, what was ever said.
    func stored() async throws -> ExpenseModel {
        struct Since: Sendable {
            var bytes: [UInt8]?
            var trained = 0
            var observed: [(Expense, CategoryID)] = []
            var corrected: [(Expense, CategoryID)] = []
            /// Numbers of those confirmed or taught since; what is held back of the others is no reason to train.
            var fresh: Set<Int64> = []
        }
        let since = try await door.read { [log] db -> Since in
            var since = Since(bytes: try ModelStore.bytes(db, state: .active))
            since.trained = try ModelStore.rowsInForce(db) ?? 0
            let (through, lesson, operation) = try ModelStore.reach(db)
            try ExpenseStore.eachConfirmed(db, log: log) { row, expense in
                guard let category = row.category, row.number > through || Self.isHeld(row.number) else { return }
                since.observed.append((expense, category))
                if row.number > through { since.fresh.insert(row.number) }
            }
            // In the order in which it was said: the last word counts.
            let said = try LessonStore.each(db, after: lesson) + BulkStore.learned(db, after: operation)
            for (_, (row, category, _)) in said.enumerated().sorted(by: {
                ($0.element.at, $0.offset) < ($1.element.at, $1.offset)
            }) {
                guard let expense = row.expense(naming: log) else { continue }
                since.corrected.append((expense, category))
                if row.number > through || !Self.isHeld(row.number) { since.fresh.insert(row.number) }
            }
            return since
        }
        state.withLock { state in
            state.recount(since.fresh.count)
            state.trained = since.trained
        }
        return try await onThread { [self] in
            let trained = since.bytes.flatMap { Self.model($0, log) }
            // One that an older version of this program kept is made anew.
            if since.bytes != nil, trained == nil { wake() }
            var model = ExpenseModel(trained ?? TextModel())
            for (expense, category) in since.observed { model.observe(expense, category) }
            for (expense, category) in since.corrected { model.correct(expense, category) }
            return model
        }
    }

    /// Long computations keep the threads of tasks from nobody.
    private func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            do {
                _ = try WorkerThread("training") { continuation.resume(with: Swift.Result { try body() }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
