import Glibc

/// Bounds and hooks of a ``Database``.
public struct DatabaseOptions: Sendable {
    /// Writes, and likewise reads, that may wait; the next is refused with ``StoreError/Kind/busy``.
    public var pendingLimit = 65_536
    /// How long to wait for a write lock that another process holds.
    public var busyTimeout = Duration.seconds(5)
    /// The write-ahead log is copied back into the file when it holds so many pages.
    public var checkpointPages = 1000
    /// How long usual writes may run in one transaction while an express one waits; the one that has begun is ended.
    public var usualSlice = Duration.microseconds(300)
    /// Whether answers are given on a thread beside the writer's when the writer has something else to do.
    public var answersAside = false
    /// Hears of a failed fsync. When it returns, every caller of that commit gets the error and the database accepts
    /// no further write, for what it believes to be on disk may not be there.
    public var onFsyncFailure: @Sendable (StoreError) -> Void = { error in
        let line = "fsync failed, what is on disk is unknown, aborting: \(error)\n"
        _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        abort()
    }
    /// Hears that the file is damaged, as SQLite found while it read or wrote (``StoreError/Kind/corrupt``), or that it was
    /// moved, removed or replaced, as the next write found (``StoreError/Kind/moved``); the error names the file. When it
    /// returns, the caller gets the error, and others go on.
    public var onLoss: @Sendable (StoreError) -> Void = { _ in }
    /// Runs a few completions of writes one after the other, on the thread that answers: for what is cheaper done once for all
    /// of them. It has to call its argument, once.
    public var answering: @Sendable (() -> Void) -> Void = { $0() }
    /// Hears of every statement as it begins to run, with its text, on the thread that runs it: those of the store itself
    /// (`BEGIN IMMEDIATE`, `COMMIT`) too, those inside triggers not. For counting what a caller really costs.
    public var onStatement: (@Sendable (String) -> Void)?
    /// What counts commits, failures and connections; nil for nothing.
    public var meters: StoreMeters?
    /// How long the writer waits for readers that keep a log of 64 MB, or of sixteen times ``checkpointPages`` where that is
    /// less, from starting anew.
    var readerPatience = Duration.milliseconds(50)
    /// The SQLite file layer; nil for the system's.
    var vfs: String?
    /// The database's, once it is open; so that errors name it.
    var path: String?
    /// The files as they were when the database was opened.
    var files: FilesInPlace?

    public init() {}

    /// Ends the process: what is written beside a damaged page may be damaged too, and what is written into a file that was
    /// moved away is found by nobody.
    public static let endingOnLoss: @Sendable (StoreError) -> Void = { error in
        let (what, help) =
            error.kind == .moved
            ? ("not in its place", "put it back before the service starts again")
            : ("damaged", "`millctl check` reads it through, `millctl restore` brings a backup back")
        let line = "ending, the database is \(what): \(error); \(help)\n"
        _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        _exit(error.exitCode.rawValue)
    }

    /// - Throws: ``StoreError/Kind/moved`` when a file is not in its place.
    func lookForFiles() throws(StoreError) {
        if let file = files?.missing { throw .moved(file) }
    }

    /// What SQLite says of a file that is not in its place is told as that: one that was emptied too has no tables, or is
    /// damaged. What may be the file's fault names it.
    func told(_ error: StoreError) -> StoreError {
        if error.sqliteCode != 0, let file = files?.missing { return .moved(file) }
        return error.file == nil && (error.concernsAll || error.kind == .misuse) ? error.of(path) : error
    }

    /// The same, after ``onLoss`` has heard of it where the file is lost.
    func heard(_ error: StoreError) -> StoreError {
        let error = told(error)
        if error.meansDamage || error.kind == .moved { onLoss(error) }
        return error
    }
}

extension StoreError {
    fileprivate static func moved(_ file: String) -> StoreError {
        StoreError(.moved, "\(file) was moved, removed or replaced while it was open")
    }
}

extension Database {
    public struct Statistics: Sendable, Hashable {
        /// Bodies whose changes were committed.
        public var commits = 0
        /// Transactions that carried them.
        public var transactions = 0
        /// The most bodies one transaction carried.
        public var largestBatch = 0
        /// Batches run again body by body because one of them threw.
        public var replays = 0
        public var checkpoints = 0
        /// Bytes of the log that the kernel was asked to begin to write, so that a checkpoint need not wait for them.
        public var logBytesHanded = 0
        public var fsyncFailures = 0
        /// Why the last transaction failed that was not to blame on a body: a full disk, for instance. Nil since the next
        /// one that went well.
        public var lastFailure: StoreError?
        /// Writes waiting now.
        public var pending = 0
    }
}
