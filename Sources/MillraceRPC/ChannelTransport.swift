import Glibc
import Linux
import Logging
import MillraceProtocol
import NIOCore

/// Carries a session over a NIO channel: bytes in, frames to the session, and what the session says during a read out
/// in one write when the loop has read from all who are ready.
///
/// Output is sent straight to the socket by whoever has something to say, on any thread: that spares a turn of the event
/// loop for each answer made elsewhere. NIO is given only what the socket does not take at once. A peer who leaves his answers
/// unread is not read from either; one who is told much is, or he and we could wait for each other.
///
/// NIO closes its descriptor when it likes, but only on the loop, so that is where it can be used. Other threads have one of
/// ours for the same socket: ``LentSocket``. The first of them to say something has to come to the loop for it.
final class ChannelTransport: ChannelInboundHandler, SessionTransport, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Output for a slow peer goes to NIO in slices, so that one who reads slowly is told from one who does not.
    private static let slice = 128 << 10

    let session: RPCSession
    private let loop: any EventLoop
    private let turn: LoopTurn
    private let writer: SocketWriter
    private let lent: LentSocket
    /// Nil for a peer who is not a stranger.
    private let input: SharedBudget?

    /// NIO's descriptor, which is open while the channel is active; only for use on the loop.
    private let socket: Int32

    // Only on the event loop:
    private var isActive = false
    /// Somebody had something to say before the channel was active.
    private var hasToSay = false
    private var loan: Scheduled<Void>?
    private var context: ChannelHandlerContext?
    private var decoder: FrameDecoder
    private var isReading = false
    private var hasClaim = false
    private var isRefused = false
    private var alarm: (instant: Duration, task: Scheduled<Void>)?
    /// Set while NIO sends what the socket did not take.
    private var patience: Scheduled<Void>?
    private var isPaused = false

    /// - Parameter socket: the channel's, which it closes.
    init(
        _ session: RPCSession, over socket: Int32, on loop: any EventLoop, in turn: LoopTurn,
        loans: SharedBudget, input: SharedBudget? = nil
    ) {
        self.session = session
        self.loop = loop
        self.turn = turn
        self.input = input
        lent = LentSocket(within: loans)
        self.socket = socket
        writer = SocketWriter(session: session)
        decoder = FrameDecoder(maximumLength: session.limits.maximumFrame)
    }

    // MARK: The session's side

    func outputIsClaimed() {
        if loop.inEventLoop { return sendOnLoop() }
        if let own = lent.use() { return withExtendedLifetime(own) { send(to: own.raw) } }
        loop.execute {
            self.lend()
            self.sendOnLoop()
        }
    }

    private func sendOnLoop() {
        if isActive { return send(to: socket) }
        // After its end a channel has no context.
        if context == nil { session.mute() } else { hasToSay = true }
    }

    private func send(to socket: Int32) {
        switch writer.send(to: socket) {
        case .done: break
        case .finished: session.close(.closed)
        case .full(let rest):
            session.setInTransit(rest.count)
            loop.execute { self.sendSlowly(rest) }
        // The channel learns of a hang-up by itself.
        case .failed(let error) where error.number == EPIPE || error.number == ECONNRESET: session.mute()
        case .failed(let error): session.close(.failed("\(error)"))
        }
    }

    func wake(at instant: Duration) {
        if loop.inEventLoop {
            schedule(at: instant)
        } else {
            loop.execute { self.schedule(at: instant) }
        }
    }

    func close() {
        lent.hangUp()
        loop.execute {
            if self.isActive { SocketWriter.hangUp(self.socket) }
            self.context?.close(promise: nil)
        }
    }

    /// Gives other threads a descriptor, until they have been silent for a while. Where there is none to be had they go on
    /// coming to the loop.
    private func lend() {
        guard loan == nil, isActive, lent.lend(socket) else { return }
        takeBackLater()
    }

    private func takeBackLater() {
        let time = session.limits.loan
        loan = loop.scheduleTask(in: .nanoseconds(time.nanoseconds)) {
            if self.lent.takeBack() { self.loan = nil } else { self.takeBackLater() }
        }
    }

    private func schedule(at instant: Duration) {
        guard context != nil else { return }
        if let alarm {
            if alarm.instant <= instant { return }
            alarm.task.cancel()
        }
        let delay = max(.zero, instant - session.time.boot())
        let task = loop.scheduleTask(in: .nanoseconds(delay.nanoseconds)) {
            self.alarm = nil
            self.session.timePassed()
        }
        alarm = (instant, task)
    }

    // MARK: The channel's side

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        session.attach(self)
    }

    func channelActive(context: ChannelHandlerContext) {
        isActive = true
        if hasToSay { sendOnLoop() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        isActive = false
        alarm?.task.cancel()
        patience?.cancel()
        loan?.cancel()
        forgetInput()
        self.context = nil
        lent.end()
        session.close(.hungUp)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isRefused { return }
        if !isReading {
            isReading = true
            // There may be answers soon, from wherever.
            lend()
            hasClaim = session.claimOutput()
        }
        let bytes = unwrapInboundIn(data)
        let held = decoder.buffered
        do throws(FrameError) {
            try decoder.consume(bytes.readableBytesUInt8Span) { frame in
                session.receive(frame)
                return true
            }
        } catch {
            isRefused = true
            session.refuse(error.rpcError)
        }
        if let input, !input.add(decoder.buffered - held) {
            isRefused = true
            forgetInput()
            session.refuse(
                RPCError(
                    .resourceExhausted, "too much is held of messages that have not come whole, try again later",
                    reason: RPCError.Reason.inputLimit))
        }
    }

    private func forgetInput() {
        input?.add(-decoder.buffered)
        decoder = FrameDecoder(maximumLength: session.limits.maximumFrame)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard isReading else { return }
        isReading = false
        if patience != nil { pauseOrReadOn(context) }
        if hasClaim { turn.send(for: self) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { return session.inputEnded() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        session.log.debug("connection of \(session.peer) failed: \(error)")
        context.close(promise: nil)
    }

    // MARK: Peers who do not read

    /// Lets NIO send the rest; the claim is kept until it is sent, so output gathers meanwhile.
    private func sendSlowly(_ rest: [UInt8]) {
        guard let context else { return }
        losePatienceLater()
        pauseOrReadOn(context)
        let whole = ByteBuffer(bytes: rest)
        var position = 0
        while position < whole.readableBytes {
            let length = min(Self.slice, whole.readableBytes - position)
            let slice = whole.getSlice(at: position, length: length)!
            position += length
            let left = whole.readableBytes - position
            let promise = loop.makePromise(of: Void.self)
            promise.futureResult.whenSuccess { self.sent(left) }
            context.write(wrapOutboundOut(slice), promise: promise)
        }
        context.flush()
    }

    private func sent(_ left: Int) {
        session.setInTransit(left)
        patience?.cancel()
        patience = nil
        if left > 0 { losePatienceLater() } else { outputIsClaimed() }
        if let context { pauseOrReadOn(context) }
    }

    private func pauseOrReadOn(_ context: ChannelHandlerContext) {
        let isToPause = session.hasUnreadAnswers(beyond: session.limits.unreadAnswers)
        if isToPause == isPaused { return }
        isPaused = isToPause
        try? context.channel.syncOptions?.setOption(.autoRead, value: !isToPause)
    }

    private func losePatienceLater() {
        let bound = session.limits.slowReader
        patience = loop.scheduleTask(in: .nanoseconds(bound.nanoseconds)) { self.session.losePatience() }
    }
}
