import JSONCodec
import Linux
import Logging
import MillraceProtocol

/// One connection, both directions: it answers the peer's requests by a router and sends requests of its own.
///
/// It knows nothing of sockets: a transport feeds it with frames and takes its output. Everything here may be called
/// from any thread and nothing blocks.
///
/// Refer to a session strongly and let go of it in ``onClose(_:)``: weak references to it would slow down every request.
public final class RPCSession: Sendable {
    public let peer: Peer
    public let limits: RPCLimits
    let log: Logger
    let time: any TimeSource
    let router: RPCRouter
    /// Nil where nobody counts.
    let meters: RPCMeters?
    let state: Locked<State>
    let writer = SpareWriter()
    let correlationIDs = CorrelationIDs()

    /// Why a connection ended.
    public enum CloseReason: Hashable, Sendable, CustomStringConvertible {
        /// ``close()`` was called here, or a drain was over.
        case closed
        /// The peer hung up.
        case hungUp
        /// The peer did not keep to the protocol, or did not read what it asked for.
        case refused(RPCError)
        /// The socket failed.
        case failed(String)

        public var description: String {
            switch self {
            case .closed: "closed"
            case .hungUp: "the peer hung up"
            case .refused(let error): error.message
            case .failed(let text): text
            }
        }
    }

    enum Phase {
        case open
        /// Ends as soon as nothing runs any more.
        case ending
        case closed(CloseReason)
    }

    struct State {
        var transport: (any SessionTransport)?
        var phase = Phase.open
        var refusesRequests = false
        /// Until when, on the boot clock, a peer who was told goodbye may go by himself.
        var leaveUntil: Duration?
        var goodbyeHandlers: [@Sendable (RPCSession) -> Void] = []
        /// Whether the peer sends no more: no answer of his can come.
        var isPeerGone = false
        var closeHandlers: [@Sendable (CloseReason) -> Void] = []
        /// Requests whose handlers run.
        var running: [IncomingCall] = []
        var outgoing: [Int64: OutgoingCall] = [:]
        var nextID: Int64 = 1
        /// What the peer last said about no request in particular.
        var lastComplaint: RPCError?
        var output: SessionOutput
        /// When the transport was asked to wake the session.
        var wakeAt: Duration?
        var statistics = SessionStatistics()
    }

    init(
        router: RPCRouter, peer: Peer, limits: RPCLimits, log: Logger, time: any TimeSource, meters: RPCMeters? = nil,
        within outputs: SharedBudget? = nil
    ) {
        self.router = router
        self.meters = meters
        self.peer = peer
        self.limits = limits
        self.log = log
        self.time = time
        state = Locked(State(output: SessionOutput(within: outputs)))
    }

    /// What was said, or wished for, while there was no transport yet is this one's to carry out.
    func attach(_ transport: any SessionTransport) {
        var wake: Wake?
        let (isClosed, hasOutput) = state.withLock { state in
            if state.isClosed { return (true, false) }
            state.transport = transport
            if let leaveUntil = state.leaveUntil { wake = state.wake(by: leaveUntil) }
            return (false, state.output.isClaimed)
        }
        if isClosed { return transport.close() }
        if hasOutput { transport.outputIsClaimed() }
        wake?()
    }

    public var isOpen: Bool {
        state.withLock { state in
            if case .closed = state.phase { return false }
            return true
        }
    }

    /// Whether new requests have a chance to be answered: neither side has said goodbye.
    var isUsable: Bool {
        state.withLock { state in
            if case .open = state.phase { return true }
            return false
        }
    }

    public var statistics: SessionStatistics {
        state.withLock { state in
            var statistics = state.statistics
            statistics.inFlight = state.running.count
            statistics.waitingBytes = state.output.waiting
            return statistics
        }
    }

    /// Hangs up. What the peer waited for is cancelled, what was asked of it fails, unsent answers are lost.
    public func close() {
        close(.closed)
    }

    /// Calls `body` once when the connection has ended, at once if it already has.
    public func onClose(_ body: @escaping @Sendable (CloseReason) -> Void) {
        let ended = state.withLock { state -> CloseReason? in
            if case .closed(let reason) = state.phase { return reason }
            state.closeHandlers.append(body)
            return nil
        }
        if let ended { body(ended) }
    }

