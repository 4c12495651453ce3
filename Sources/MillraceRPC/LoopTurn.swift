import NIOCore

/// Answers made while an event loop goes round its ready connections; they are sent when it has been round.
///
/// Sending wakes a peer who sleeps, which costs more than a small request. A peer with many connections is awake by the
/// second answer when all go out together, and asleep again before each when they do not.
///
/// Only for use on the loop.
final class LoopTurn: @unchecked Sendable {
    private let loop: any EventLoop
    private var waiting: [any SessionTransport] = []
    private var sending: [any SessionTransport] = []
    /// Who spoke last.
    private var latest: ObjectIdentifier?

    /// So many connections at most wait for each other.
    private static let most = 32

    init(on loop: any EventLoop) {
        self.loop = loop
    }

    /// Sends for `transport`, at the end of the loop's turn if others are likely to have something to say by then; it
    /// keeps the claim on its session's output until that is done.
    func send(for transport: any SessionTransport) {
        let latest = self.latest
        self.latest = ObjectIdentifier(transport)
        // The only one who speaks waits for nobody.
        if latest == self.latest && waiting.isEmpty { return transport.outputIsClaimed() }
        waiting.append(transport)
        // What is executed on the loop runs after the events of the turn.
        if waiting.count == 1 { loop.execute { self.sendAll() } }
        if waiting.count == Self.most { sendAll() }
    }

    private func sendAll() {
        swap(&waiting, &sending)
        for transport in sending { transport.outputIsClaimed() }
        sending.removeAll(keepingCapacity: true)
    }
}
