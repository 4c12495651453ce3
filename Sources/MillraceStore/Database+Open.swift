import CSQLite

extension Database {
    /// Opens the file, or creates it for its owner alone, brings its schema to the last of the migrations, and
    /// starts the threads. Blocks.
    ///
    /// - Parameters:
    ///   - migrations: versions 1, 2, 3 … without gap; anything else is a programming error.
    ///   - durability: the most that a write can get; with `crash` nothing is synced but what a checkpoint needs.
    ///   - readers: connections for ``read(_:)``, each with a thread; at least 1.
    ///   - exclusive: refuse to open, with ``StoreError/Kind/inUse(holder:)``, while another exclusive opener lives.
    ///   - isNoted: note beside the file that there is one, as every exclusive opener does: who finds none then does not
    ///     begin with an empty one.
    ///   - creates: whether a file that is not there, and was not before, is made.
    /// - Throws: ``StoreError``, which names the file: `fromTheFuture` when a newer release wrote it, `foreign` when it is
    ///   another database, `unfinishedRestore`, `missing` when there is none and none is to be made, `migration` when a step
    ///   fails, `cannotOpen`, `corrupt`, `busy` …
    public static func open(
        _ path: String, migrations: [Migration], durability: Durability = .disk, readers: Int = 1,
        exclusive: Bool = false, isNoted: Bool = false, creates: Bool = true,
        options: DatabaseOptions = DatabaseOptions()
    ) throws(StoreError) -> Database {
        precondition(readers >= 1, "a database needs a reader")
        precondition(!path.isEmpty && path != ":memory:", "a database needs a file")
        for (index, migration) in migrations.enumerated() {
            precondition(migration.version == index + 1, "migration \(migration.name) is not version \(index + 1)")
        }
        do throws(StoreError) {
            return try opened(path, migrations, durability, readers, exclusive, isNoted, creates, options)
        } catch {
            throw error.message.hasPrefix(path) ? error : error.of(path)
        }
    }

    private static func opened(
        _ path: String, _ migrations: [Migration], _ durability: Durability, _ readers: Int, _ exclusive: Bool,
        _ isNoted: Bool, _ creates: Bool, _ options: DatabaseOptions
    ) throws(StoreError) -> Database {
        let ownership: OwnershipLock? = exclusive ? try OwnershipLock(database: path) : nil
        if FileIdentity(path) == nil {
            guard ownership?.hasSeenDatabase != true, !(isNoted && OwnershipLock.hasSeenDatabase(path)) else {
                throw StoreError(
                    .cannotOpen,
                    "\(path) is not there, but it was: bring it back (`millctl restore` does it from a backup), or remove "
                        + "\(path).lock to begin with an empty one")
            }
            guard creates else { throw StoreError(.missing, "\(path) is not there") }
        }

        let flags = SQLITE_OPEN_READWRITE | (creates ? SQLITE_OPEN_CREATE : 0)
        let writer = try Connection(path: path, flags: flags, vfs: options.vfs)
        try writer.setUp(options)
        try writer.refuseForeign(migrations, path: path)
        try writer.setUpWriting(durability, path: path, options)
        try writer.migrate(migrations, path: path)
        ownership?.noteDatabase()
        if isNoted, ownership == nil { try OwnershipLock.noteDatabase(path) }

        var others: [Connection] = []
        for _ in 0..<readers {
            let reader = try Connection(path: path, flags: SQLITE_OPEN_READWRITE, vfs: options.vfs)
            try reader.setUpReading(options)
            others.append(reader)
        }
        var options = options
        options.path = path
        options.files = FilesInPlace(database: path, log: writer.logPath)
        let engine = try Engine(
            writer: writer, readers: others, durability: durability, ownership: ownership, options: options)
        return Database(path: path, durability: durability, engine: engine)
    }
}
