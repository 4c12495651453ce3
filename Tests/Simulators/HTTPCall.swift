/// A request that came to a simulated service.
public struct HTTPCall: Sendable {
    /// From 1, in the order of coming.
    public let number: Int
    /// From 1; requests with the same number came over the same connection.
    public let connection: Int
    public let method: String
    /// Path and query as they came.
    public let target: String
    public let headers: [(name: String, value: String)]
    public let body: [UInt8]
    /// When its last byte came.
    public let time: ContinuousClock.Instant

    /// The path without the query.
    public var path: String { String(target.prefix { $0 != "?" }) }

    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The first value of a header.
    public subscript(name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
