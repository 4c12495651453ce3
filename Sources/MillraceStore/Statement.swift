import CSQLite

/// A prepared statement; lives and dies on its connection's thread.
final class Statement {
    let handle: OpaquePointer
    let sql: String
    let columnCount: Int
    private let parameterCount: Int
    /// Between binding and reset; a statement in use is not handed out again.
    var isInUse = false
    /// The place in the cache's order of use.
    var lastUse: UInt64 = 0
    /// The first wrong reading of a row.
    private(set) var mismatch: String?

    init(_ handle: OpaquePointer, sql: String) {
        self.handle = handle
        self.sql = sql
        columnCount = Int(sqlite3_column_count(handle))
        parameterCount = Int(sqlite3_bind_parameter_count(handle))
    }

    deinit { sqlite3_finalize(handle) }

    func note(_ problem: String) {
        if mismatch == nil { mismatch = problem }
    }

    func bind(_ values: [SQLValue]) throws(StoreError) {
        guard values.count == parameterCount else {
            throw StoreError(.misuse, "\(values.count) values for \(parameterCount) parameters", sql: sql)
        }
        var index: Int32 = 1
        for value in values {
            try check(bind(value, at: index))
            index += 1
        }
    }

    private func bind(_ value: SQLValue, at index: Int32) -> Int32 {
        switch value {
        case .null: return sqlite3_bind_null(handle, index)
        case .int(let value): return sqlite3_bind_int64(handle, index, value)
        case .real(let value): return sqlite3_bind_double(handle, index, value)
        case .text(var value):
            return value.withUTF8 { text in
                guard let start = text.baseAddress, !text.isEmpty else {
                    return csqlite_bind_text(handle, index, "", 0)
                }
                return start.withMemoryRebound(to: CChar.self, capacity: text.count) {
                    csqlite_bind_text(handle, index, $0, UInt64(text.count))
                }
            }
        case .blob(let value):
            return value.withUnsafeBytes { csqlite_bind_blob(handle, index, $0.baseAddress, UInt64($0.count)) }
        }
    }

    /// True while there is a row, false at the end.
    func step() throws(StoreError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw failure(code)
        }
    }

    func checkReadings() throws(StoreError) {
        if let mismatch { throw StoreError(.misuse, mismatch, sql: sql) }
    }

    func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
        mismatch = nil
        isInUse = false
    }

    private func check(_ code: Int32) throws(StoreError) {
        if code != SQLITE_OK { throw failure(code) }
    }

    private func failure(_ code: Int32) -> StoreError {
        StoreError(code: code, of: sqlite3_db_handle(handle), sql: sql)
    }
}
