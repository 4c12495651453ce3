import Glibc
import NIOCore
import NIOHTTP1
import Watching

/// One connection to a simulated service: reads requests, writes answers by hand, so that every fault can be made.
final class HTTPConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    /// A longer body is refused by hanging up.
    static let largestBody = 64 << 20

    private let history: Watched<HTTPSimulator.History>
    private let keeping: Int
    private let answer: @Sendable (HTTPCall) -> HTTPAnswer
    private var connection = 0
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    /// The call whose answer is not yet written.
    private var unanswered: Int?

    init(
        _ history: Watched<HTTPSimulator.History>, keeping: Int,
        _ answer: @escaping @Sendable (HTTPCall) -> HTTPAnswer
    ) {
        self.history = history
        self.keeping = keeping
        self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) {
        history.update {
            $0.connections += 1
            $0.open += 1
            connection = $0.connections
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        history.update {
            $0.open -= 1
            if let unanswered { $0.abandoned.append(unanswered) }
        }
        unanswered = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let part):
            body += part.readableBytesView
            if body.count > Self.largestBody { context.close(promise: nil) }
        case .end:
            guard let head else { return }
            self.head = nil
            take(head, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func take(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        var call: HTTPCall?
        history.update { history in
            history.count += 1
            let made = HTTPCall(
                number: history.count, connection: connection, method: head.method.rawValue,
                target: head.uri, headers: head.headers.map { ($0.name, $0.value) }, body: body, time: .now)
            history.calls.append(made)
            if history.calls.count > keeping { history.calls.removeFirst() }
            call = made
        }
        body = []
        guard let call else { return }
        unanswered = call.number
        let answer = answer(call)
        later(answer.delay, context) { self.write(answer, $0) }
    }

    private func write(_ answer: HTTPAnswer, _ context: ChannelHandlerContext) {
        switch answer.fault {
        case .none:
            unanswered = nil
            send(Array(answer.head.utf8) + answer.body, context)
        case .reset:
            unanswered = nil
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            (context.channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
                .whenComplete { _ in bound.value.close(promise: nil) }
        case .hangUp:
            unanswered = nil
            context.close(promise: nil)
        case .half:
            unanswered = nil
            send(Array(answer.head.utf8) + answer.body.prefix(answer.body.count / 2), context, thenClose: true)
        case .garbage(let text):
            unanswered = nil
            send(Array(text.utf8), context, thenClose: true)
        case .silence:
            break
        case .drip(let count, let pause):
            send(Array(answer.head.utf8), context)
            drip(answer.body[...], count, pause, context)
        case .endless:
            send(Array(answer.head.utf8), context)
            pour(context)
        }
    }

    private func drip(_ rest: ArraySlice<UInt8>, _ count: Int, _ pause: Duration, _ context: ChannelHandlerContext) {
        guard !rest.isEmpty else {
            unanswered = nil
            return
        }
        later(pause, context) {
            self.send(Array(rest.prefix(count)), $0)
            self.drip(rest.dropFirst(count), count, pause, $0)
        }
    }

    /// Writes on as soon as the client has taken what was written, so that no more than one part is in memory.
    private func pour(_ context: ChannelHandlerContext) {
        let part = ByteBuffer(repeating: UInt8(ascii: "x"), count: 65_536)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let own = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(part)).whenSuccess { own.value.pour(bound.value) }
    }

    private func send(_ bytes: [UInt8], _ context: ChannelHandlerContext, thenClose: Bool = false) {
        let written = context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)))
        guard thenClose else { return }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        written.whenComplete { _ in bound.value.close(promise: nil) }
    }

    /// Goes on after a while, unless the connection is gone then.
    private func later(
        _ delay: Duration, _ context: ChannelHandlerContext, _ body: @escaping (ChannelHandlerContext) -> Void
    ) {
        guard delay > .zero else { return body(context) }
        let bound = NIOLoopBound((context, body), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: TimeAmount(delay)) {
            let (context, body) = bound.value
            if context.channel.isActive { body(context) }
        }
    }
}
