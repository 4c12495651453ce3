import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
public import Watching

/// An HTTP/1.1 service at 127.0.0.1 that answers as a test says, with latency and faults, and keeps a log of its calls.
///
/// It is a real server on a thread of its own: what a simulator of an outside system is built on.
public final class HTTPSimulator: Sendable {
    /// What happened so far.
    public struct History: Sendable {
        /// In the order of coming; the earliest are gone when there are more than the server keeps.
        public var calls: [HTTPCall] = []
        /// Calls that came.
        public var count = 0
        /// Connections accepted.
        public var connections = 0
        /// Connections that are open now.
        public var open = 0
        /// Calls whose connection the client closed before it had its answer.
        public var abandoned: [Int] = []
    }

    public let port: Int
    public let isSecure: Bool
    public let history: Watched<History>
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel

    /// - Parameters:
    ///   - certificate: makes it an HTTPS service.
    ///   - port: 0 for any that is free.
    ///   - keeping: calls that ``history`` holds at most.
    ///   - answer: called for each request, on the server's thread; it must not block.
    public init(
        certificate: (any ServerCertificate)? = nil, port: Int = 0, keeping: Int = .max,
        answer: @escaping @Sendable (HTTPCall) -> HTTPAnswer
    ) async throws {
        let tls = try certificate.map { try NIOSSLContext(configuration: $0.serverConfiguration()) }
        let history = Watched(History())
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
                    try pipeline.addHandler(HTTPConnection(history, keeping: keeping, answer))
                }
            }
        do {
            channel = try await bootstrap.bind(host: "127.0.0.1", port: port).get()
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        guard let port = channel.localAddress?.port else { throw TestFailure("a server without a port") }
        self.port = port
        self.group = group
        self.history = history
        isSecure = certificate != nil
    }

    /// A service that gives these answers one after the other; the last one stays.
    public convenience init(certificate: (any ServerCertificate)? = nil, answers: [HTTPAnswer]) async throws {
        precondition(!answers.isEmpty)
        try await self.init(certificate: certificate) { call in
            answers[min(call.number, answers.count) - 1]
        }
    }

    /// The address of something at this service.
    public func url(_ target: String = "/") -> String {
        "\(isSecure ? "https" : "http")://\(isSecure ? "localhost" : "127.0.0.1"):\(port)\(target)"
    }

    public var calls: [HTTPCall] { history.value.calls }

    /// Waits for so many calls and returns them.
    @discardableResult
    public func calls(_ count: Int, within limit: Duration = .seconds(20)) async throws -> [HTTPCall] {
        try await history.wait(within: limit, for: "\(count) calls") { $0.count >= count }.calls
    }

    /// Closes the port and all connections, and ends the server's thread.
    public func close() async {
        try? await channel.close()
        try? await group.shutdownGracefully()
    }

    /// Runs `body` with a service, and closes it whatever happens.
    public static func run<Result: Sendable>(
        certificate: (any ServerCertificate)? = nil, answer: @escaping @Sendable (HTTPCall) -> HTTPAnswer,
        _ body: (HTTPSimulator) async throws -> Result
    ) async throws -> Result {
        let simulator = try await HTTPSimulator(certificate: certificate, answer: answer)
        do {
            let result = try await body(simulator)
            await simulator.close()
            return result
        } catch {
            await simulator.close()
            throw error
        }
    }

    /// The same with answers one after the other; the last one stays.
    public static func run<Result: Sendable>(
        certificate: (any ServerCertificate)? = nil, answers: [HTTPAnswer],
        _ body: (HTTPSimulator) async throws -> Result
    ) async throws -> Result {
        try await run(certificate: certificate, answer: { answers[min($0.number, answers.count) - 1] }, body)
    }
}
