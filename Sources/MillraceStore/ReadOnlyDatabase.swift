import CSQLite
import Linux

/// An SQLite file of somebody else's, that is only read: never created, never changed, no lock kept between reads.
///
/// Reads run on one thread of its own, in the order of coming. The file is opened with the first of them and anew when
/// another has taken its place; one that is not there is ``StoreError/Kind/cannotOpen``.
public final class ReadOnlyDatabase: Sendable {
    public let path: String
    private let reads: ReaderPool
    private let thread: WorkerThread
    private let identity: Locked<FileIdentity?>

    /// - Parameter options: the bounds of waiting reads and of the wait for a lock.
    public init(_ path: String, options: DatabaseOptions = DatabaseOptions()) throws(StoreError) {
        self.path = path
        let reads = ReaderPool(options: options)
        let identity = Locked<FileIdentity?>(nil)
        self.reads = reads
        self.identity = identity
        do {
            thread = try WorkerThread("store-reader") {
                reads.run { current in
                    let now = FileIdentity(path)
                    if let current, let now, identity.withLock({ $0 }) == now { return current }
                    let opened = try Self.open(path, options)
                    identity.withLock { $0 = now }
                    return opened
                }
            }
        } catch {
            throw StoreError(.other, "\(error)")
        }
    }

    deinit { reads.stop() }

    /// Runs the body over one snapshot of the file; it cannot write. Cancelling the task withdraws a body that waits and
    /// interrupts a statement that runs, with `CancellationError`.
    nonisolated(nonsending) public func read<T: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> T
    ) async throws -> T {
        let work = Work(.crash, body)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                work.completion = { continuation.resume(with: $0) }
                reads.submit(work)
            }
        } onCancel: {
            if work.withdraw() { work.fail(CancellationError()) } else { work.isUnwanted = true }
        }
    }

    /// Looks at a statement without running it. Blocks.
    ///
    /// - Throws: ``StoreError``: `cannotOpen` where there is no file, `misuse` for what is not one statement or does not
    ///   fit the tables.
    public static func shape(of sql: String, in path: String) throws(StoreError) -> StatementShape {
        try open(path, DatabaseOptions()).shape(of: sql)
    }

    private static func open(_ path: String, _ options: DatabaseOptions) throws(StoreError) -> Connection {
        let connection = try Connection(path: path, flags: SQLITE_OPEN_READONLY)
        try connection.setUpReading(options)
        return connection
    }
}
