import CSQLite
import Glibc

/// One SQLite connection, confined to its thread; handed to the closures of ``Database`` and not to be kept.
///
/// Statements are prepared once and kept by their text, so vary the values, not the text.
public final class Connection {
    let handle: OpaquePointer
    private var statements = StatementCache(limit: 256)
    /// Set while the store itself begins or ends a transaction; bodies may not.
    private var controlsTransactions = false
    /// Pages in the write-ahead log after this connection's last commit; 0 after its checkpoint.
    var walFrames = 0
    /// Commits that wrote into the log.
    private(set) var logCommits: UInt64 = 0
    /// What ``promise(_:)`` has set.
    var promised: Durability?
    /// The body that runs, where its caller may stop it.
    var current: PendingWork?
    /// Milliseconds to wait for a lock.
    var busyTimeout: Int32 = 0
    /// Who hears of statements.
    var ear: StatementEar?
    /// When a statement that still runs is ended.
    var end: ContinuousClock.Instant?

    /// Once in the process; where SQLite was in use before, it goes on counting.
    private static let countsNoMemory: Void = { _ = csqlite_count_no_memory() }()

    /// - Parameter vfs: the SQLite file layer; nil for ``ChecksummedFiles``.
    init(path: String, flags: Int32, vfs: String? = nil) throws(StoreError) {
        Self.countsNoMemory
        try Replacement.refuseUnfinished(besides: path)
        if flags & SQLITE_OPEN_CREATE != 0 { Self.create(path) }
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(
            path, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs ?? ChecksummedFiles.name)
        guard let opened else { throw StoreError(code: code, message: "\(path): out of memory") }
        guard code == SQLITE_OK else {
            let error = StoreError(code: code, of: opened, while: path)
            sqlite3_close_v2(opened)
            throw error
        }
        handle = opened
        let me = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_set_authorizer(
            handle,
            { me, action, _, _, _, _ in
                guard action == SQLITE_TRANSACTION, let me else { return SQLITE_OK }
                let connection = Unmanaged<Connection>.fromOpaque(me).takeUnretainedValue()
                return connection.controlsTransactions ? SQLITE_OK : SQLITE_DENY
            }, me)
        sqlite3_wal_hook(
            handle,
            { me, _, _, frames in
                guard let me else { return SQLITE_OK }
                let connection = Unmanaged<Connection>.fromOpaque(me).takeUnretainedValue()
                connection.walFrames = Int(frames)
                connection.logCommits += 1
                return SQLITE_OK
            }, me)
    }

    /// Makes the file if there is none: its owner's alone, and with it the log, whatever the process does with others. What
    /// keeps it from that SQLite meets too, and says.
    private static func create(_ path: String) {
        guard DatabaseFile.isNamed(path) else { return }
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 { close(descriptor) }
    }

    deinit {
        statements.removeAll()
        sqlite3_close_v2(handle)
    }

    /// The rowid of the last inserted row.
    public var lastInsertRowID: Int64 { sqlite3_last_insert_rowid(handle) }

    /// Runs one statement to its end and returns the number of rows it changed, those of triggers not counted.
    @discardableResult
    public func run(_ sql: String, _ values: SQLValue...) throws(StoreError) -> Int {
        try run(sql, values)
    }

    /// The same with the values as an array.
    @discardableResult
    public func run(_ sql: String, _ values: [SQLValue]) throws(StoreError) -> Int {
        let statement = try bound(sql, values)
        defer { statement.reset() }
        let before = sqlite3_total_changes64(handle)
        while try statement.step() {}
        return sqlite3_total_changes64(handle) == before ? 0 : Int(sqlite3_changes64(handle))
    }

    /// Runs each statement of a script; for schemas and tools, nothing is kept prepared.
    public func execute(_ script: String) throws(StoreError) {
        let text = Array(script.utf8CString)
        var offset = 0
        while offset < text.count - 1 {
            let (statement, next) = try prepare(text, from: offset)
            while try statement?.step() ?? false {}
            offset = next
        }
    }

    /// The rows of a query, each turned into a value.
    public func query<T>(_ sql: String, _ values: SQLValue..., row: (Row) throws -> T) throws -> [T] {
        try query(sql, values, row: row)
    }

    /// The same with the values as an array.
    public func query<T>(_ sql: String, _ values: [SQLValue], row: (Row) throws -> T) throws -> [T] {
        var found: [T] = []
        try rows(sql, values) {
            found.append(try row($0))
            return true
        }
        return found
    }

    /// The first row of a query, or nil.
    public func first<T>(_ sql: String, _ values: SQLValue..., row: (Row) throws -> T) throws -> T? {
        try first(sql, values, row: row)
    }

