/// Prepared statements by their text; past the bound the one unused for longest goes.
struct StatementCache {
    let limit: Int
    private var statements: [String: Statement] = [:]
    private var uses: UInt64 = 0

    init(limit: Int) { self.limit = limit }

    var count: Int { statements.count }

    var texts: [String] { Array(statements.keys) }

    /// The statement of this text, unless none is kept or it is in use further up the stack.
    mutating func find(_ sql: String) -> Statement? {
        guard let statement = statements[sql], !statement.isInUse else { return nil }
        uses += 1
        statement.lastUse = uses
        return statement
    }

    mutating func insert(_ statement: Statement) {
        guard statements[statement.sql] == nil else { return }
        if statements.count >= limit {
            let oldest = statements.values.lazy.filter { !$0.isInUse }.min { $0.lastUse < $1.lastUse }
            guard let oldest else { return }
            statements[oldest.sql] = nil
        }
        uses += 1
        statement.lastUse = uses
        statements[statement.sql] = statement
    }

    mutating func removeAll() { statements = [:] }
}
