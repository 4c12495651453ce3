import CSQLite
import Glibc
import Linux

/// The file of a database as a tool sees it, whether its service runs or not: nothing is migrated, and nothing is kept open
/// between two calls. All of them block.
public struct DatabaseFile: Hashable, Sendable {
    public let path: String

    public init(_ path: String) { self.path = path }

    /// Whether SQLite takes `path` for the name of a file.
    static func isNamed(_ path: String) -> Bool { !path.isEmpty && path.first != ":" && !path.hasPrefix("file:") }

    /// The version of its schema.
    ///
    /// - Throws: ``StoreError``: `cannotOpen` where there is no file, `corrupt` where it is no database …
    public func version() throws(StoreError) -> Int { try open().integer("PRAGMA user_version") }

    /// What SQLite finds wrong with the file, and rows whose foreign keys do not hold; empty when all is well. Reads the
    /// whole file. Damage that keeps SQLite from reading on is one of the problems.
    public func problems() throws(StoreError) -> [String] {
        do throws(StoreError) {
            let connection = try open()
            // A single free page is empty, and is read for the list of free pages; others are not read.
            if try connection.integer("PRAGMA freelist_count") != 1 {
                ChecksummedFiles.state(of: connection.handle)?.reading = .strict
            }
            return try Self.problems(connection)
        } catch {
            guard error.kind == .corrupt else { throw error }
            return [error.message]
        }
    }

    private static func problems(_ connection: Connection) throws(StoreError) -> [String] {
        var problems = try connection.strings("PRAGMA integrity_check").filter { $0 != "ok" }
        do throws(StoreError) {
            problems += try connection.strings(
                "SELECT 'row ' || rowid || ' of ' || \"table\" || ' refers to no row of ' || parent"
                    + " FROM pragma_foreign_key_check")
        } catch {
            guard error.kind == .corrupt else { throw error }
            // What keeps from reading on was told before.
            if problems.isEmpty { problems.append(error.message) }
        }
        return problems
    }

    /// What ``Migration/identity(of:)`` of its history is; 0 for one that was made before that was written into it.
    public func identity() throws(StoreError) -> Int { try open().integer("PRAGMA application_id") }

    /// Bytes, and how many of them hold nothing.
    public func size() throws(StoreError) -> (bytes: Int64, free: Int64) {
        let connection = try open()
        let page = try connection.integer("PRAGMA page_size")
        let (pages, free) = (
            try connection.integer("PRAGMA page_count"), try connection.integer("PRAGMA freelist_count")
        )
        return (Int64(page * pages), Int64(page * free))
    }

    /// Writes the file anew without what is free, while others read on and those who write wait. All its pages have checksums
    /// afterwards, but for one that was made before there were any while somebody else has it open.
    ///
    /// - Parameter limit: how long others may have to wait; nil where nobody else is there.
    /// - Throws: ``StoreError``: `interrupted` where that was too short; nothing was changed then. `busy` …
    /// - Returns: whether it is since then that all its pages have checksums.
    @discardableResult
    public func vacuum(within limit: Duration?) throws(StoreError) -> Bool {
        try Self.vacuum(try open(), within: limit)
    }

    /// Takes the pages whose checksums do not hold as they are found, and writes the file anew: where it was another program
    /// that changed them.
    ///
    /// - Returns: whether there were any; if not, nothing was done.
    /// - Throws: ``StoreError`` as from ``vacuum(within:)``, and `corrupt` where SQLite finds something wrong with them.
    public func takeAsFound(within limit: Duration?) throws(StoreError) -> Bool {
        let connection = try open()
        let state = ChecksummedFiles.state(of: connection.handle)
        state?.reading = .asFound
        if let problem = try Self.problems(connection).first { throw StoreError(.corrupt, problem).of(path) }
        guard state?.wrongPage != nil else { return false }
        _ = try Self.vacuum(connection, within: limit)
        return true
    }

    /// Whether its pages have checksums; those of a file that was made before there were any have none.
    public func hasChecksums() throws(StoreError) -> Bool { try Self.hasChecksums(try open()) }

