import CSQLite

extension Database {
    /// Opens or creates the file, brings its schema to the last of the migrations, and starts the threads. Blocks.
    ///
    /// - Parameters:
    ///   - migrations: versions 1, 2, 3 … without gap; anything else is a programming error.
    ///   - durability: the most that a write can get; with `crash` nothing is synced but what a checkpoint needs.
    ///   - readers: connections for ``read(_:)``, each with a thread; at least 1.
    ///   - exclusive: refuse to open, with ``StoreError/Kind/inUse(holder:)``, while another exclusive opener lives.
    /// - Throws: ``StoreError``, which names the file: `fromTheFuture` when a newer release wrote it, `migration` when a step
    ///   fails, `cannotOpen`, `corrupt`, `busy` …
    public static func open(
        _ path: String, migrations: [Migration], durability: Durability = .disk, readers: Int = 1,
        exclusive: Bool = false, options: DatabaseOptions = DatabaseOptions()
    ) throws(StoreError) -> Database {
        precondition(readers >= 1, "a database needs a reader")
        precondition(!path.isEmpty && path != ":memory:", "a database needs a file")
        for (index, migration) in migrations.enumerated() {
            precondition(migration.version == index + 1, "migration \(migration.name) is not version \(index + 1)")
        }
        do throws(StoreError) {
            return try opened(path, migrations, durability, readers, exclusive, options)
        } catch {
            throw error.message.hasPrefix(path) ? error : error.of(path)
        }
    }

    private static func opened(
        _ path: String, _ migrations: [Migration], _ durability: Durability, _ readers: Int, _ exclusive: Bool,
        _ options: DatabaseOptions
    ) throws(StoreError) -> Database {
        let ownership: OwnershipLock? = exclusive ? try OwnershipLock(database: path) : nil
        if ownership?.hasSeenDatabase == true, FileIdentity(path) == nil {
            throw StoreError(
                .cannotOpen,
                "\(path) is not there, but it was: bring it back (`millctl restore` does it from a backup), or remove "
                    + "\(path).lock to begin with an empty one")
        }

        let writer = try Connection(
            path: path, flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs: options.vfs)
        try writer.setUp(options)
        try writer.refuseFuture(migrations, path: path)
        try writer.setUpWriting(durability, path: path, options)
        try writer.migrate(migrations, path: path)
        ownership?.noteDatabase()

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
