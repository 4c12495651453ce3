import Linux
import NIOCore
import NIOHTTP1

/// One connection: requests one after the other, each answered by the site; nothing is taken that a page or a scrape does not need.
///
/// The next request begins once the answer to the last one has gone to the socket, of which no more than ``piece`` waits there. A
/// connection on which nothing moves for the server's idle time is ended, whatever is under way on it.
final class WebHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// Bytes that are given to the socket at once; the next follow when they have gone.
    static let piece = 1 << 16

    private let answer: @Sendable (WebAsk) async -> WebAnswer
    private let streams: WebPlaces
    private let isLoopback: Bool
    private var head: HTTPRequestHead?
    private var hasBody = false
    private var task: Task<Void, Never>?

    /// - Parameter isLoopback: whether it came over a network interface, where a browser may be led here by a foreign name.
    init(
        streams: WebPlaces, isLoopback: Bool, _ answer: @escaping @Sendable (WebAsk) async -> WebAnswer
    ) {
        self.streams = streams
        self.isLoopback = isLoopback
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            hasBody = false
        case .body: hasBody = true
        case .end:
            guard let head else { return }
            self.head = nil
            take(head, context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        task?.cancel()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // An answer that goes on has something to say every few seconds: that too waits for a reader who is none.
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func take(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let channel = context.channel
        let keepsAlive = head.isKeepAlive && !hasBody
        let answer = answer, streams = streams
        let ask = WebAsk(head)
        let refusal = refusal(of: head) ?? (ask == nil ? .text(.badRequest, "the target has to be a path") : nil)
        task = Task { @Sendable in
            let outcome = await Self.outcome(ask, refusal, streams, answer)
            await Self.write(outcome, head, keepsAlive, channel, streams)
        }
    }

    private static func outcome(
        _ ask: WebAsk?, _ refusal: WebAnswer?, _ streams: WebPlaces, _ answer: @Sendable (WebAsk) async -> WebAnswer
    ) async -> WebAnswer {
        guard let ask, refusal == nil else { return refusal ?? .text(.badRequest, "no target") }
        let outcome = await answer(ask)
        guard case .stream = outcome.body, !streams.take() else { return outcome }
        return .text(.serviceUnavailable, "\(WebPlaces.limit) pages are kept up to date already")
    }

    /// Why a request is not looked at; nil for one that is.
    private func refusal(of head: HTTPRequestHead) -> WebAnswer? {
        if hasBody { return .text(.payloadTooLarge, "there is nothing here that takes a body") }
        guard head.method == .GET || head.method == .HEAD else {
            var answer = WebAnswer.text(.methodNotAllowed, "this page only shows; use GET")
            answer.headers = [("Allow", "GET, HEAD")]
            return answer
        }
        // A page of somebody else's whose name leads here must not read ours (DNS rebinding).
        if isLoopback, let host = head.headers.first(name: "Host"), !Self.isOwn(host) {
            return .text(.misdirectedRequest, "\(host.prefix(100)) is not served here; use 127.0.0.1 or localhost")
        }
        return nil
    }

    /// Whether a browser that was sent to this host meant this machine: an address, or localhost.
    static func isOwn(_ host: String) -> Bool {
        if host.hasPrefix("[") { return true }
        let name = host.split(separator: ":", omittingEmptySubsequences: false)[0]
        if name == "localhost" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func write(
        _ answer: WebAnswer, _ head: HTTPRequestHead, _ keepsAlive: Bool, _ channel: any Channel, _ streams: WebPlaces
    ) async {
        var headers = HTTPHeaders(answer.headers)
        headers.add(name: "Content-Type", value: answer.type)
        headers.add(name: "Cache-Control", value: "no-store")
        headers.add(name: "X-Content-Type-Options", value: "nosniff")
        headers.add(name: "Referrer-Policy", value: "no-referrer")
        func part(_ part: HTTPServerResponsePart) async throws { try await channel.writeAndFlush(part) }
        @Sendable func pieces(_ bytes: [UInt8]) async throws {
            var rest = ByteBuffer(bytes: bytes)
            while let next = rest.readSlice(length: min(rest.readableBytes, Self.piece)), next.readableBytes > 0 {
                try await channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(next)))
            }
        }
        do {
            switch answer.body {
            case .bytes(let bytes):
                headers.add(name: "Content-Length", value: "\(bytes.count)")
                if !keepsAlive { headers.add(name: "Connection", value: "close") }
                let begin = HTTPServerResponsePart.head(
                    .init(version: head.version, status: answer.status, headers: headers))
                // The end lets the next request in, so all that comes before has to be gone by then.
                if head.method == .HEAD || bytes.isEmpty {
                    try await part(begin)
                } else {
                    channel.write(begin, promise: nil)
                    try await pieces(bytes)
                }
                try await part(.end(nil))
            case .stream(let body):
                defer { streams.give() }
                headers.add(name: "Connection", value: "close")
                try await part(.head(.init(version: head.version, status: answer.status, headers: headers)))
                if head.method != .HEAD {
                    await body(WebStream { bytes in (try? await pieces(bytes)) != nil })
                }
                try await part(.end(nil))
                try await channel.close()
                return
            }
            if !keepsAlive { try await channel.close() }
        } catch {
            // The other side is gone: nobody is left to be told.
            channel.close(promise: nil)
        }
    }
}

/// Counts the answers that go on.
final class WebPlaces: Sendable {
    static let limit = 50
    private let taken = Locked(0)

    func take() -> Bool {
        taken.withLock { taken in
            guard taken < Self.limit else { return false }
            taken += 1
            return true
        }
    }

    func give() { taken.withLock { $0 -= 1 } }
}
