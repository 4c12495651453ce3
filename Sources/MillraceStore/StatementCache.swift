/// Prepared statements by their text; past the bound the one unused for longest goes.
struct StatementCache {
    let limit: Int
    private var statements: [String: Statement] = [:]
    private var uses: UInt64 = 0
    /// Where a text was found last, by where it lies in memory: most are literals, and comparing is cheaper than hashing.
    private var recent: [Statement?] = Array(repeating: nil, count: 64)

    init(limit: Int) { self.limit = limit }

    var count: Int { statements.count }

    var texts: [String] { Array(statements.keys) }

    /// The statement of this text, unless none is kept or it is in use further up the stack.
    mutating func find(_ sql: String) -> Statement? {
        let place = Self.place(of: sql)
        guard let statement = kept(sql, at: place), !statement.isInUse else { return nil }
        recent[place] = statement
        uses += 1
        statement.lastUse = uses
        return statement
    }

    private func kept(_ sql: String, at place: Int) -> Statement? {
        if let statement = recent[place], statement.sql == sql { return statement }
        return statements[sql]
    }

    private static func place(of sql: String) -> Int {
        let address = sql.utf8.withContiguousStorageIfAvailable { UInt(bitPattern: $0.baseAddress) } ?? 0
        return Int(truncatingIfNeeded: (address >> 4) ^ (address >> 10)) & 63
    }

    mutating func insert(_ statement: Statement) {
        guard statements[statement.sql] == nil else { return }
        if statements.count >= limit {
            let oldest = statements.values.lazy.filter { !$0.isInUse }.min { $0.lastUse < $1.lastUse }
            guard let oldest else { return }
            statements[oldest.sql] = nil
            recent = recent.map { $0 === oldest ? nil : $0 }
        }
        uses += 1
        statement.lastUse = uses
        statements[statement.sql] = statement
    }

    mutating func removeAll() {
        statements = [:]
        recent = recent.map { _ in nil }
    }
}
