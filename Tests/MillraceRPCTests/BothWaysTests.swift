import JSONCodec
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import MillraceRPC

/// Connections on which both sides ask: more than a socket holds in both directions at once, deadlines, answers that are none.
@Suite struct BothWaysTests {
    private static let much = JSONRaw(text: "[\"\(String(repeating: "x", count: 600_000))\"]")

    /// Both ends of a connection: a service's, over a channel, and a client's or worker's, over a thread.
    private func withPair(
        _ limits: RPCLimits = RPCLimits(), _ body: (RPCSession, RPCSession) async throws -> Void
    ) async throws {
        let (ours, theirs) = try UnixSocket.pair()
        let server = RPCServer(router: testRouter(), limits: limits, log: .silent)
        let session = try await server.adopt(connected: ours)
        let worker = try RPCClient.session(over: theirs, router: testRouter(), limits: limits, log: .silent)
        defer { worker.close() }
        try await body(session, worker)
        await server.drain(within: .zero)
    }

    @Test func twoWhoAskEachOtherForMuchAreBothAnswered() async throws {
        var limits = RPCLimits()
        // Of twelve answers each, some wait beyond where a service stops reading.
        limits.outputBytesPerConnection = 32 << 20
        try await withPair(limits) { session, worker in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for asked in [session, worker] {
                    for _ in 0..<12 {
                        group.addTask { try await asked.call(OffloadedEcho.self, Self.much) == Self.much }
                    }
                }
                for try await isEcho in group { #expect(isEcho) }
            }
        }
    }

    /// One thread that answers before it reads on, as the simplest worker does.
    @Test func whoIsAskedMuchIsReadFromBeforeItReads() async throws {
        let (ours, theirs) = try UnixSocket.pair()
        let server = RPCServer(router: testRouter(), log: .silent)
        let session = try await server.adopt(connected: ours)
        let peer = try RawPeer(theirs, reading: false)
        let answers = Watched(0)
        for _ in 1...8 {
            session.send(Echo.self, Self.much) { answer in
                if (try? answer.get()) == Self.much { answers.update { $0 += 1 } }
            }
        }
        try await soon("what it is asked to wait") { session.statistics.waitingBytes > 1 << 20 }
        // Would block until the service loses its patience.
        try await onThread {
            for id in 1...8 {
                let head = #"{"jsonrpc":"2.0","id":\#(id),"result":"#
                try peer.send(Frame.encode(Array(head.utf8) + Self.much.bytes + [UInt8(ascii: "}")]))
            }
        }
        try await answers.wait(within: patience, for: "all answers") { $0 == 8 }
        await server.drain(within: .zero)
    }

    @Test(arguments: [false, true])
    func aLaterWishToBeWokenDoesNotReplaceAnEarlierOne(overChannel: Bool) async throws {
        let (ours, theirs) = try UnixSocket.pair()
        let server = RPCServer(router: testRouter(), log: .silent)
        let session =
            overChannel ? try await server.adopt(connected: ours) : try RPCClient.session(over: ours, log: .silent)
        let mute = try RawPeer(theirs, reading: false)
        let failures = Watched<[RPCError]>([])
        session.send(Wait.self, Empty(), options: CallOptions(timeout: .milliseconds(500))) { outcome in
            if case .failure(let error) = outcome { failures.update { $0.append(error) } }
        }
        // As somebody with more time, who is late to say so.
        let transport = try #require(session.state.withLock { $0.transport })
        transport.wake(at: SystemTime().boot() + .seconds(600))
        try await failures.wait(within: patience, for: "the deadline") { !$0.isEmpty }
        #expect(failures.value.first?.status == .deadlineExceeded)
        withExtendedLifetime(mute) { session.close() }
        await server.drain(within: .zero)
    }

    /// One whose answers are as the test writes them, and a session that asks it.
    private func withAnswering(_ body: (RPCSession, RawPeer) async throws -> Void) async throws {
        let (ours, theirs) = try UnixSocket.pair()
        let server = RPCServer(router: testRouter(), log: .silent)
        try await body(try await server.adopt(connected: ours), try RawPeer(theirs))
        await server.drain(within: .zero)
    }

    @Test(arguments: [
        (#""error":{"code":1}"#, "answer.invalid"), (#""error":"no""#, "answer.invalid"),
        (#""result":NaN"#, "answer.invalid"),
        (#""result":1,"error":{"code":1,"message":"m"}"#, "answer.invalid"), (#""result":"\udce9""#, "answer.invalid"),
        (#""x":1"#, "answer.invalid"), (#""result":"# + String(repeating: "[", count: 64), "limit.depth"),
    ])
    func anAnswerThatCannotBeReadIsTheFailureOfItsCall(_ rest: String, _ reason: String) async throws {
        try await withAnswering { session, peer in
            async let failure = RPCError.thrown { _ = try await session.call(Echo.self, .null) }
            async let other = session.call(Echo.self, JSONRaw(text: "[2]"))
            for _ in 0..<2 {
                let request = try await peer.next()
                let id = try #require(request["id"]?.intValue)
                if request["params"] == [2] {
                    try peer.send(#"{"jsonrpc":"2.0","id":\#(id),"result":[2]}"#)
                } else {
                    try peer.send(#"{"jsonrpc":"2.0","id":\#(id),\#(rest)}"#)
                }
            }
            let error = try await failure
            #expect(error.status == .internal)
            #expect(error.reason == reason)
            // The others' answers are not touched, and no answer is answered.
            #expect(try await other == JSONRaw(text: "[2]"))
            try peer.send(#"{"jsonrpc":"2.0","id":99,\#(rest)}"#)
            try peer.send(#"{"jsonrpc":"2.0","id":"mine","method":"test.echo","params":[3]}"#)
            var next = try await peer.next()
            if rest.hasPrefix("\"x\"") { next = try await peer.next() }
            #expect(next["id"] == "mine")
        }
    }

    /// A worker whose words are broken is told so; what it works on goes on.
    @Test(arguments: [
        #"{"jsonrpc":"2.0","method":"$/progress","params":{"token":7,"value":{"message":"caf\udce9"}}}"#,
        #"{"jsonrpc":"2.0","params":{"token":NaN},"method":"$/progress"}"#,
        #"{"jsonrpc":"2.0","id":"mine","method":"test.echo","params":"# + String(repeating: "[", count: 64),
        #"{"jsonrpc":"2.0","meta":{"timeoutMs":+1},"id":"mine","method":"test.echo"}"#,
    ])
    func aRequestThatCannotBeReadIsNobodysAnswer(_ request: String) async throws {
        try await withAnswering { session, peer in
            async let answer = session.call(Echo.self, .null)
            let id = try #require(try await peer.next()["id"]?.intValue)
            try peer.send(request)
            let refusal = try await peer.next()
            #expect(refusal["id"] == .null && refusal["error"] != nil)
            try peer.send(#"{"jsonrpc":"2.0","id":\#(id),"result":[1]}"#)
            #expect(try await answer == JSONRaw(text: "[1]"))
        }
    }

    @Test func whatMayHaveBeenAnyAnswerEndsTheConnection() async throws {
        try await withAnswering { session, peer in
            async let failure = RPCError.thrown { _ = try await session.call(Echo.self, .null) }
            _ = try await peer.next()
            try peer.send("no JSON")
            #expect(try await failure.reason == "connection.lost")
            #expect(!session.isOpen)
        }
    }
}
