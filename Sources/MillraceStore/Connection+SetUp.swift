import CSQLite
import Glibc
import Linux

extension Connection {
    /// What every connection of ours has.
    func setUp(_ options: DatabaseOptions) throws(StoreError) {
        busyTimeout = Int32(clamping: options.busyTimeout.milliseconds)
        sqlite3_busy_timeout(handle, busyTimeout)
        for (option, on) in [
            (SQLITE_DBCONFIG_DEFENSIVE, 1), (SQLITE_DBCONFIG_DQS_DML, 0), (SQLITE_DBCONFIG_DQS_DDL, 0),
        ] as [(Int32, Int32)] {
            let code = csqlite_set_switch(handle, option, on)
            if code != SQLITE_OK { throw StoreError(code: code, message: "cannot set database option \(option)") }
        }
        try set("trusted_schema", to: 0)
        try set("foreign_keys", to: 1)
        try set("cell_size_check", to: 1)
        if let listener = options.onStatement { trace(listener) }
    }

    /// What only readers have: they cannot write, and a statement ends soon after its caller was cancelled.
    func setUpReading(_ options: DatabaseOptions) throws(StoreError) {
        try setUp(options)
        try set("query_only", to: 1)
        let steps: Int32 = 10_000  // some hundred microseconds
        sqlite3_progress_handler(
            handle, steps,
            { me in
                guard let me else { return 0 }
                return Unmanaged<Connection>.fromOpaque(me).takeUnretainedValue().current?.isUnwanted == true ? 1 : 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Ends a statement that still runs after so long, with ``StoreError/Kind/interrupted``.
    func interrupt(after limit: Duration) {
        end = ContinuousClock.now + limit
        let steps: Int32 = 10_000
        sqlite3_progress_handler(
            handle, steps,
            { me in
                guard let me, let end = Unmanaged<Connection>.fromOpaque(me).takeUnretainedValue().end else { return 0 }
                return ContinuousClock.now < end ? 0 : 1
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// What only the writer has.
    func setUpWriting(_ durability: Durability, path: String, _ options: DatabaseOptions) throws(StoreError) {
        try keepChecksums()
        try useWriteAheadLog(path: path, options)
        try promise(durability)
        // After a large transaction the log gives its room back.
        try execute("PRAGMA journal_size_limit = 67108864")
    }

    /// A file that this connection makes, by its first page or by a `VACUUM`, has checksums. Nothing happens to one that is there.
    func keepChecksums() throws(StoreError) {
        var size = Int32(PageTrailer.size)
        let code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &size)
        if code != SQLITE_OK { throw StoreError(code: code, of: handle, while: "checksums") }
    }

    /// How safe the commits from now on are; outside a transaction.
    func promise(_ durability: Durability) throws(StoreError) {
        guard durability != promised else { return }
        promised = nil
        // Both work while they are prepared, so neither statement can be kept. Read back: a layer that sets NORMAL after
        // us, or a build that ignores us, must not go unnoticed.
        let value = durability.synchronous
        try execute("PRAGMA synchronous = \(value)")
        let now = try prepared("PRAGMA synchronous")
        guard try now.step(), Row(statement: now).int(0) == value else {
            throw StoreError(.misuse, "synchronous does not stay \(value)", sql: now.sql)
        }
        promised = durability
    }

    /// Where the write-ahead log is, links resolved.
    var logPath: String? {
        sqlite3_db_filename(handle, "main").flatMap { sqlite3_filename_wal($0) }.map { String(cString: $0) }
    }

    /// Syncs what is in the write-ahead log.
    func syncLog() throws(StoreError) {
        var log: UnsafeMutablePointer<sqlite3_file>?
        let found = withUnsafeMutablePointer(to: &log) {
            sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, $0)
        }
        // Where there is no log yet, nothing is in it.
        guard found == SQLITE_OK, let log, let sync = log.pointee.pMethods?.pointee.xSync else { return }
        let code = sync(log, SQLITE_SYNC_NORMAL)
        guard code == SQLITE_OK else { throw StoreError(code: code, message: "the log was not synced") }
    }

    /// Sets a pragma and reads it back.
    func set(_ pragma: String, to value: Int) throws(StoreError) {
        try execute("PRAGMA \(pragma) = \(value)")
        let now = try integer("PRAGMA \(pragma)")
        guard now == value else {
            throw StoreError(.misuse, "\(pragma) is \(now), should be \(value)", sql: "PRAGMA \(pragma) = \(value)")
        }
    }

    /// Two processes that open a new file at once may hinder each other here without SQLite waiting by itself.
    private func useWriteAheadLog(path: String, _ options: DatabaseOptions) throws(StoreError) {
        let sql = "PRAGMA journal_mode = WAL"
        let patience = ContinuousClock.now + options.busyTimeout
        while true {
            do throws(StoreError) {
                let mode = try text(sql)
                guard mode == "wal" else {
                    throw StoreError(.cannotOpen, "\(path): no write-ahead log here, journal mode stays \(mode)")
                }
                return
            } catch {
                guard error.kind == .busy, ContinuousClock.now < patience else { throw error }
                usleep(2000)
            }
        }
    }

    /// Copies the log back as far as readers allow; with a time to wait, also tries to let the log start anew, or to give its
    /// room back.
    ///
    /// - Returns: false where readers were in the way.
    @discardableResult
    func checkpoint(waitingForReaders patience: Duration?, givingRoomBack: Bool = false) throws(StoreError) -> Bool {
        if let patience { sqlite3_busy_timeout(handle, Int32(clamping: patience.milliseconds)) }
        defer { if patience != nil { sqlite3_busy_timeout(handle, busyTimeout) } }
        let whole = givingRoomBack ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_RESTART
        let mode = patience == nil ? SQLITE_CHECKPOINT_PASSIVE : whole
        let code = sqlite3_wal_checkpoint_v2(handle, "main", mode, nil, nil)
        walFrames = 0
        guard code == SQLITE_OK || code & 0xff == SQLITE_BUSY else {
            throw StoreError(code: code, of: handle, while: "checkpoint")
        }
        return code == SQLITE_OK
    }
}
