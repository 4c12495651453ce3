import CSQLite
public import Linux

/// What went wrong in the store, sorted by what a caller can do about it.
public struct StoreError: Error, Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// A rule of the schema refused the change; nothing of the statement was done.
        case constraint(Constraint)
        /// Another connection holds the write lock, or too many writes wait already; trying later may succeed.
        case busy
        /// The disk is full. The transaction was undone and the database stays usable.
        case full
        case ioError(IOFailure)
        /// The file is damaged or is no database.
        case corrupt
        /// The file, or its log, is not the one any more that was opened under its name; nothing was written.
        case moved
        /// The file was written by a newer release, whose schema has this version.
        case fromTheFuture(Int)
        /// There is no file, and none is to be made.
        case missing
        /// The file is another database than the one that belongs here.
        case foreign
        /// Its folder holds a restore that was broken off: ``Replacement``.
        case unfinishedRestore
        /// The migration to this version failed; the file is still at the version before.
        case migration(Int)
        /// Another opener owns the database exclusively; its process id, where it could be read.
        case inUse(holder: Int32?)
        /// The database was closed before the work was taken up; nothing was done.
        case closed
        /// The file cannot be opened or created.
        case cannotOpen
        case readOnly
        /// The statement was stopped from outside.
        case interrupted
        /// The program is wrong: bad SQL, wrong number or type of values.
        case misuse
        case other
    }

    public enum Constraint: Hashable, Sendable {
        /// `UNIQUE` or `PRIMARY KEY`.
        case unique
        case check, foreignKey, notNull
        /// A trigger's `RAISE`; the message is the trigger's.
        case trigger
        /// A value of the wrong type for a column of a `STRICT` table.
        case dataType
        case other
    }

    public enum IOFailure: Hashable, Sendable {
        /// What was written may or may not be on disk, and no later fsync can tell.
        case fsync
        case other
    }

    public var kind: Kind
    /// SQLite's extended result code; 0 where the error is not SQLite's.
    public var sqliteCode: Int32
    public var message: String
    /// The statement at fault.
    public var sql: String?
    /// The database at fault, where its trouble is not one statement's.
    public var file: String?

    public init(_ kind: Kind, _ message: String, sqliteCode: Int32 = 0, sql: String? = nil) {
        self.kind = kind
        self.message = message
        self.sqliteCode = sqliteCode
        self.sql = sql
    }
}

extension StoreError: CustomStringConvertible {
    public var description: String {
        var text = message
        if sqliteCode != 0 { text += " (sqlite \(sqliteCode))" }
        if let sql { text += " in: \(sql)" }
        return file.map { "\($0): \(text)" } ?? text
    }
}

extension StoreError: ExitCodeConvertible {
    /// How a program ends that a database keeps from what it is there for.
    public var exitCode: ExitCode {
        switch kind {
        case .inUse, .busy: .temporaryFailure
        case .missing: .noInput
        case .cannotOpen, .readOnly: .cannotCreate
        case .full, .ioError, .corrupt, .moved: .ioError
        case .fromTheFuture, .foreign, .unfinishedRestore, .migration: .configuration
        default: .software
        }
    }
}

extension StoreError {
    /// The error of an extended result code.
    init(code: Int32, message: String, sql: String? = nil) {
        self.init(Kind(code: code), message, sqliteCode: code, sql: sql)
    }

    /// The same with what the connection says of its last call.
    ///
    /// - Parameter doing: put before it.
    init(code: Int32, of connection: OpaquePointer?, while doing: String? = nil, sql: String? = nil) {
        var message = connection.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) } ?? "unknown"
        if code == ChecksummedFiles.wrongPageCode, let connection {
            message = ChecksummedFiles.state(of: connection)?.wrongPage.map(Self.wrong(page:)) ?? message
        }
        self.init(code: code, message: doing.map { "\($0): \(message)" } ?? message, sql: sql)
    }

    static func wrong(page: UInt32) -> String {
        "page \(page) is not as it was written, its checksum does not hold: it is damaged, or was changed by another program"
    }

    func of(_ file: String?) -> StoreError {
        var error = self
        error.file = file
        return error
    }

    /// SQLite itself says that the file is not what it wrote.
    var meansDamage: Bool { kind == .corrupt && sqliteCode != 0 }

    var isFsyncFailure: Bool { kind == .ioError(.fsync) }

    /// The trouble is the file's or the machine's, not one body's.
    var concernsAll: Bool {
        switch kind {
        case .full, .ioError, .corrupt, .moved, .readOnly, .other: true
        default: false
        }
    }
}

extension StoreError.Kind {
    init(code: Int32) {
        self =
            switch code & 0xff {
            case _ where code == ChecksummedFiles.wrongPageCode: .corrupt
            case SQLITE_CONSTRAINT: .constraint(.init(code: code))
            case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL: .busy
            case SQLITE_FULL: .full
            case SQLITE_IOERR: .ioError(StoreError.isFsync(code) ? .fsync : .other)
            case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
            case SQLITE_CANTOPEN: .cannotOpen
            case SQLITE_READONLY: .readOnly
            case SQLITE_INTERRUPT: .interrupted
            case SQLITE_MISUSE, SQLITE_RANGE, SQLITE_ERROR, SQLITE_AUTH, SQLITE_MISMATCH: .misuse
            default: .other
            }
    }
}

extension StoreError.Constraint {
    // The extended codes are macros of macros, which Swift does not import.
    init(code: Int32) {
        self =
            switch code >> 8 {
            case 1: .check
            case 3: .foreignKey
            case 5: .notNull
            case 6, 8, 10: .unique
            case 7: .trigger
            case 12: .dataType
            default: .other
            }
    }
}

extension StoreError {
    /// `SQLITE_IOERR_FSYNC` and `SQLITE_IOERR_DIR_FSYNC`.
    fileprivate static func isFsync(_ code: Int32) -> Bool {
        code == SQLITE_IOERR | (4 << 8) || code == SQLITE_IOERR | (5 << 8)
    }
}