    /// How many pages of a file with checksums have none, because another program wrote them. Looks at each page.
    public func pagesWithoutChecksum() throws(StoreError) -> Int { try Self.pagesWithoutChecksum(try open()) }

    private static func hasChecksums(_ connection: Connection) throws(StoreError) -> Bool {
        _ = try connection.integer("PRAGMA schema_version")
        return ChecksummedFiles.state(of: connection.handle)?.isChecksummed ?? false
    }

    private static func pagesWithoutChecksum(_ connection: Connection) throws(StoreError) -> Int {
        _ = try hasChecksums(connection)
        return try ChecksummedFiles.state(of: connection.handle)?.pagesWithoutChecksum() ?? 0
    }

    private static func hasAllChecksums(_ connection: Connection) throws(StoreError) -> Bool {
        guard try hasChecksums(connection) else { return false }
        return try pagesWithoutChecksum(connection) == 0
    }

    private static func vacuum(_ connection: Connection, within limit: Duration?) throws(StoreError) -> Bool {
        if let limit { connection.interrupt(after: limit) }
        if try !hasChecksums(connection), try giveChecksums(connection) { return true }
        let had = try hasAllChecksums(connection)
        try connection.control("VACUUM")
        try connection.checkpoint(waitingForReaders: .seconds(1), givingRoomBack: true)
        if had { return false }
        return try hasAllChecksums(connection)
    }

    /// Without a log, so that from one moment to the next the whole file has room for them; a page that is written before the
    /// first one has none yet, and is given it at once. Whatever comes of it, the log is there again afterwards.
    ///
    /// - Returns: false where somebody else has it open; nothing was changed then.
    private static func giveChecksums(_ connection: Connection) throws(StoreError) -> Bool {
        var failure: StoreError?
        var isDone = false
        try connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        do throws(StoreError) {
            if try connection.text("PRAGMA journal_mode = DELETE") == "delete" {
                try connection.keepChecksums()
                try connection.control("VACUUM")
                try ChecksummedFiles.state(of: connection.handle)?.seal()
                isDone = true
            }
        } catch {
            // Somebody else has it open.
            if error.kind != .busy { failure = error }
        }
        try connection.execute("PRAGMA locking_mode = NORMAL")
        _ = try connection.text("PRAGMA journal_mode = WAL")
        if let failure { throw failure }
        return isDone
    }

    /// Whether one was here that is not any more: no service begins with an empty one then.
    public var wasHere: Bool { !Files.exists(path) && OwnershipLock.hasSeenDatabase(path) }

    /// Keeps exclusive openers out for as long as the result lives.
    ///
    /// - Throws: ``StoreError``: `inUse` while there is one.
    public func own() throws(StoreError) -> some Sendable { try OwnershipLock(database: path) }

    func open(flags: Int32 = SQLITE_OPEN_READWRITE) throws(StoreError) -> Connection {
        let connection = try Connection(path: path, flags: flags)
        try connection.setUp(DatabaseOptions())
        return connection
    }
}

extension DatabaseFile {
    /// Copies each of the files as all of them were at one moment, while others go on reading and writing. A copy appears at
    /// its path whole and synced, replacing what was there, or not at all.
    ///
    /// For a few milliseconds nobody writes to any of them: what one service wrote because of what another had written is
    /// in the copies only together with that.
    public static func copy(_ files: [(file: DatabaseFile, target: String)]) throws(StoreError) {
        for (source, target) in zip(try snapshots(files.map(\.file)), files.map(\.target)) {
            let partial = target + ".partial"
            unlink(partial)
            do throws(StoreError) {
                try copy(source, to: partial)
                try synchronize(partial)
                try rename(partial, to: target)
            } catch {
                unlink(partial)
                throw error
            }
        }
    }

    /// Makes a copy that is to take the place of another file, on disk on return, with that one's owner and mode; where there
    /// is none it is its folder's owner's alone.
    func prepare(_ copy: String, inPlaceOf target: String) throws(StoreError) {
        unlink(copy)
        do throws(StoreError) {
            try Self.copy(try open(), to: copy)
            try Self.giveOwnerAndMode(of: target, to: copy)
        } catch {
            unlink(copy)
            throw error
        }
    }

