import Linux
import MillraceProtocol
import MillraceStore
import Resilience
import Schemas
import Synchronization

/// The way to the database: opened, left alone after failures, opened again when it has gone.
final class StoreDoor: Sendable {
    static let migrations = Schemas.categorizerMigrations.map {
        Migration(version: $0.version, name: $0.name, sql: $0.sql)
    }

    let breaker: Breaker
    private let path: String
    private let database: Locked<Database?>
    /// The service stops: it is not opened again, for the next process may own it by now.
    private let isClosed = Atomic(false)
    /// Statements that were run, for tests and figures.
    let statements = Counter()

    private let meters: StoreMeters?
    /// Databases that were let go and are not closed yet: they still hold their file.
    private let closing = Monitor(0)
    /// A read that hangs on a disk that is gone may hold up its closing for ever.
    private static let longestClosing = Duration.seconds(5)

    init(_ path: String, _ breaker: CircuitBreaker, time: any TimeSource, meters: StoreMeters? = nil) throws {
        self.meters = meters
        self.path = path
        self.breaker = Breaker("the database", breaker, time: time, judge: Self.verdict)
        database = Locked(try Self.open(path, counting: statements, meters))
    }

    private static func open(
        _ path: String, counting statements: Counter, _ meters: StoreMeters?
    ) throws(StoreError) -> Database {
        var options = DatabaseOptions()
        // One that was taken away does not end it: last answers are given until the database is back.
        options.onLoss = { if $0.kind != .moved { DatabaseOptions.endingOnLoss($0) } }
        options.meters = meters
        options.onStatement = { sql in
            // What the store does for itself is no cost of a caller's.
            if !sql.hasPrefix("BEGIN"), !sql.hasPrefix("COMMIT"), !sql.hasPrefix("ROLLBACK"), !sql.hasPrefix("PRAGMA") {
                statements.add()
            }
        }
        return try Database.open(path, migrations: migrations, readers: 2, exclusive: true, options: options)
    }

    /// One snapshot of what is committed.
    func read<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T) async throws -> T {
        try await call { try await $0.read(body) }
    }

    /// All of it or nothing, on disk on return.
    @discardableResult
    func write<T: Sendable>(
        _ durability: Durability = .disk, _ body: @escaping @Sendable (Connection) throws -> T
    ) async throws -> T {
        try await call { try await $0.write(durability, body) }
    }

    private func call<T: Sendable>(_ body: (Database) async throws -> T) async throws -> T {
        try await breaker.call {
            let database = try await current()
            do {
                return try await body(database)
            } catch let error as StoreError where error.meansGone {
                drop(database)
                throw error
            }
        }
    }

    /// The database, opened again by a thread of its own where it was gone.
    private func current() async throws -> Database {
        if let database = database.withLock({ $0 }) { return database }
        guard !isClosed.load(ordering: .acquiring) else { throw StoreError(.closed, "the service is stopping") }
        let opened: Database = try await withCheckedThrowingContinuation { continuation in
            do {
                _ = try WorkerThread("reopen") { [path, statements, closing] in
                    _ = closing.wait(timeout: Self.longestClosing) { $0 == 0 ? () : nil }
                    continuation.resume(
                        with: Result { try Self.open(path, counting: statements, self.meters) })
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
        let kept = database.withLock { known -> Database in
            if known == nil { known = opened }
            return known ?? opened
        }
        return kept
    }

    /// Lets go of a database that cannot be used; the next trial opens it again.
    func drop(_ gone: Database? = nil) {
        let dropped = database.withLock { known -> Database? in
            guard gone == nil || known === gone else { return nil }
            defer { known = nil }
            return known
        }
        guard let dropped else { return }
        closing.withLock { $0 += 1 }
        do {
            // Closing waits for what runs.
            _ = try WorkerThread("close") { [closing] in
                dropped.close()
                closing.withLock(notify: true) { $0 -= 1 }
            }
        } catch {
            // Without a thread for it the file stays open, until the process ends.
            closing.withLock(notify: true) { $0 -= 1 }
        }
    }

    /// Why the last change was not written, for a reason that is not its own.
    var lastFailure: StoreError? { database.withLock { $0 }?.statistics.lastFailure }

    func close() {
        isClosed.store(true, ordering: .releasing)
        let last = database.withLock { known -> Database? in
            defer { known = nil }
            return known
        }
        last?.close()
    }

    /// Whether an error says that the database is ill; what a caller got wrong proves it well.
    private static func verdict(_ error: any Error) -> Breaker.Verdict {
        switch error {
        case let error as StoreError:
            switch error.kind {
            // On a full disk it says so at once, and what is there can be read.
            case .constraint, .misuse, .full: .healthy
            default: .failed
            }
        case is CancellationError: .unknown
        case is any RPCErrorConvertible: .healthy
        default: .failed
        }
    }
}

/// Counts, from any thread.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    func add() { count.add(1, ordering: .relaxed) }
    var value: Int { count.load(ordering: .relaxed) }
}

extension StoreError {
    /// Whether a connection of ours is of no more use.
    fileprivate var meansGone: Bool {
        switch kind {
        case .closed, .ioError, .moved, .cannotOpen, .readOnly: true
        default: false
        }
    }
}
