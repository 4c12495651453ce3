import JSONCodec
import Linux
import Logging
import MillraceProtocol
import Resilience

/// Calls a service at its socket. It connects with the first call and again whenever the connection is gone, so a
/// service that restarts costs its callers a pause.
///
/// A call whose connection breaks before the answer is repeated when that is safe: its method is repeatable, or it
/// bears an idempotency key. Others fail with `UNAVAILABLE`, reason `connection.lost`.
public final class RPCClient: Sendable {
    public let path: String
    private let router: RPCRouter
    private let limits: RPCLimits
    private let log: Logger
    private let time: any TimeSource
    private let patience: Duration
    private let backoff: Backoff
    private let state = Locked(State())

    private struct State {
        var session: RPCSession?
        var isClosed = false
    }

    /// - Parameters:
    ///   - path: the service's socket.
    ///   - router: what the service may ask in the other direction.
    ///   - patience: how long after its first failure a call goes on trying; its time-out may end it sooner.
    public init(
        socket path: String, router: RPCRouter = RPCRouter(), limits: RPCLimits = RPCLimits(),
        log: Logger = Logger(label: "millrace.client"), time: any TimeSource = SystemTime(),
        patience: Duration = .seconds(5),
        backoff: Backoff = Backoff(base: .milliseconds(20), cap: .seconds(1))
    ) {
        self.path = path
        self.router = router
        self.limits = limits
        self.log = log
        self.time = time
        self.patience = patience
        self.backoff = backoff
    }

    deinit { close() }

    /// Asks and waits for the answer, at most `options.timeout`.
    ///
    /// - Parameter progress: called for each `$/progress`, on the connection's thread: it must not block.
    /// - Throws: `RPCError`; `CancellationError` when the task is cancelled.
    public func call<M: RPCMethod>(
        _ method: M.Type, _ params: M.Params, options: CallOptions = CallOptions(),
        progress: (@Sendable (JSONRaw) -> Void)? = nil
    ) async throws -> M.Result {
        try await repeating(safely: M.repeatable, options) { session, options in
            try await session.call(M.self, params, options: options, progress: progress)
        }
    }

    /// The same for a method known only by name.
    ///
    /// - Parameter repeatable: whether the call may be repeated without an idempotency key.
    public func callRaw(
        _ method: String, _ params: JSONRaw = .emptyObject, options: CallOptions = CallOptions(),
        repeatable: Bool = false, progress: (@Sendable (JSONRaw) -> Void)? = nil
    ) async throws -> JSONRaw {
        try await repeating(safely: repeatable, options) { session, options in
            try await session.callRaw(method, params, options: options, progress: progress)
        }
    }

    /// The connection, made now if there is none.
    ///
    /// - Throws: `RPCError` with `UNAVAILABLE`, reason `connection.refused`.
    public func session() throws(RPCError) -> RPCSession {
        try state.withLock { state throws(RPCError) in
            if state.isClosed { throw Self.refused("the client is closed") }
            if let session = state.session, session.isUsable { return session }
            do throws(SystemError) {
                let socket = try UnixSocket.connect(path: path, waiting: false)
                let session = try Self.session(over: socket, router: router, limits: limits, log: log, time: time)
                session.onGoodbye { [weak self] session in self?.forget(session) }
                state.session = session
                return session
            } catch {
                throw Self.refused("\(error)")
            }
        }
    }

    /// Hangs up; calls under way fail and no new ones begin.
    public func close() {
        let session = state.withLock { state in
            state.isClosed = true
            defer { state.session = nil }
            return state.session
        }
        session?.close()
    }

    /// Serves a connected socket with a thread of its own: a worker's end of a pair, or a client that is also asked.
    public static func session(
        over socket: Descriptor, router: RPCRouter = RPCRouter(), peer: Peer? = nil, limits: RPCLimits = RPCLimits(),
        log: Logger = Logger(label: "millrace.client"), time: any TimeSource = SystemTime()
    ) throws(SystemError) -> RPCSession {
        var known = peer
        if known == nil { known = Peer(credentials: try UnixSocket.credentials(of: socket.raw), access: .admin) }
        let session = RPCSession(router: router, peer: known!, limits: limits, log: log, time: time)
        try ThreadTransport(session, over: socket).start()
        return session
    }
}

extension RPCClient {
    private func repeating<R: Sendable>(
        safely: Bool, _ options: CallOptions, _ body: (RPCSession, CallOptions) async throws -> R
    ) async throws -> R {
        let end = options.timeout.map { time.boot() + $0 }
        var giveUp = end
        var options = options
        var attempt = 1
        while true {
            let failure: RPCError
            switch Result(catching: session) {
            case .failure(let error): failure = error
            case .success(let session):
                do {
                    return try await body(session, options)
                } catch let error as RPCError where mayRepeat(error, safely || options.idempotencyKey != nil, session) {
                    failure = error
                }
            }
            let now = time.boot()
            let delay = backoff.delay(attempt: attempt)
            if attempt == 1 { giveUp = min(now + patience, end ?? now + patience) }
            if let giveUp, now + delay >= giveUp { throw failure }
            attempt += 1
            try await time.sleep(until: now + delay)
            if let end { options.timeout = max(.milliseconds(1), end - time.boot()) }
        }
    }

    /// Whether the call may be made again. One that was not sent, or that a stopping service turned away, was not begun.
    ///
    /// The session's state tells its own failures from those that a service merely passes on.
    private func mayRepeat(_ error: RPCError, _ isSafe: Bool, _ session: RPCSession) -> Bool {
        switch error.reason {
        case RPCError.Reason.stopping, RPCError.Reason.connectionGone:
            return !session.isUsable
        case RPCError.Reason.connectionLost: return isSafe && !session.isOpen
        default: return false
        }
    }

    /// The next call makes a new connection.
    private func forget(_ session: RPCSession) {
        state.withLock { if $0.session === session { $0.session = nil } }
    }

    private static func refused(_ text: String) -> RPCError {
        RPCError(
            .unavailable, "no connection: \(text)", reason: RPCError.Reason.connectionRefused)
    }
}
