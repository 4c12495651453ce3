import JSONCodec
import Linux
import Logging
import MillraceProtocol
import NIOCore
import NIOPosix

/// Answers requests on sockets: those it accepts from listening ones, and connected ones it is given.
public final class RPCServer: Sendable {
    public let limits: RPCLimits
    let router: RPCRouter
    let access: AccessPolicy
    let log: Logger
    let time: any TimeSource
    let meters: RPCMeters?
    private let group: MultiThreadedEventLoopGroup
    private let turns: [ObjectIdentifier: LoopTurn]
    private let input: SharedBudget
    private let output: SharedBudget
    private let loans: SharedBudget
    private let state = Locked(State())

    private struct State {
        var listeners: [Listener] = []
        /// Sessions by identity; those adopted do not count as connections.
        var sessions: [ObjectIdentifier: Connection] = [:]
        var connectionsOfUser: [UInt32: Int] = [:]
        var accepted = 0
        var refused = 0
        /// The most sessions at one time since the heap was last given back.
        var crowd = 0
        /// Counts of sessions that are over.
        var past = SessionStatistics()
        var isStopped = false
        var waiters: [CheckedContinuation<Void, Never>] = []

        var connections: Int { connectionsOfUser.values.reduce(0, +) }
    }

    private struct Connection {
        let session: RPCSession
        /// Nil for one that was adopted.
        let user: UInt32?
    }

    /// - Parameters:
    ///   - threads: event loops; one serves many connections.
    ///   - meters: what counts the requests; nil for nothing.
    public init(
        router: RPCRouter, limits: RPCLimits = RPCLimits(), access: AccessPolicy = .sameUser, log: Logger,
        time: any TimeSource = SystemTime(), threads: Int = 1, meters: RPCMeters? = nil
    ) {
        self.router = router
        self.limits = limits
        // One message goes through in any case.
        let longest = limits.maximumFrame + Frame.headerLength
        input = SharedBudget(max(limits.inputBytes, longest))
        output = SharedBudget(max(limits.outputBytes, longest))
        loans = SharedBudget(limits.loans)
        self.access = access
        self.log = log
        self.time = time
        self.meters = meters
        group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        turns = Dictionary(uniqueKeysWithValues: group.makeIterator().map { (ObjectIdentifier($0), LoopTurn(on: $0)) })
    }

    /// Begins to accept connections from a listening socket and returns; the server closes it in the end.
    public func serve(listening socket: Descriptor) async throws {
        let listener = try Listener(socket) { [weak self, log] outcome in
            switch outcome {
            case .success(let connected): self?.accept(connected)
            case .failure(let error): log.critical("no more connections are accepted: \(error)")
            }
        }
        let isStopped = state.withLock { state in
            if !state.isStopped { state.listeners.append(listener) }
            return state.isStopped
        }
        if isStopped { listener.stop() }
    }

    /// Serves one connected socket, such as a child's end of a pair, until either side hangs up. It is not subject to
    /// the limits on connections, and a drain leaves it alone until the end.
    ///
    /// - Parameters:
    ///   - peer: who it is; nil for what the kernel says, judged by the server's policy.
    ///   - router: what to answer there; nil for what the server answers.
    public func adopt(
        connected socket: Descriptor, peer: Peer? = nil, router: RPCRouter? = nil
    ) async throws -> RPCSession {
        let session = try makeSession(socket, peer: peer, router: router)
        let isStopped = state.withLock { state in
            if !state.isStopped { state.sessions[ObjectIdentifier(session)] = Connection(session: session, user: nil) }
            return state.isStopped
        }
        if isStopped { throw RPCSession.stopping }
        do {
            try await open(session, over: socket).get()
        } catch {
            session.close(.failed("\(error)"))
            throw error
        }
        return session
    }

    public var statistics: ServerStatistics {
        state.withLock { state in
            var sum = ServerStatistics(sessions: state.past)
            sum.connections = state.connections
            sum.accepted = state.accepted
            sum.refused = state.refused
            for connection in state.sessions.values { sum.sessions.add(connection.session.statistics) }
            return sum
        }
    }

    /// Descriptors that connections have besides their own.
    var lentSockets: Int { loans.held }

    /// Accepts no more and answers new requests `UNAVAILABLE`; what is in flight goes on, and so do adopted connections.
    /// The first half of ``drain(within:)``, for a service that has work of its own to end in between.
    public func beginDrain() {
        let (listeners, sessions) = state.withLock { state in
            state.isStopped = true
            defer { state.listeners = [] }
            return (state.listeners, state.sessions.values.filter { $0.user != nil }.map(\.session))
        }
        for listener in listeners { listener.stop() }
        for session in sessions { session.drain() }
    }

