import CSQLite

/// What a statement is, without running it.
public struct StatementShape: Hashable, Sendable {
    public var columns: [String]
    /// Parameters by place; nil for one without a name.
    public var parameters: [String?]
    /// Whether it changes nothing.
    public var isReading: Bool
}

extension Connection {
    /// Looks at a statement without running it.
    ///
    /// - Throws: `misuse` for what is not one statement or does not fit the tables.
    public func shape(of sql: String) throws(StoreError) -> StatementShape {
        try withPrepared(sql) { statement in
            let columns = (0..<Int32(statement.columnCount)).map { column in
                sqlite3_column_name(statement.handle, column).map { String(cString: $0) } ?? ""
            }
            let count = max(0, sqlite3_bind_parameter_count(statement.handle))
            let parameters = (0..<count).map { place in
                sqlite3_bind_parameter_name(statement.handle, place + 1).map { String(cString: $0) }
            }
            return StatementShape(
                columns: columns, parameters: parameters, isReading: sqlite3_stmt_readonly(statement.handle) != 0)
        }
    }
}
