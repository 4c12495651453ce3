import Glibc
import Linux
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Telemetry

/// Serves HTTP at sockets that were opened before: those of systemd, else one at 127.0.0.1 and a file.
final class WebServer: Sendable {
    /// Connections at once; the next is hung up on.
    static let connections = 200

    private struct State {
        var channels: [any Channel] = []
        var open: [ObjectIdentifier: any Channel] = [:]
        var address: String?
    }

    /// A connection on which nothing moves for so long is ended.
    private let idle: TimeAmount
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let streams = WebPlaces()
    private let time: any TimeSource
    private let log: Logger
    private let requests: Family<Histogram>
    private let state = Locked(State())

    init(time: any TimeSource, log: Logger, registry: Registry, idle: Duration = .seconds(60)) {
        self.idle = .nanoseconds(idle.nanoseconds)
        self.time = time
        self.log = log
        requests = registry.histograms(
            "millrace_http_duration_seconds", "How long answers of the page and to scrapes took.",
            labels: ["path", "code"],
            bounds: Bounds.requests)
    }

    /// "http://127.0.0.1:9464/"; nil where no port is served.
    var address: String? { state.withLock { $0.address } }

    var isServing: Bool { state.withLock { !$0.channels.isEmpty } }

    /// Serves at listening sockets, which it closes in the end.
    func serve(_ sockets: [Descriptor], _ answer: @escaping @Sendable (WebAsk) async -> WebAnswer) async throws {
        for socket in sockets {
            let port = Self.port(of: socket)
            let streams = streams
            let counted: @Sendable (WebAsk) async -> WebAnswer = { [self] ask in await count(ask, answer) }
            let channel = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 128)
                .childChannelInitializer { [weak self] channel in
                    channel.eventLoop.makeCompletedFuture {
                        guard let self, self.enter(channel) else { throw ChannelError.inputClosed }
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
                        try channel.pipeline.syncOperations.addHandlers([
                            IdleStateHandler(allTimeout: self.idle),
                            WebHandler(streams: streams, isLoopback: port != nil, counted),
                        ])
                    }
                }
                .withBoundSocket(socket.release()).get()
            state.withLock { state in
                state.channels.append(channel)
                if let port { state.address = "http://127.0.0.1:\(port)/" }
            }
        }
        log.info("the page is served", metadata: ["address": "\(address ?? "at a socket file")"])
    }

    /// Takes no more, ends what is open.
    func close() async {
        let (channels, open) = state.withLock { state in
            defer { (state.channels, state.open) = ([], [:]) }
            return (state.channels, Array(state.open.values))
        }
        // Closed already is as good.
        for channel in channels { try? await channel.close() }
        for channel in open { channel.close(promise: nil) }
        do {
            try await group.shutdownGracefully()
        } catch {
            log.warning("the page's thread did not end, continuing: \(error)")
        }
    }

    private func enter(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let isIn = state.withLock { state in
            guard state.open.count < Self.connections else { return false }
            state.open[id] = channel
            return true
        }
        if isIn {
            channel.closeFuture.whenComplete { [weak self] _ in self?.state.withLock { $0.open[id] = nil } }
        }
        return isIn
    }

    private func count(_ ask: WebAsk, _ answer: @Sendable (WebAsk) async -> WebAnswer) async -> WebAnswer {
        let began = time.boot()
        let outcome = await answer(ask)
        // Paths of jobs are as many as jobs.
        let path = ask.path.hasPrefix("/jobs/") ? "/jobs" : outcome.status == .notFound ? "other" : ask.path
        requests.with(path, "\(outcome.status.code)").record(time.boot() - began)
        return outcome
    }
}

// MARK: - Sockets

extension WebServer {
    /// Opens what systemd did not hand over: a port of this machine alone, and a socket file.
    static func sockets(port: Int, path: String, log: Logger) throws -> [Descriptor] {
        var sockets = [try UnixSocket.listen(path: path, mode: 0o660)]
        do throws(SystemError) {
            sockets.append(try loopback(port))
        } catch {
            guard error.number == EADDRINUSE, port != 0 else { throw error }
            log.notice("port \(port) is taken, the page is at another")
            sockets.append(try loopback(0))
        }
        return sockets
    }

    private static func loopback(_ port: Int) throws(SystemError) -> Descriptor {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let socket = Descriptor(try retrying("socket") { Glibc.socket(AF_INET, type, 0) })
        var on: Int32 = 1
        try retrying("setsockopt") {
            setsockopt(socket.raw, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        try withUnsafePointer(to: &address) { pointer throws(SystemError) in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer throws(SystemError) in
                _ = try retrying("bind 127.0.0.1:\(port)") {
                    bind(socket.raw, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        try retrying("listen") { listen(socket.raw, 128) }
        return socket
    }

    /// The port of an IP socket; nil for others.
    private static func port(of socket: Descriptor) -> Int? {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &address) { pointer in
            let isKnown = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(socket.raw, $0, &length) == 0
            }
            guard isKnown else { return nil }
            switch Int32(pointer.pointee.ss_family) {
            case AF_INET:
                return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    Int(UInt16(bigEndian: $0.pointee.sin_port))
                }
            case AF_INET6:
                return pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    Int(UInt16(bigEndian: $0.pointee.sin6_port))
                }
            default: return nil
            }
        }
    }
}