    /// Ends the connection when all that runs has been answered and every answer is sent; until then new requests are
    /// answered `UNAVAILABLE`. Methods that only wait are answered so at once.
    ///
    /// The peer is told by `$/goodbye`. One that knows it sends no more on this connection and hangs up when he has his
    /// answers, so that no request of his is lost on the way; others have a moment, then the connection ends.
    public func drain() {
        let goodbye = Self.goodbye
        let leaveUntil = time.boot() + Self.leaveTaking
        var wake: Wake?
        // All at once, so that no answer that turns a request away comes before the goodbye.
        let (interrupted, transport) = state.withLock { state -> ([IncomingCall], (any SessionTransport)?) in
            guard case .open = state.phase else { return ([], nil) }
            state.refusesRequests = true
            state.phase = .ending
            state.leaveUntil = leaveUntil
            state.output.append(goodbye)
            wake = state.wake(by: leaveUntil)
            let interrupted = state.running.filter { $0.interruptible && !$0.isAnswered }
            return (interrupted, state.output.claim() ? state.transport : nil)
        }
        transport?.outputIsClaimed()
        wake?()
        for call in interrupted {
            // Answered first: a handler that is stopped may answer by itself.
            answer(call, failing: Self.stopping)
            stop(call)
        }
    }

    private static let goodbye: [UInt8] = {
        var json = JSONWriter()
        Envelope.encodeNotification(method: "$/goodbye", into: &json) { $0.value(Empty()) }
        return json.bytes
    }()

    /// How long a peer has to hang up by himself once he was told goodbye and has all his answers.
    private static let leaveTaking = Duration.milliseconds(250)

    /// The peer will answer no new requests: nothing is sent to him but what was begun, then the connection ends.
    func goodbyeCame() {
        let handlers = state.withLock { state -> [@Sendable (RPCSession) -> Void] in
            guard case .open = state.phase else { return [] }
            state.phase = .ending
            defer { state.goodbyeHandlers = [] }
            return state.goodbyeHandlers
        }
        for handler in handlers { handler(self) }
        closeIfFinished()
    }

    /// Calls `body` with this session when the peer says goodbye; not if it already has.
    func onGoodbye(_ body: @escaping @Sendable (RPCSession) -> Void) {
        state.withLock { $0.goodbyeHandlers.append(body) }
    }

    /// The peer sends no more, but may still read.
    func inputEnded() {
        let orphans = state.withLock { state -> [OutgoingCall] in
            if state.isClosed { return [] }
            state.phase = .ending
            state.isPeerGone = true
            defer { state.outgoing = [:] }
            return Array(state.outgoing.values)
        }
        for call in orphans { call.completion(.error(connectionLost(.hungUp))) }
        closeIfFinished()
    }

    func close(_ reason: CloseReason) {
        let ended = state.withLock { state -> State? in
            if case .closed = state.phase { return nil }
            let ended = state
            state.phase = .closed(reason)
            state.transport = nil
            state.running = []
            state.outgoing = [:]
            state.closeHandlers = []
            state.goodbyeHandlers = []
            state.output.removeAll()
            for call in ended.running {
                call.isAnswered = true
                call.isCancelled = true
                call.slot = -1
            }
            return ended
        }
        guard let ended else { return }
        ended.transport?.close()
        for call in ended.running { call.stop() }
        let lost = ended.lastComplaint ?? connectionLost(reason)
        for call in ended.outgoing.values { call.completion(.error(lost)) }
        for handler in ended.closeHandlers { handler(reason) }
    }

    func connectionLost(_ reason: CloseReason) -> RPCError {
        RPCError(.unavailable, "the connection was lost: \(reason)", reason: RPCError.Reason.connectionLost)
    }

    static let stopping = RPCError(
        .unavailable, "the service is stopping; ask again", reason: RPCError.Reason.stopping, retryAfterMs: 100)
}

extension RPCSession.State {
    /// Whether nothing is left to do on a connection that ends.
    var isFinished: Bool {
        guard case .ending = phase, running.isEmpty, outgoing.isEmpty else { return false }
        return leaveUntil == nil || isPeerGone
    }

    var isClosed: Bool {
        guard case .closed = phase else { return false }
        return true
    }
}

/// Counts of one connection.
public struct SessionStatistics: Hashable, Sendable {
    public var requests = 0
    public var notifications = 0
    /// Requests that were answered by an error.
    public var errors = 0
    /// Requests whose handlers run now.
    public var inFlight = 0
    /// Bytes the peer has not taken yet.
    public var waitingBytes = 0
}