    /// Accepts no more, answers new requests `UNAVAILABLE`, waits until those in flight are answered and sent, at most
    /// `time`, then ends every connection, adopted ones too. The server cannot be used again.
    public func drain(within time: Duration) async {
        beginDrain()
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await self.connectionsGone() }
            tasks.addTask {
                try? await SystemTime().sleep(for: time)
                self.giveUpWaiting()
            }
            await tasks.next()
            tasks.cancelAll()
        }
        for session in state.withLock({ $0.sessions.values.map(\.session) }) { session.close() }
        try? await group.shutdownGracefully()
    }

    private func connectionsGone() async {
        await withCheckedContinuation { continuation in
            let gone = state.withLock { state in
                if state.connections == 0 { return true }
                state.waiters.append(continuation)
                return false
            }
            if gone { continuation.resume() }
        }
    }

    private func giveUpWaiting() {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

extension RPCServer {
    /// Called on the listener's thread.
    private func accept(_ socket: Descriptor) {
        let session: RPCSession
        do {
            session = try makeSession(socket, peer: nil, router: nil)
        } catch {
            return log.warning("a connection was lost before it began: \(error)")
        }
        let user = session.peer.credentials?.uid ?? .max
        let refusal = state.withLock { state -> RPCError? in
            if state.isStopped { return RPCSession.stopping }
            if state.connections >= limits.connections {
                state.refused += 1
                return tooMany("connections of this service", limits.connections, RPCError.Reason.connectionLimit)
            }
            if state.connectionsOfUser[user, default: 0] >= limits.connectionsPerUser {
                state.refused += 1
                return tooMany(
                    "connections of user \(user)", limits.connectionsPerUser, RPCError.Reason.userConnectionLimit)
            }
            state.accepted += 1
            state.connectionsOfUser[user, default: 0] += 1
            state.sessions[ObjectIdentifier(session)] = Connection(session: session, user: user)
            state.crowd = max(state.crowd, state.sessions.count)
            return nil
        }
        if let refusal { return refuse(socket, refusal) }
        open(session, over: socket, within: input).whenFailure { error in session.close(.failed("\(error)")) }
    }

    private func tooMany(_ what: String, _ limit: Int, _ reason: String) -> RPCError {
        RPCError(.resourceExhausted, "\(limit) \(what) are open, which is the limit", reason: reason)
    }

    /// Says why, if the peer can be told at once, and hangs up.
    private func refuse(_ socket: Descriptor, _ error: RPCError) {
        log.notice("refused a connection: \(error)")
        var json = JSONWriter()
        Envelope.encodeError(id: .null, error, into: &json)
        let frame = Frame.encode(json.bytes)
        _ = try? SocketWriter.send(frame, from: 0, to: socket.raw)
        socket.close()
    }

    private func makeSession(_ socket: Descriptor, peer: Peer?, router: RPCRouter?) throws(SystemError) -> RPCSession {
        var known = peer
        if known == nil { known = try knownPeer(socket) }
        let session = RPCSession(
            router: router ?? self.router, peer: known!, limits: limits, log: log, time: time, meters: meters,
            within: output)
        let key = ObjectIdentifier(session)
        session.onClose { [weak self] _ in self?.forget(key) }
        return session
    }

    private func knownPeer(_ socket: Descriptor) throws(SystemError) -> Peer {
        let credentials = try UnixSocket.credentials(of: socket.raw)
        return Peer(credentials: credentials, access: access.access(of: credentials))
    }

    private func open(
        _ session: RPCSession, over socket: Descriptor, within input: SharedBudget? = nil
    ) -> EventLoopFuture<Void> {
        let loop = group.next()
        let turn = turns[ObjectIdentifier(loop)]!
        let raw = socket.release()
        return ClientBootstrap(group: loop)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { [loans] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ChannelTransport(session, over: raw, on: loop, in: turn, loans: loans, input: input))
                }
            }
            .withConnectedSocket(raw)
            .map { _ in }
    }

    private func forget(_ key: ObjectIdentifier) {
        let (waiters, crowdHasGone) = state.withLock { state -> ([CheckedContinuation<Void, Never>], Bool) in
            guard let connection = state.sessions.removeValue(forKey: key) else { return ([], false) }
            state.past.add(connection.session.statistics)
            if let user = connection.user {
                let left = state.connectionsOfUser[user, default: 1] - 1
                state.connectionsOfUser[user] = left == 0 ? nil : left
            }
            let crowdHasGone = state.crowd >= Self.crowd && state.sessions.count <= state.crowd / 4
            if crowdHasGone { state.crowd = state.sessions.count }
            guard state.connections == 0 else { return ([], crowdHasGone) }
            defer { state.waiters = [] }
            return (state.waiters, crowdHasGone)
        }
        for waiter in waiters { waiter.resume() }
        let floodHasGone = input.hasEbbed(from: Self.flood) || output.hasEbbed(from: Self.flood)
        // What belonged to them is let go a little after them.
        if crowdHasGone || floodHasGone { group.next().scheduleTask(in: .seconds(1)) { ProcessMemory.giveHeapBack() } }
    }

    /// So many sessions, and so many bytes that went through their hands at one time, leave a heap full of holes behind, which the
    /// allocator keeps by itself.
    private static let crowd = 500
    private static let flood = 16 << 20
}

/// Counts of a server.
public struct ServerStatistics: Hashable, Sendable {
    /// Open now, without adopted ones.
    public var connections = 0
    public var accepted = 0
    /// Turned away at a limit.
    public var refused = 0
    /// Sums over all sessions, past ones included.
    public var sessions = SessionStatistics()
}

extension SessionStatistics {
    mutating func add(_ other: SessionStatistics) {
        requests += other.requests
        notifications += other.notifications
        errors += other.errors
        inFlight += other.inFlight
        waitingBytes += other.waitingBytes
    }
}
