import Categorization
import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import MillraceService
import MillraceStore
import Resilience
import Schemas
import Telemetry

/// Tells the categories of expenses, learns what people say of them, and says why.
///
/// The rules are `Categorization`'s; here are the database, the wire, and who may teach.
final class ExpenseCategorizer: Service {
    static let name = "categorizer"
    static let summary = "tells the categories of expenses, learns from corrections, says why"
    static let openRPC: [UInt8]? = Schemas.categorizer

    let log: Logger
    let time: any TimeSource
    let door: StoreDoor
    let learned = LearnedLayer()
    let benches = BenchRoom()
    let expenses: Shelf<ExpenseRow>
    /// The last good answers, for times without the database.
    let answers: Shelf<CategorizationResult>
    let loads = LoadsUnderway<ExpenseRow?>()
    let tracker: Tracker
    /// Changes are made one after the other.
    let changes: Bulkhead<String>
    let stock: Locked<Stock>
    let shown: Locked<Library>
    let configuration: Locked<CategorizerConfiguration>
    let options = Locked(CategorizeOptions.defaults)
    let trainer: Trainer
    let fades: Periodic
    private let started: Timestamp
    private let fading = Locked<Task<Void, Never>?>(nil)

    init(_ configuration: CategorizerConfiguration, host: HostContext) async throws {
        log = host.log
        time = host.time
        self.configuration = Locked(configuration)
        tracker = Tracker(host.registry)
        started = host.registry.source.started
        fades = Periodic("fade", every: Self.fading, in: host.registry, time: host.time)
        expenses = Shelf(capacity: configuration.kept / 2)
        answers = Shelf(capacity: configuration.kept / 2)
        door = try StoreDoor(
            host.stateDirectory + "/categorizer.sqlite",
            CircuitBreaker(threshold: configuration.failures, pause: configuration.pause), time: host.time,
            meters: StoreMeters(host.registry, time: host.time))
        changes = Bulkhead(limit: 1, waitingLimit: 1000, staleAfter: nil, time: host.time)
        let stock = try await Self.load(door, log)
        self.stock = Locked(stock)
        shown = Locked(Library(stock, learned: learned, number: 0))
        trainer = Trainer(door: door, time: host.time, log: host.log)
        log.info(
            "categories and patterns read",
            metadata: ["categories": "\(stock.categories.count)", "patterns": "\(stock.book.patterns.count)"])
    }

    /// All but the learned layer, with the words that lessons have met.
    static func load(_ door: StoreDoor, _ log: Logger) async throws -> Stock {
        // Nobody's answer is to wait for it.
        FuzzyMatcher.prepare()
        return try await door.read { db in
            var stock = Stock(try PatternStore.load(db, log))
            for (row, category, _) in try LessonStore.recent(db) {
                if let expense = row.expense(naming: log) { stock.book.recall(expense, category) }
            }
            return stock
        }
    }

    /// The learned layer is large and read after READY: until then the patterns answer.
    func serving() async throws {
        trainer.start { [weak self] in
            guard let self else { return }
            try await self.alone { try await self.takeModel() }
        }
        try await alone { try await self.takeModel() }
        tellTrainer(configuration.withLock { $0 })
        let fading = Task { await self.fade() }
        self.fading.withLock { $0 = fading }
    }

    private func tellTrainer(_ configuration: CategorizerConfiguration) {
        trainer.set(lessons: configuration.lessons, models: configuration.models)
    }

    /// Puts the stored model in force, with what was said since.
    func takeModel() async throws {
        learned.replace(by: try await trainer.stored())
        publish(stock.withLock { $0 })
    }

    var library: Library { shown.withLock { $0 } }

