/// One step of a schema's history. A released step is never edited; a new one is added.
///
/// Its SQL runs in one transaction together with the rise of `user_version`, with foreign keys off so that tables can
/// be rebuilt; before the commit every foreign key must hold.
public struct Migration: Sendable, Hashable {
    /// The schema's version after this step; the first is 1, each next one higher by 1.
    public var version: Int
    public var name: String
    public var sql: String

    public init(version: Int, name: String, sql: String) {
        self.version = version
        self.name = name
        self.sql = sql
    }
}

extension Migration {
    /// What tells the databases of one history from all others, for SQLite's `application_id`: reckoned from how the history
    /// begins, which never changes. 0, which every file has that nobody has marked, without one.
    public static func identity(of history: [Migration]) -> Int {
        guard let first = history.first else { return 0 }
        // FNV-1a, 32 bits.
        let hash = first.sql.utf8.reduce(0x811c_9dc5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
        return hash == 0 ? 1 : Int(Int32(bitPattern: hash))
    }
}
