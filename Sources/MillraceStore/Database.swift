import Linux

/// An SQLite file in WAL mode with one writer thread and a few reader threads.
///
/// Any number of callers may write at once: their bodies run one after the other, in order of arrival but for those of
/// another ``Turn``, and share a commit. See ``write(_:_:)`` for what an answer means.
public final class Database: Sendable {
    public let path: String
    /// The most that a write can get.
    public let durability: Durability
    private let engine: Engine

    init(path: String, durability: Durability, engine: Engine) {
        self.path = path
        self.durability = durability
        self.engine = engine
    }

    /// Runs the body inside a transaction shared with other callers and returns after its commit.
    ///
    /// The body may run more than once (when a neighbour fails), so it must touch nothing but the database; what it
    /// throws undoes its own changes only and is thrown here. Order is that of the calls. Cancelling the task withdraws
    /// a body that has not been taken up, with `CancellationError`; from then on the outcome is the transaction's.
    ///
    /// - Parameter durability: What has to be true on return. Bodies that share a commit get the strongest of theirs, and
    ///   what is on disk takes all with it that was committed before.
    /// - Throws: what the body throws, or a ``StoreError``: `busy` past the bound of waiting writes, `full`, `closed` …
    @discardableResult
    nonisolated(nonsending) public func write<T: Sendable>(
        _ durability: Durability = .disk, _ body: @escaping @Sendable (Connection) throws -> T
    ) async throws -> T {
        let work = Work(durability, body)
        return try await wait(for: work, engine.writer.submit) {
            if work.withdraw() { work.fail(CancellationError()) }
        }
    }

    /// ``write(_:_:)`` with a callback in place of a task. The completion is called once: on a thread of the store after the
    /// commit, where it must not block, or at once on this thread if the write is refused.
    public func submit<T: Sendable>(
        _ durability: Durability, turn: Turn = .usual, _ body: @escaping @Sendable (Connection) throws -> T,
        completion: @escaping @Sendable (Result<T, any Error>) -> Void
    ) {
        engine.writer.submit(Work(durability, turn: turn, body, completion: completion))
    }

    /// The same with the durability `disk`.
    public func submit<T: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> T,
        completion: @escaping @Sendable (Result<T, any Error>) -> Void
    ) {
        submit(.disk, body, completion: completion)
    }

    /// Runs the body on a reader's thread over one snapshot of what is committed; it cannot write. Cancelling the task
    /// withdraws a body that waits and interrupts a statement that runs, with `CancellationError`.
    nonisolated(nonsending) public func read<T: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> T
    ) async throws -> T {
        let work = Work(.crash, body)
        return try await wait(for: work, engine.readers.submit) {
            if work.withdraw() { work.fail(CancellationError()) } else { work.isUnwanted = true }
        }
    }

    /// ``write(_:_:)`` for plain threads; never on a task's thread.
    @discardableResult
    public func writeBlocking<T: Sendable>(
        _ durability: Durability = .disk, _ body: @escaping @Sendable (Connection) throws -> T
    ) throws -> T {
        try block(engine.writer.submit, durability, body)
    }

    /// ``read(_:)`` for plain threads; never on a task's thread.
    public func readBlocking<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T) throws -> T {
        try block(engine.readers.submit, .crash, body)
    }

    /// Finishes what waits, then closes the file; later calls throw ``StoreError/Kind/closed``. Blocks until done.
    public func close() { engine.close() }

    /// Whether its file is still the one that is found under its name; it takes microseconds to look. What is read from one that
    /// was moved or replaced is of no worth, and a write ends with `moved`.
    public var isInPlace: Bool { engine.files?.missing == nil }

    public var statistics: Statistics { engine.writer.statistics }

    nonisolated(nonsending) private func wait<T: Sendable>(
        for work: Work<T>, _ submit: (PendingWork) -> Void, onCancel: @Sendable () -> Void
    ) async throws -> T {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                work.completion = { continuation.resume(with: $0) }
                submit(work)
            }
        } onCancel: {
            onCancel()
        }
    }

    private func block<T: Sendable>(
        _ submit: (PendingWork) -> Void, _ durability: Durability, _ body: @escaping @Sendable (Connection) throws -> T
    ) throws -> T {
        precondition(!engine.isOwnThread, "a blocking call from the database's own thread would wait for itself")
        let slot = Monitor<Result<T, any Error>?>(nil)
        submit(Work(durability, body) { result in slot.withLock(notify: true) { $0 = result } })
        guard let result = slot.wait(until: { $0 }) else { throw StoreError(.closed, "the database is closed") }
        return try result.get()
    }
}
