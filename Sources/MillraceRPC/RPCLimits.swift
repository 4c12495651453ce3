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
    /// Bytes that wait for a peer who does not read (`limit.output`); an answer that does not fit becomes this error.
    public var outputBytesPerConnection = 16 << 20
    /// Above so many waiting bytes, progress is thinned out to the latest value of each request.
    public var progressBytesPerConnection = 256 << 10
    /// A peer that takes nothing for so long, while output waits for it, is disconnected.
    public var slowReader = Duration.seconds(30)

    public init() {}

    var envelope: Envelope.Limits { Envelope.Limits(depth: depth, batchEntries: batchEntries) }
}