    /// Runs one change at a time, so that each begins with what the one before has left.
    func alone<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        try await changes.call("changes", body)
    }

    /// From now on decisions rest on this.
    func publish(_ new: Stock) {
        let next = Library(new, learned: learned, number: library.number + 1)
        stock.withLock { $0 = new }
        shown.withLock { $0 = next }
    }

    func reload(_ configuration: CategorizerConfiguration) async {
        let before = self.configuration.withLock { known in
            defer { known = configuration }
            return known
        }
        if before.failures != configuration.failures || before.pause != configuration.pause
            || before.kept != configuration.kept
        {
            log.notice("BreakerFailures, BreakerPause and KeptExpenses change with the next start")
        }
        tellTrainer(configuration)
    }

    func drain(within time: Duration) async {
        await trainer.stop()
        let fading = fading.withLock { $0 }
        fading?.cancel()
        await fading?.value
    }

    func close() async { door.close() }

    /// Real work: a decision, and a read of the database unless it is being left alone.
    func canary() async throws {
        let decider = Decider(
            library: library, options: DecisionOptions(), timeout: .seconds(10), time: time)
        let record = ExpenseRecord(id: "millrace.canary", merchantName: "Canary")
        let result = benches.use(library) { decider.decide(record, correlation: "canary", &$0) }
        if let error = result.error { throw CanaryError(what: error.message) }
        do {
            _ = try await door.read { db in try db.first("SELECT 1") { $0.int(0) } }
        } catch {
            // Answers still come, and the status tells it: no reason for a restart, which would mend nothing.
            log.debug("the canary found the database away: \(error)")
        }
    }

    /// What is told beside what the tracker counts.
    func knownFamilies() async -> [FamilySnapshot] {
        let known = KnownNumbers(since: started)
        return [
            known.gauge("millrace_categorizer_categories", "Categories there are.", Double(library.categories.count)),
            known.gauge(
                "millrace_categorizer_kept_expenses", "Expenses whose words are kept in memory.", Double(expenses.count)
            ),
            known.gauge(
                "millrace_categorizer_database_failures", "Failures of the database in a row.",
                Double(door.breaker.failures)),
            known.counter(
                "millrace_categorizer_statements", "Statements that were run.", Double(door.statements.value)),
            known.gauge(
                "millrace_categorizer_trained_expenses", "Expenses that the learned layer rests on.",
                Double(trainer.trained)),
            known.gauge(
                "millrace_categorizer_untrained_expenses", "Confirmed expenses that came after the last training.",
                Double(trainer.fresh)),
        ]
    }

    func status() async -> ServiceReport {
        let library = library
        let figures = tracker.figures
        let (open, breaker) = (door.breaker.current, door.breaker.failures)
        var checks: [ServiceStatus.Check] = []
        if open != .closed {
            checks.append(
                .init("database", .warn, reason: "left alone after failures; last answers are given instead"))
        } else if let failure = door.lastFailure {
            checks.append(.init("database", .fail, reason: "the last write failed: \(failure)"))
        } else {
            checks.append(.init("database", .ok))
        }
        switch figures.health {
        case .excellent, .good: checks.append(.init("decisions", .ok))
        case .fair, .poor:
            checks.append(
                .init(
                    "decisions", .warn,
                    reason: "\(figures.health.rawValue): \(figures.mean.short) ms in the mean, \(figures.errors) errors"
                ))
        }
        if library.categories.isEmpty {
            checks.append(.init("categories", .warn, reason: "there is none; import history or put one"))
        }
        let (trained, fresh) = (trainer.trained, trainer.fresh)
        let learned =
            trainer.isTraining
            ? "in training"
            : trained > 0 ? "trained on \(trained) expenses" : "not trained, \(fresh) of \(trainer.needed) confirmed"
        return ServiceReport(
            "\(library.categories.count) categories, \(figures.count) answers, \(figures.answeredPercent) % with a category, "
                + learned,
            checks: checks,
            figures: [
                "categories": Double(library.categories.count), "decisions": Double(figures.count),
                "answered": Double(figures.answered), "errors": Double(figures.errors),
                "fallbacks": Double(figures.fallbacks), "kept_expenses": Double(expenses.count),
                "database_failures": Double(breaker), "decision_p50_ms": figures.p50, "decision_p95_ms": figures.p95,
                "decision_p99_ms": figures.p99, "statements": Double(door.statements.value),
                "trained_expenses": Double(trained), "untrained_expenses": Double(fresh),
            ])
    }
}

/// The canary got no answer.
struct CanaryError: Error, CustomStringConvertible {
    var what: String
    var description: String { "a decision of the categorizer's own failed: \(what)" }
}
