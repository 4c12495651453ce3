/// The bounds of a ``WebClient``.
public struct WebClientSettings: Hashable, Sendable {
    /// For one connection to be made, its name to be found and trust to be settled included.
    public var connectTimeout = Duration.seconds(5)
    /// Requests in flight at once, to all services together.
    public var requests = 64
    /// Requests that may wait for one of those places.
    public var waiting = 1024
    /// Connections to one service by HTTP/1.1; by HTTP/2 there is one.
    public var connectionsPerService = 8
    /// A connection unused for so long is closed.
    public var idleTimeout = Duration.seconds(15)
    /// A file of certificates in PEM that are trusted besides the system's.
    public var trusted: String?

    public init() {}
}
