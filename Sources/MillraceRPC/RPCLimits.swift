import MillraceProtocol

/// The bounds of a server and its connections. Each is answered by an error whose reason names it.
public struct RPCLimits: Hashable, Sendable {
    /// Bytes of one frame's payload, in and out (`limit.frame`).
    public var maximumFrame = Frame.defaultMaximumLength
    /// How deep JSON values may nest (`limit.depth`).
    public var depth = 64
    /// Messages in one batch (`limit.batch`).
    public var batchEntries = 1000
    /// Requests of one connection that run at the same time (`limit.inFlight`).
    public var inFlightPerConnection = 1024
    /// Connections of one server (`limit.connections`).
    public var connections = 4096
    /// Connections of one user (`limit.connectionsPerUser`).
    public var connectionsPerUser = 1024
    /// Bytes of messages that have not come whole, of all connections together (`limit.input`); a message that goes beyond ends
    /// its connection. One message fits in any case.
    public var inputBytes = 256 << 20
    /// Bytes that wait for a peer who does not read (`limit.output`); an answer that does not fit becomes this error.
    public var outputBytesPerConnection = 16 << 20
    /// Bytes that wait for peers who do not read, of all connections together (`limit.output`). Above half of it only those
    /// find room for whom nothing waits, so that whoever reads still gets his answers.
    public var outputBytes = 128 << 20
    /// Above so many waiting bytes, progress is thinned out to the latest value of each request.
    public var progressBytesPerConnection = 256 << 10
    /// A peer that takes nothing for so long, while output waits for it, is disconnected.
    public var slowReader = Duration.seconds(30)

    /// Descriptors that connections have besides their own, all together, and how long one is kept that nobody uses:
    /// ``LentSocket``.
    var loans = 4096
    var loan = Duration.seconds(30)

    public init() {}

    /// The same with no more connections than a process can have that may open so many descriptors: five eighths of them, an
    /// eighth for the second ones of those that are busy, and a quarter for everything else that it does.
    public func fitting(openFiles: Int) -> RPCLimits {
        var limits = self
        limits.connections = max(1, min(connections, openFiles / 8 * 5))
        limits.loans = min(loans, openFiles / 8)
        return limits
    }

    /// A client that has left more bytes of its answers unread is not read from until it has read.
    var unreadAnswers: Int { outputBytesPerConnection / 16 }

    var envelope: Envelope.Limits { Envelope.Limits(depth: depth, batchEntries: batchEntries) }
}