    private static func giveOwnerAndMode(of target: String, to copy: String) throws(StoreError) {
        var status = stat()
        if stat(target, &status) != 0 {
            guard stat(Files.parent(target), &status) == 0 else { throw failure("stat", Files.parent(target)) }
            status.st_mode = 0o600
        }
        let descriptor = Glibc.open(copy, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", copy) }
        defer { Glibc.close(descriptor) }
        guard geteuid() != 0 || fchown(descriptor, status.st_uid, status.st_gid) == 0 else {
            throw failure("chown", copy)
        }
        guard fchmod(descriptor, status.st_mode & 0o777) == 0 else { throw failure("chmod", copy) }
        guard fsync(descriptor) == 0 else { throw failure("fsync", copy) }
    }

    /// How long other writers may be kept out, and how long is tried for; theirs is five seconds.
    private static let (holding, patience) = (Duration.milliseconds(500), Duration.seconds(60))

    /// Connections whose open read transactions are of one moment.
    private static func snapshots(_ files: [DatabaseFile]) throws(StoreError) -> [Connection] {
        let end = ContinuousClock.now + patience
        while true {
            do throws(StoreError) {
                return try snapshotsOnce(files)
            } catch {
                guard error.kind == .busy, ContinuousClock.now < end else { throw error }
            }
        }
    }

    private static func snapshotsOnce(_ files: [DatabaseFile]) throws(StoreError) -> [Connection] {
        var writing: [Connection] = []
        defer { for connection in writing { connection.rollBack() } }
        for file in files {
            let connection = try file.open()
            sqlite3_busy_timeout(connection.handle, Int32(clamping: holding.milliseconds))
            try connection.control("BEGIN IMMEDIATE")
            writing.append(connection)
        }
        var reading: [Connection] = []
        for file in files {
            let connection = try file.open()
            try connection.control("BEGIN")
            // The snapshot is that of the first read.
            _ = try connection.integer("SELECT count(*) FROM sqlite_schema")
            reading.append(connection)
        }
        return reading
    }

    private static func copy(_ source: Connection, to target: String) throws(StoreError) {
        let copy = try Connection(path: target, flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
        if let pages = ChecksummedFiles.state(of: source.handle) {
            ChecksummedFiles.state(of: copy.handle)?.become(pages)
        }
        guard let backup = sqlite3_backup_init(copy.handle, "main", source.handle, "main") else {
            throw StoreError(code: sqlite3_extended_errcode(copy.handle), message: "\(target): cannot back up")
        }
        // All pages in one step are one snapshot.
        let step = sqlite3_backup_step(backup, -1)
        let finish = sqlite3_backup_finish(backup)
        guard step == SQLITE_DONE, finish == SQLITE_OK else {
            let code = finish == SQLITE_OK ? step : finish
            throw StoreError(code: code, message: "\(target): back-up failed: \(String(cString: sqlite3_errstr(code)))")
        }
        // One file by itself, which can be read where nothing can be written.
        try copy.execute("PRAGMA journal_mode = DELETE")
    }

    /// On disk on return.
    static func rename(_ path: String, to target: String) throws(StoreError) {
        guard Glibc.rename(path, target) == 0 else { throw failure("rename", target) }
        try synchronize(Files.parent(target))
    }

    static func synchronize(_ path: String) throws(StoreError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("fsync", path) }
    }

    static func failure(_ call: String, _ path: String) -> StoreError {
        let number = errno
        return StoreError(
            number == ENOSPC ? .full : .ioError(call == "fsync" ? .fsync : .other),
            "\(call) \(path): \(String(cString: strerror(number)))")
    }
}

extension DatabaseFile {
    /// The tables with the number of their rows.
    public func rowCounts() throws(StoreError) -> [(table: String, rows: Int)] {
        let connection = try open()
        let tables = try connection.strings(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        )
        var found: [(String, Int)] = []
        for table in tables {
            let name = table.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
            found.append((table, try connection.integer("SELECT count(*) FROM \"\(name)\"")))
        }
        return found
    }
}
