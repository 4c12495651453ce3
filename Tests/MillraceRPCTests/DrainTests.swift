import JSONCodec
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import MillraceRPC

@Suite struct DrainTests {
    @Test func drainingFinishesWhatIsInFlight() async throws {
        let gate = Gate()
        try await TestServer.with(testRouter(gate: gate)) { test in
            let peer = try test.peer()
            for id in 0..<10 { try peer.send(#"{"jsonrpc":"2.0","id":\#(id),"method":"test.wait"}"#) }
            try await gate.waiting(10)
            let drain = Task { await test.server.drain(within: patience) }
            // New requests are turned away while the old ones run.
            try await soon("the drain to begin") {
                try peer.send(#"{"jsonrpc":"2.0","id":"new","method":"test.echo","params":[]}"#)
                return try await peer.next().errorReason == "service.stopping"
            }
            gate.open()
            let answers = try await peer.next(10)
            #expect(answers.allSatisfy { $0["result"] == [:] })
            try await peer.ended()
            await drain.value
        }
    }

    @Test func aDrainThatTakesTooLongCancelsTheRest() async throws {
        let gate = Gate()
        try await TestServer.with(testRouter(gate: gate)) { test in
            let peer = try test.peer()
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.wait"}"#)
            try await gate.waiting(1)
            await test.server.drain(within: .milliseconds(20))
            try await peer.ended()
            try await gate.cancelled(1)
        }
    }

    @Test func methodsThatOnlyWatchDoNotHoldUpTheDrain() async throws {
        let gate = Gate()
        try await TestServer.with(testRouter(gate: gate)) { test in
            let peer = try test.peer()
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.watch"}"#)
            try await gate.waiting(1)
            await test.server.drain(within: patience)
            let answer = try await peer.next()
            #expect(answer.errorStatus == "UNAVAILABLE")
            #expect(answer.errorReason == "service.stopping")
            try await gate.cancelled(1)
        }
    }

    /// Answers as soon as it is stopped.
    private enum Hasty: RPCMethod {
        static let name = "test.hasty"
        static let access = AccessClass.read
        static let interruptible = true
        typealias Params = Empty
        typealias Result = Empty
    }

    @Test func aWatchIsToldThatTheServiceStopsHoweverFastItsHandlerGivesUp() async throws {
        let waiting = Watched(0)
        var router = RPCRouter()
        router.onReply(Hasty.self) { _, context, reply in
            context.onCancel { reply.fail(CancellationError()) }
            waiting.update { $0 += 1 }
        }
        try await TestServer.with(router) { test in
            let peer = try test.peer()
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.hasty"}"#)
            _ = try await waiting.wait(within: .seconds(20), for: "the request") { $0 == 1 }
            await test.server.drain(within: patience)
            #expect(try await peer.next().errorReason == "service.stopping")
        }
    }

    @Test func idleConnectionsEndAtOnce() async throws {
        try await TestServer.with(testRouter()) { test in
            let peer = try test.peer()
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.echo","params":[]}"#)
            _ = try await peer.next()
            await test.server.drain(within: patience)
            try await peer.ended()
            #expect(peer.goodbyes == 1)
        }
    }

    /// Accepted a moment before the drain, a session is told before its channel is there: the goodbye goes out with it.
    @Test func aDrainThatComesBeforeTheTransportIsCarriedOutByIt() {
        let session = RPCSession(
            router: testRouter(), peer: Peer(credentials: nil, access: .admin), limits: RPCLimits(), log: .silent,
            time: SystemTime())
        session.drain()
        let transport = LateTransport()
        session.attach(transport)
        #expect(transport.claims.value == 1)
        #expect(transport.wakes.value == 1)
        #expect(transport.closes.value == 0)
    }

    @Test func aTransportThatComesAfterTheEndIsClosed() {
        let session = RPCSession(
            router: testRouter(), peer: Peer(credentials: nil, access: .admin), limits: RPCLimits(), log: .silent,
            time: SystemTime())
        session.close()
        let transport = LateTransport()
        session.attach(transport)
        #expect(transport.closes.value == 1)
    }

    @Test func whoKnowsGoodbyeLeavesByHimself() async throws {
        let test = TestServer(testRouter())
        try await test.server.serve(listening: UnixSocket.listen(path: test.path))
        let client = test.client()
        _ = try await client.callRaw("test.echo")
        let ended = Watched<RPCSession.CloseReason?>(nil)
        try client.session().onClose { reason in ended.update { $0 = reason } }
        await test.server.drain(within: patience)
        try await ended.wait(within: patience, for: "the client to go") { $0 == .closed }
    }

    @Test func adoptedConnectionsLiveUntilTheEndOfTheDrain() async throws {
        let gate = Gate()
        try await TestServer.with(testRouter(gate: gate)) { test in
            let (ours, theirs) = try UnixSocket.pair()
            let session = try await test.server.adopt(connected: ours)
            let worker = try RPCClient.session(over: theirs, router: testRouter(), log: .silent)
            let peer = try test.peer()
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.wait"}"#)
            try await gate.waiting(1)
            let drain = Task { await test.server.drain(within: patience) }
            try await soon("the drain to begin") {
                try peer.send(#"{"jsonrpc":"2.0","id":"new","method":"test.echo","params":[]}"#)
                return try await peer.next().errorReason == "service.stopping"
            }
            let answer = try await session.call(Echo.self, JSONRaw(text: "[1]"))
            #expect(answer.text == "[1]")
            gate.open()
            await drain.value
            #expect(!session.isOpen)
            worker.close()
        }
    }

    /// A client whose service restarts under load sees a pause and no error, though its method must not be repeated:
    /// what the old one turned away it had not begun.
    @Test func aClientMovesOnToTheNextServiceWithoutLosingOrDoublingAnything() async throws {
        let folder = TemporaryDirectory()
        let path = folder.file("s.sock")
        let changes = Watched(0)
        let router = testRouter(changes: changes)
        let listening = try UnixSocket.listen(path: path)
        let client = RPCClient(socket: path, log: .silent, patience: patience)
        let total = 400
        var server = RPCServer(router: router, log: .silent)
        try await server.serve(listening: try listening.duplicate())
        let callers = Task {
            for _ in 0..<total { _ = try await client.call(Change.self, Empty()) }
        }
        for restart in 1...3 {
            try await changes.wait(within: patience, for: "some calls") { $0 >= restart * 80 }
            await server.drain(within: patience)
            // The listening socket lives on, as systemd's does.
            server = RPCServer(router: router, log: .silent)
            try await server.serve(listening: try listening.duplicate())
        }
        try await callers.value
        #expect(changes.value == total)
        client.close()
        await server.drain(within: .zero)
    }
}

/// Counts what a session asks of it.
private final class LateTransport: SessionTransport {
    let claims = Watched(0)
    let wakes = Watched(0)
    let closes = Watched(0)

    func outputIsClaimed() { claims.update { $0 += 1 } }
    func wake(at instant: Duration) { wakes.update { $0 += 1 } }
    func close() { closes.update { $0 += 1 } }
}
