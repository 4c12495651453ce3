import JSONCodec
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import MillraceRPC

/// Whatever happens to it, a request has exactly one answer.
@Suite struct OneAnswerTests {
    /// Ends by itself after some turns of the pool, or by cancellation, in one of several ways.
    private enum Wander: RPCMethod {
        static let name = "test.wander"
        static let access = AccessClass.read
        typealias Params = [Int]
        typealias Result = Int
    }

    private enum WanderOffloaded: RPCMethod {
        static let name = "test.wanderOffloaded"
        static let access = AccessClass.read
        static let execution = Execution.offloaded
        typealias Params = [Int]
        typealias Result = Int
    }

    private enum WanderReply: RPCMethod {
        static let name = "test.wanderReply"
        static let access = AccessClass.read
        typealias Params = [Int]
        typealias Result = Int
    }

    private static let methods = [
        "test.wander", "test.wanderOffloaded", "test.wanderReply", "test.echo", "no.such", "test.policy",
    ]

    private static func router(_ gate: Gate) -> RPCRouter {
        var router = testRouter(gate: gate)
        router.on(Wander.self) { turns, context in try await wander(turns[0], context) }
        router.on(WanderOffloaded.self) { turns, context in try await wander(turns[0], context) }
        router.onReply(WanderReply.self) { turns, context, reply in
            let task = Task {
                do { reply.succeed(try await wander(turns[0], context)) } catch { reply.fail(error) }
            }
            context.onCancel { task.cancel() }
        }
        return router
    }

    private static func wander(_ turns: Int, _ context: RPCContext) async throws -> Int {
        for turn in 0..<turns {
            await Task.yield()
            if turn % 7 == 3 { try Task.checkCancellation() }
            if turn % 5 == 2 { context.progress(turn) }
        }
        if turns % 11 == 10 { throw Foreseen.full }
        return turns
    }

    @Test(arguments: 0..<6)
    func everyRequestHasOneAnswerUnderCancellationAndDeadlines(_ seed: UInt64) async throws {
        let gate = Gate()
        gate.open()
        try await TestServer.with(Self.router(gate)) { test in
            var random = SeededGenerator(seed: seed)
            let peer = try test.peer()
            let total = 1000
            for id in 0..<total {
                let method = Self.methods.randomElement(using: &random)!
                let meta =
                    Bool.random(using: &random)
                    ? #","meta":{"timeoutMs":\#(Int.random(in: 1...3, using: &random))}"# : ""
                let turns = Int.random(in: 0..<60, using: &random)
                let request = #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":[\#(turns)]\#(meta)}"#
                try peer.send(Bool.random(using: &random) ? request : "[\(request)]")
                if Int.random(in: 0..<3, using: &random) == 0 {
                    let victim = Int.random(in: max(0, id - 10)...id, using: &random)
                    try peer.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":\#(victim)}}"#)
                }
            }
            try peer.send(#"{"jsonrpc":"2.0","id":"last","method":"test.echo","params":[]}"#)
            var answers: [Int: Int] = [:]
            var last = 0
            while answers.values.reduce(0, +) + last < total + 1 {
                let frame = try await peer.next()
                for message in frame.elements ?? [frame] where message["method"] == nil {
                    if let id = message["id"]!.intValue { answers[id, default: 0] += 1 } else { last += 1 }
                    #expect((message["result"] == nil) != (message["error"] == nil))
                }
            }
            #expect(answers.count == total)
            #expect(answers.values.allSatisfy { $0 == 1 })
            try await soon("all handlers to end") { test.server.statistics.sessions.inFlight == 0 }
            // Nothing more comes after all have been answered.
            try peer.send(#"{"jsonrpc":"2.0","id":"end","method":"test.echo","params":[]}"#)
            #expect(try await peer.next()["id"] == "end")
        }
    }

    @Test(arguments: 0..<6)
    func everyCallIsCompletedOnceWhenEitherSideHangsUp(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let gate = Gate()
        let server = RPCServer(router: Self.router(gate), log: .silent)
        let (ours, theirs) = try UnixSocket.pair()
        let served = try await server.adopt(connected: ours)
        let client = try RPCClient.session(over: theirs, router: Self.router(gate), log: .silent)
        let total = 300
        let completions = Watched([Int](repeating: 0, count: 2 * total))
        let end = Int.random(in: 0..<total, using: &random)
        for number in 0..<total {
            for (side, session) in [served, client].enumerated() {
                let timeout = Int.random(in: 1...20, using: &random)
                let handle = session.send(
                    Wander.self, [Int.random(in: 0..<60, using: &random)],
                    options: CallOptions(timeout: timeout < 10 ? .milliseconds(timeout) : nil)
                ) { _ in
                    completions.update { $0[2 * number + side] += 1 }
                }
                if timeout % 4 == 0 { handle.cancel() }
            }
            if number == end {
                switch seed % 3 {
                case 0: served.close()
                case 1: client.close()
                default: break
                }
            }
        }
        client.drain()
        served.drain()
        try await completions.wait(within: patience, for: "all completions") { $0.allSatisfy { $0 >= 1 } }
        client.close()
        await server.drain(within: .seconds(5))
        #expect(completions.value.allSatisfy { $0 == 1 })
    }
}