    /// The same with the values as an array.
    public func first<T>(_ sql: String, _ values: [SQLValue], row: (Row) throws -> T) throws -> T? {
        var found: T?
        try rows(sql, values) {
            found = try row($0)
            return false
        }
        return found
    }

    /// Hands over each row without collecting them; false from the closure ends the query.
    public func each(_ sql: String, _ values: SQLValue..., row: (Row) throws -> Bool) throws {
        try rows(sql, values, row: row)
    }

    /// The same with the values as an array.
    public func each(_ sql: String, _ values: [SQLValue], row: (Row) throws -> Bool) throws {
        try rows(sql, values, row: row)
    }

    private func rows(_ sql: String, _ values: [SQLValue], row: (Row) throws -> Bool) throws {
        let statement = try bound(sql, values)
        defer { statement.reset() }
        while try statement.step() {
            let more = try row(Row(statement: statement))
            try statement.checkReadings()
            if !more { return }
        }
    }
}

extension Connection {
    /// Statements kept prepared.
    var cachedStatements: Int { statements.count }

    /// Their texts.
    var cachedTexts: [String] { statements.texts }

    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// `BEGIN`, `COMMIT` and `ROLLBACK`, which only the store itself may run.
    func control(_ sql: String) throws(StoreError) {
        controlsTransactions = true
        defer { controlsTransactions = false }
        try run(sql)
    }

    /// Undoes the open transaction, if SQLite has not done so by itself.
    func rollBack() {
        if isInTransaction { try? control("ROLLBACK") }
    }

    /// The single value of a pragma or query.
    func integer(_ sql: String) throws(StoreError) -> Int { try single(sql) { Int($0.int(0)) } }

    func text(_ sql: String) throws(StoreError) -> String { try single(sql) { $0.text(0) } }

    /// The first column of a query's rows.
    func strings(_ sql: String) throws(StoreError) -> [String] {
        let statement = try bound(sql, [])
        defer { statement.reset() }
        var found: [String] = []
        while try statement.step() { found.append(Row(statement: statement).text(0)) }
        return found
    }

    private func single<T>(_ sql: String, _ value: (Row) -> T) throws(StoreError) -> T {
        let statement = try bound(sql, [])
        defer { statement.reset() }
        guard try statement.step() else { throw StoreError(.misuse, "no row", sql: sql) }
        let found = value(Row(statement: statement))
        try statement.checkReadings()
        return found
    }

    private func bound(_ sql: String, _ values: [SQLValue]) throws(StoreError) -> Statement {
        let statement: Statement
        if let kept = statements.find(sql) {
            statement = kept
        } else {
            statement = try prepared(sql)
            statements.insert(statement)
        }
        statement.isInUse = true
        do throws(StoreError) { try statement.bind(values) } catch {
            statement.reset()
            throw error
        }
        return statement
    }

    /// Hands over a kept statement without running it.
    func withPrepared<R>(_ sql: String, _ body: (Statement) -> R) throws(StoreError) -> R {
        if let kept = statements.find(sql) { return body(kept) }
        let statement = try prepared(sql)
        statements.insert(statement)
        return body(statement)
    }

    /// A statement that outlives this use.
    func prepared(_ sql: String) throws(StoreError) -> Statement {
        let text = Array(sql.utf8CString)
        let (first, next) = try prepare(text, from: 0, persistent: true)
        guard let first else { throw StoreError(.misuse, "no statement", sql: sql) }
        let (second, _) = try prepare(text, from: next)
        guard second == nil else { throw StoreError(.misuse, "more than one statement", sql: sql) }
        return first
    }

    /// The first statement at an offset of zero-terminated UTF-8, and the offset of what follows; no statement where
    /// there are only blanks and comments.
    private func prepare(
        _ text: [CChar], from offset: Int, persistent: Bool = false
    ) throws(StoreError) -> (Statement?, next: Int) {
        try text.withUnsafeBufferPointer { (buffer) throws(StoreError) -> (Statement?, next: Int) in
            guard let start = buffer.baseAddress?.advanced(by: offset) else { return (nil, offset) }
            var prepared: OpaquePointer?
            var tail: UnsafePointer<CChar>?
            let flags = persistent ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0
            let code = sqlite3_prepare_v3(handle, start, Int32(buffer.count - offset), flags, &prepared, &tail)
            guard code == SQLITE_OK else {
                throw StoreError(code: code, of: handle, sql: String(cString: start))
            }
            let length = tail.map { $0 - start } ?? 0
            guard let prepared else { return (nil, offset + length) }
            return (Statement(prepared, sql: String(cString: sqlite3_sql(prepared))), offset + length)
        }
    }
}
