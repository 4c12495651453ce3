import CSQLite

/// The current row of a query; valid only inside the closure it is handed to.
///
/// Reading a column as a type it does not hold yields an empty value and makes the query throw
/// ``StoreError/Kind/misuse`` as soon as the closure returns, so that no wrong value gets out.
public struct Row {
    let statement: Statement

    public var count: Int { statement.columnCount }

    public func isNull(_ column: Int) -> Bool { type(column) == SQLITE_NULL }

    public func int(_ column: Int) -> Int64 {
        guard expect(SQLITE_INTEGER, column, "an integer") else { return 0 }
        return sqlite3_column_int64(statement.handle, Int32(column))
    }

    /// An integer column is read as the nearest real.
    public func real(_ column: Int) -> Double {
        if type(column) != SQLITE_INTEGER {
            guard expect(SQLITE_FLOAT, column, "a real") else { return 0 }
        }
        return sqlite3_column_double(statement.handle, Int32(column))
    }

    /// Ill-formed UTF-8 is repaired with U+FFFD.
    public func text(_ column: Int) -> String {
        guard expect(SQLITE_TEXT, column, "text"),
            let start = sqlite3_column_text(statement.handle, Int32(column))
        else { return "" }
        let length = Int(sqlite3_column_bytes(statement.handle, Int32(column)))
        return String(decoding: UnsafeBufferPointer(start: start, count: length), as: UTF8.self)
    }

    public func blob(_ column: Int) -> [UInt8] {
        guard expect(SQLITE_BLOB, column, "a blob") else { return [] }
        guard let start = sqlite3_column_blob(statement.handle, Int32(column)) else { return [] }
        let length = Int(sqlite3_column_bytes(statement.handle, Int32(column)))
        return [UInt8](UnsafeRawBufferPointer(start: start, count: length))
    }

    /// The integer 0 is false, 1 is true; any other is a mismatch.
    public func bool(_ column: Int) -> Bool {
        let value = int(column)
        if value != 0 && value != 1 { statement.note("column \(column) holds \(value), not a truth value") }
        return value == 1
    }

    public func intOrNil(_ column: Int) -> Int64? { isNull(column) ? nil : int(column) }
    public func realOrNil(_ column: Int) -> Double? { isNull(column) ? nil : real(column) }
    public func textOrNil(_ column: Int) -> String? { isNull(column) ? nil : text(column) }
    public func blobOrNil(_ column: Int) -> [UInt8]? { isNull(column) ? nil : blob(column) }

    /// Whatever the column holds.
    public func value(_ column: Int) -> SQLValue {
        switch type(column) {
        case SQLITE_INTEGER: .int(int(column))
        case SQLITE_FLOAT: .real(real(column))
        case SQLITE_TEXT: .text(text(column))
        case SQLITE_BLOB: .blob(blob(column))
        default: .null
        }
    }

    private func type(_ column: Int) -> Int32 {
        guard column >= 0 && column < statement.columnCount else {
            statement.note("no column \(column), the row has \(statement.columnCount)")
            return SQLITE_NULL
        }
        return sqlite3_column_type(statement.handle, Int32(column))
    }

    private func expect(_ wanted: Int32, _ column: Int, _ name: String) -> Bool {
        let found = type(column)
        if found == wanted { return true }
        let names = [SQLITE_INTEGER: "an integer", SQLITE_FLOAT: "a real", SQLITE_TEXT: "text", SQLITE_BLOB: "a blob"]
        let title = sqlite3_column_name(statement.handle, Int32(column)).map { String(cString: $0) } ?? "?"
        statement.note("column \(column) (\(title)) holds \(names[found] ?? "NULL"), read as \(name)")
        return false
    }
}
