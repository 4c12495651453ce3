/// Nothing came free in time, or too many waited for it already.
public struct PoolExhausted: RetryAfterError, Hashable, CustomStringConvertible {
    public let pool: String
    /// So many there may be.
    public let size: Int
    /// When one may come free, judged by how long they were used before.
    public let retryAfter: Duration?

    public init(pool: String, size: Int, retryAfter: Duration) {
        self.pool = pool
        self.size = size
        self.retryAfter = retryAfter
    }

    public var description: String {
        "all \(size) of \(pool) are in use; try again in \((retryAfter ?? .zero).milliseconds) ms"
    }
}

/// The pool is being drained or was; it gives nothing out any more.
public struct PoolClosed: Error, Hashable, Sendable, CustomStringConvertible {
    public let pool: String

    public init(pool: String) {
        self.pool = pool
    }

    public var description: String { "\(pool) is closed" }
}
