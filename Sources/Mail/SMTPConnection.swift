import Linux
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

/// One connection to a server: a command goes, a reply comes.
///
/// Whatever goes wrong closes it, and all that is asked after fails likewise.
final class SMTPConnection: Sendable {
    let origin: String
    private let channel: any Channel
    private let replies: NIOLoopBound<SMTPReplies>

    static func open(_ settings: SMTPSettings) async throws(SMTPError) -> SMTPConnection {
        let origin = settings.origin
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.nanoseconds(settings.timeout.nanoseconds))
        do {
            return try await bootstrap.connect(host: settings.server, port: settings.usedPort) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let replies = SMTPReplies(origin)
                    try channel.pipeline.syncOperations.addHandler(replies)
                    return SMTPConnection(
                        origin, channel, NIOLoopBound(replies, eventLoop: channel.eventLoop))
                }
            }
        } catch {
            throw SMTPError(error, origin, .connect)
        }
    }

    private init(_ origin: String, _ channel: any Channel, _ replies: NIOLoopBound<SMTPReplies>) {
        self.origin = origin
        self.channel = channel
        self.replies = replies
    }

    /// Sends bytes, if any, and waits for the reply.
    func exchange(
        _ bytes: [UInt8], _ step: SMTPError.Step, within limit: Duration
    ) async throws(SMTPError) -> SMTPReply {
        try await onLoop(step) { [channel] in $0.ask(channel, bytes, step, within: limit) }
    }

    /// Makes the connection one of TLS from here on.
    func secure(_ settings: SMTPSettings) async throws(SMTPError) {
        let (server, limit) = (settings.server, settings.timeout)
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let file = settings.trusted {
            do {
                configuration.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(file))]
            } catch {
                throw .settings("\(file) holds no certificates in PEM")
            }
        }
        let context: NIOSSLContext
        do { context = try NIOSSLContext(configuration: configuration) } catch {
            throw .settings("TLS cannot be had as it is set")
        }
        try await onLoop(.tls) { [channel] in $0.secure(channel, context, server: server, within: limit) }
    }

    func close() async {
        // It may have closed by itself.
        try? await channel.close()
    }

    private func onLoop<Value: Sendable>(
        _ step: SMTPError.Step, _ body: @escaping @Sendable (SMTPReplies) -> EventLoopFuture<Value>
    ) async throws(SMTPError) -> Value {
        do {
            return try await withTaskCancellationHandler {
                try Task.checkCancellation()
                return try await channel.eventLoop.flatSubmit { [replies] in body(replies.value) }.get()
            } onCancel: {
                channel.close(promise: nil)
            }
        } catch {
            if Task.isCancelled { throw .cancelled }
            throw SMTPError(error, origin, step)
        }
    }
}

/// Replies as they come in, each to the one who waits for it. All on the loop of its channel.
private final class SMTPReplies: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let origin: String
    private var reader = SMTPReplyReader()
    /// Came without being asked for: the greeting, or a last word before the server closes.
    private var unasked: SMTPReply?
    private var waiting: EventLoopPromise<SMTPReply>?
    private var handshake: EventLoopPromise<Void>?
    private var failure: (any Error)?

    init(_ origin: String) { self.origin = origin }

    func ask(
        _ channel: any Channel, _ bytes: [UInt8], _ step: SMTPError.Step, within limit: Duration
    ) -> EventLoopFuture<SMTPReply> {
        // Also where the connection has closed since.
        if let reply = unasked {
            unasked = nil
            // To a command that has not gone only a farewell can be an answer.
            guard bytes.isEmpty || reply.code == 421 else {
                let confused = SMTPError.confused(origin, "it answers what was not asked")
                fail(confused, channel)
                return channel.eventLoop.makeFailedFuture(confused)
            }
            return channel.eventLoop.makeSucceededFuture(reply)
        }
        if let failure { return channel.eventLoop.makeFailedFuture(failure) }
        let promise = channel.eventLoop.makePromise(of: SMTPReply.self)
        waiting = promise
        limited(promise.futureResult, step, within: limit, channel)
        if !bytes.isEmpty { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }
        return promise.futureResult
    }

    func secure(
        _ channel: any Channel, _ context: NIOSSLContext, server: String, within limit: Duration
    ) -> EventLoopFuture<Void> {
        // What somebody on the way has slipped in before the handshake must not count after it.
        guard reader.isEmpty, unasked == nil else {
            let confused = SMTPError.confused(origin, "it sent more than the answer to STARTTLS")
            fail(confused, channel)
            return channel.eventLoop.makeFailedFuture(confused)
        }
        if let failure { return channel.eventLoop.makeFailedFuture(failure) }
        let promise = channel.eventLoop.makePromise(of: Void.self)
        handshake = promise
        limited(promise.futureResult, .tls, within: limit, channel)
        do {
            // A certificate for an address is checked against the address itself.
            let isAddress = (try? SocketAddress(ipAddress: server, port: 0)) != nil
            let handler = try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : server)
            try channel.pipeline.syncOperations.addHandler(handler, position: .first)
        } catch {
            fail(error, channel)
        }
        return promise.futureResult
    }

    private func limited<Value>(
        _ future: EventLoopFuture<Value>, _ step: SMTPError.Step, within limit: Duration, _ channel: any Channel
    ) {
        let timeout = channel.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(limit.nanoseconds)) {
            self.fail(SMTPError.timedOut(self.origin, step), channel)
        }
        future.assumeIsolated().whenComplete { _ in timeout.cancel() }
    }

    private func fail(_ error: any Error, _ channel: any Channel) {
        if failure == nil { failure = error }
        waiting?.fail(error)
        waiting = nil
        handshake?.fail(error)
        handshake = nil
        channel.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = ArraySlice(unwrapInboundIn(data).readableBytesView)
        do throws(SMTPReplyReader.Fault) {
            while failure == nil, let reply = try reader.read(&bytes) {
                if let promise = waiting {
                    waiting = nil
                    promise.succeed(reply)
                } else if unasked == nil {
                    unasked = reply
                } else {
                    throw SMTPReplyReader.Fault(why: "it answers what was not asked")
                }
            }
        } catch {
            fail(error, context.channel)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent {
            handshake?.succeed()
            handshake = nil
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { fail(error, context.channel) }

    func channelInactive(context: ChannelHandlerContext) {
        fail(SMTPError.unreachable(origin, "the connection closed too early"), context.channel)
        context.fireChannelInactive()
    }
}
