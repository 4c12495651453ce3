import Linux

/// Counts the statements that were really run on the books, each as often as it was.
public final class StatementCounter: Sendable {
    private let counts = Locked<[String: Int]>([:])

    public init() {}

    func count(_ sql: String) { counts.withLock { $0[sql, default: 0] += 1 } }

    /// Forgets what was counted.
    public func reset() { counts.withLock { $0 = [:] } }

    /// Statements that only read.
    public var reads: Int { total("SELECT") }

    /// Statements that change something, whether or not there was anything to change.
    public var writes: Int { total("INSERT") + total("UPDATE") + total("DELETE") }

    /// Statements that begin so.
    public func total(_ beginning: String) -> Int {
        counts.withLock { $0.reduce(0) { $0 + ($1.key.hasPrefix(beginning) ? $1.value : 0) } }
    }
}
