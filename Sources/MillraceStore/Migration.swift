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
