import Linux
import Logging
import MillraceProtocol
import NIOCore

/// Carries a session over a NIO channel: bytes in, frames to the session, and what the session says during a read out
/// in one flush at its end. All but ``outputIsClaimed()``, ``wake(at:)`` and ``close()`` runs on the event loop.
final class ChannelTransport: ChannelInboundHandler, SessionTransport, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Above so many bytes NIO has not sent, nothing more is given to it and nothing more is read.
    static let highWater = 256 << 10
    /// Larger output is handed over in slices, so that a peer who reads slowly is told from one who does not.
    private static let slice = 128 << 10

    let session: RPCSession
    private let loop: any EventLoop
    private var context: ChannelHandlerContext?
    private var decoder: FrameDecoder
    private var chunk: [UInt8] = []
    private var output = ByteBuffer()
    private var isReading = false
    /// Whether the last read filled its buffer, so that NIO tries another before it says that the reading is complete.
    private var isFilled = false
    private var isRefused = false
    private var isWaiting = false
    private var alarm: Scheduled<Void>?
    private var patience: Scheduled<Void>?

    init(_ session: RPCSession, on loop: any EventLoop) {
        self.session = session
        self.loop = loop
        decoder = FrameDecoder(maximumLength: session.limits.maximumFrame)
    }

    // MARK: The session's side

    func outputIsClaimed() {
        loop.execute { self.flush() }
    }

    func wake(at instant: Duration) {
        if loop.inEventLoop {
            schedule(at: instant)
        } else {
            loop.execute { self.schedule(at: instant) }
        }
    }

    func close() {
        loop.execute { self.context?.close(promise: nil) }
    }

    private func schedule(at instant: Duration) {
        alarm?.cancel()
        let delay = max(.zero, instant - session.time.boot())
        alarm = loop.scheduleTask(in: .nanoseconds(delay.nanoseconds)) { self.session.timePassed() }
    }

    // MARK: The channel's side

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        session.attach(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        alarm?.cancel()
        patience?.cancel()
        self.context = nil
        session.close(.hungUp)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isRefused { return }
        if !isReading {
            isReading = true
            _ = session.claimOutput()
        }
        let bytes = unwrapInboundIn(data)
        isFilled = bytes.writableBytes == 0
        do throws(FrameError) {
            try decoder.consume(bytes.readableBytesUInt8Span) { frame in
                session.receive(frame)
                return true
            }
        } catch {
            isRefused = true
            session.refuse(error)
        }
    }

    /// NIO also calls this in the middle of closing the input, where it does not bear a write that fails (2.101.2, with
    /// half-closure allowed). Then either nothing was read, and whoever left output has arranged for its flush; or the
    /// last read was full.
    func channelReadComplete(context: ChannelHandlerContext) {
        guard isReading else { return }
        isReading = false
        if isFilled { outputIsClaimed() } else { flush() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            session.setInTransit(0)
            loseNoPatience()
            flush()
        }
        // A peer who does not read is not read from.
        try? context.channel.syncOptions?.setOption(.autoRead, value: context.channel.isWritable)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { return session.inputEnded() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        session.log.debug("connection of \(session.peer) failed: \(error)")
        context.close(promise: nil)
    }

    // MARK: Output

    /// Hands over what waits. While NIO has too much already the claim is kept, so that nobody asks again.
    private func flush() {
        guard !isReading, let context, context.channel.isWritable else { return }
        let isLast = session.takeOutput(into: &chunk)
        defer { if chunk.capacity > 64 << 10 { chunk = [] } else { chunk.removeAll(keepingCapacity: true) } }
        if isLast { return finish(context) }
        if chunk.isEmpty { return }
        if chunk.count > Self.slice { return writeSlices(context) }
        output.clear()
        output.writeBytes(chunk)
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
        if !context.channel.isWritable { wait(for: chunk.count) }
    }

    private func writeSlices(_ context: ChannelHandlerContext) {
        wait(for: chunk.count)
        let whole = ByteBuffer(bytes: chunk)
        var position = 0
        while position < whole.readableBytes {
            let length = min(Self.slice, whole.readableBytes - position)
            let slice = whole.getSlice(at: position, length: length)!
            position += length
            let rest = whole.readableBytes - position
            let promise = loop.makePromise(of: Void.self)
            promise.futureResult.whenSuccess { self.sent(rest) }
            context.write(wrapOutboundOut(slice), promise: promise)
        }
        context.flush()
    }

    private func sent(_ rest: Int) {
        session.setInTransit(rest)
        loseNoPatience()
        if rest > 0 { losePatience() }
    }

    private func wait(for bytes: Int) {
        session.setInTransit(bytes)
        losePatience()
    }

    private func losePatience() {
        if isWaiting { return }
        isWaiting = true
        let bound = session.limits.slowReader
        patience = loop.scheduleTask(in: .nanoseconds(bound.nanoseconds)) {
            let error = RPCError(
                .resourceExhausted, "the peer has read nothing for \(bound)", reason: RPCError.Reason.outputLimit)
            self.session.log.notice("closing the connection of \(self.session.peer): \(error.message)")
            self.session.close(.refused(error))
        }
    }

    private func loseNoPatience() {
        isWaiting = false
        patience?.cancel()
        patience = nil
    }

    /// Sends the last and hangs up, waiting for a slow peer no longer than for any other output.
    private func finish(_ context: ChannelHandlerContext) {
        if chunk.isEmpty && !isWaiting { return session.close(.closed) }
        losePatience()
        let last = loop.makePromise(of: Void.self)
        last.futureResult.whenComplete { _ in self.session.close(.closed) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: chunk)), promise: last)
    }
}
