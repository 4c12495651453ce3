import Glibc
import JSONCodec
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import MillraceRPC

@Suite struct LimitTests {
    private func limits(_ change: (inout RPCLimits) -> Void) -> RPCLimits {
        var limits = RPCLimits()
        change(&limits)
        return limits
    }

    @Test func requestsInFlightHaveABound() async throws {
        let gate = Gate()
        try await TestServer.with(testRouter(gate: gate), limits: limits { $0.inFlightPerConnection = 3 }) { test in
            let peer = try test.peer()
            for id in 0..<3 { try peer.send(#"{"jsonrpc":"2.0","id":\#(id),"method":"test.wait"}"#) }
            try await gate.waiting(3)
            try peer.send(#"{"jsonrpc":"2.0","id":"more","method":"test.wait"}"#)
            let refused = try await peer.next()
            #expect(refused["id"] == "more")
            #expect(refused.errorStatus == "RESOURCE_EXHAUSTED")
            #expect(refused.errorReason == "limit.inFlight")
            // Another connection has its own.
            let other = try test.peer()
            try other.send(#"{"jsonrpc":"2.0","id":1,"method":"test.echo","params":[]}"#)
            #expect(try await other.next()["id"] == 1)
            gate.open()
            #expect(try await peer.next(3).count == 3)
        }
    }

    @Test func connectionsOfAUserHaveABound() async throws {
        try await TestServer.with(testRouter(), limits: limits { $0.connectionsPerUser = 2 }) { test in
            let first = try test.peer(), second = try test.peer()
            for peer in [first, second] {
                try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.echo","params":[]}"#)
                #expect(try await peer.next()["id"] == 1)
            }
            let third = try test.peer()
            let refused = try await third.next()
            #expect(refused["id"] == .null)
            #expect(refused.errorReason == "limit.connectionsPerUser")
            try await third.ended()
            #expect(test.server.statistics.refused == 1)

            first.hangUp()
            try await soon("the place to be free") { test.server.statistics.connections == 1 }
            let fourth = try test.peer()
            try fourth.send(#"{"jsonrpc":"2.0","id":1,"method":"test.echo","params":[]}"#)
            #expect(try await fourth.next()["id"] == 1)
        }
    }

    @Test func connectionsHaveABoundAndTheClientSaysSo() async throws {
        try await TestServer.with(testRouter(), limits: limits { $0.connections = 1 }) { test in
            let first = try test.peer()
            try first.send(#"{"jsonrpc":"2.0","id":1,"method":"test.echo","params":[]}"#)
            _ = try await first.next()
            let client = test.client()
            let error = try await RPCError.thrown { _ = try await client.call(Wait.self, Empty()) }
            #expect(error.reason == "limit.connections")
        }
    }

    @Test func framesHaveABound() async throws {
        try await TestServer.with(testRouter(), limits: limits { $0.maximumFrame = 1000 }) { test in
            let peer = try test.peer()
            let frame =
                #"{"jsonrpc":"2.0","id":1,"method":"test.echo","params":["\#(String(repeating: "x", count: 1000))"]}"#
            // What came before is still answered.
            try peer.send(#"{"jsonrpc":"2.0","id":0,"method":"test.echo","params":[]}"#)
            try peer.send(frame)
            #expect(try await peer.next()["id"] == 0)
            let refused = try await peer.next()
            #expect(refused["id"] == .null)
            #expect(refused.errorReason == "limit.frame")
            #expect(refused["error"]?["message"]?.stringValue?.contains("1000") == true)
            try await peer.ended()
        }
    }

    @Test func anEmptyFrameIsAnsweredAndEndsTheConnection() async throws {
        try await TestServer.with(testRouter()) { test in
            let peer = try test.peer()
            try peer.send([0, 0, 0, 0])
            #expect(try await peer.next().errorReason == "frame.empty")
            try await peer.ended()
        }
    }

    @Test func anAnswerThatIsTooLongBecomesAnError() async throws {
        try await TestServer.with(testRouter(), limits: limits { $0.maximumFrame = 1000 }) { test in
            let peer = try test.peer()
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.fill","params":[2000]}"#)
            let answer = try await peer.next()
            #expect(answer["id"] == 1)
            #expect(answer.errorStatus == "RESOURCE_EXHAUSTED")
            #expect(answer.errorReason == "limit.frame")
            try peer.send(#"{"jsonrpc":"2.0","id":2,"method":"test.fill","params":[500]}"#)
            #expect(try await peer.next()["id"] == 2)
        }
    }

    @Test func aRequestThatIsTooLongIsNotSent() async throws {
        try await TestServer.with(testRouter()) { test in
            let client = RPCClient(socket: test.path, limits: limits { $0.maximumFrame = 200 }, log: .silent)
            let long = JSONRaw(text: "[\"\(String(repeating: "x", count: 200))\"]")
            let error = try await RPCError.thrown { _ = try await client.call(Echo.self, long) }
            #expect(error.reason == "limit.frame")
            let answer = try await client.call(Echo.self, JSONRaw(text: "[]"))
            #expect(answer == JSONRaw(text: "[]"))
        }
    }

    @Test func messagesThatDoNotComeWholeHaveABoundTogether() async throws {
        let bounds = limits { ($0.maximumFrame, $0.inputBytes) = (100_000, 150_000) }
        try await TestServer.with(testRouter(), limits: bounds) { test in
            let request = #"{"jsonrpc":"2.0","id":1,"method":"test.echo","params":[]}"#
            let frame = Frame.encode(Array((request + String(repeating: " ", count: 90_000)).utf8))
            let peers = [try test.peer(), try test.peer()]
            for peer in peers { try peer.send(Array(frame.dropLast())) }
            try await soon("one to be refused") { peers.contains { $0.waiting > 0 } }
            let (refused, other) = peers[0].waiting > 0 ? (peers[0], peers[1]) : (peers[1], peers[0])
            #expect(try await refused.next().errorReason == "limit.input")
            try await refused.ended()
            try other.send([frame.last!])
            #expect(try await other.next()["id"] == 1)
            // What they held is given back.
            for _ in 0..<3 {
                let peer = try test.peer()
                try peer.send(frame)
                #expect(try await peer.next()["id"] == 1)
            }
        }
    }

    @Test func nestingHasABound() async throws {
        try await TestServer.with(testRouter(), limits: limits { $0.depth = 10 }) { test in
            let peer = try test.peer()
            let deep = String(repeating: "[", count: 20) + String(repeating: "]", count: 20)
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.echo","params":\#(deep)}"#)
            let refused = try await peer.next()
            #expect(refused.errorReason == "limit.depth")
            #expect(refused["error"]?["message"]?.stringValue?.contains("10") == true)
            try peer.send(#"{"jsonrpc":"2.0","id":2,"method":"test.echo","params":[]}"#)
            #expect(try await peer.next()["id"] == 2)
        }
    }

    @Test func batchesHaveABound() async throws {
        try await TestServer.with(testRouter(), limits: limits { $0.batchEntries = 2 }) { test in
            let peer = try test.peer()
            let entry = #"{"jsonrpc":"2.0","id":1,"method":"test.echo","params":[]}"#
            try peer.send("[\(entry),\(entry),\(entry)]")
            let refused = try await peer.next()
            #expect(refused.errorReason == "limit.batch")
            try peer.send("[\(entry),\(entry)]")
            #expect(try await peer.next().elements?.count == 2)
        }
    }

    @Test func aBatchWhoseAnswersAreTooLongAnswersEachOfItsMembers() async throws {
        try await TestServer.with(testRouter(), limits: limits { $0.maximumFrame = 20_000 }) { test in
            let peer = try test.peer()
            let entries = (0..<10).map { #"{"jsonrpc":"2.0","id":\#($0),"method":"test.fill","params":[4000]}"# }
            try peer.send("[\(entries.joined(separator: ","))]")
            let answers = try await peer.next().elements!
            #expect(Set(answers.map { $0["id"]!.intValue! }) == Set(0..<10))
            let refused = answers.filter { $0.errorReason == "limit.frame" }
            #expect(!refused.isEmpty && refused.count < 10)
        }
    }

    /// Asks for far more than the peer ever reads; what is kept for him stays within the bound.
    @Test func aPeerWhoDoesNotReadCostsNoMoreThanTheBound() async throws {
        let bound = 1 << 20
        let limits = limits {
            $0.outputBytesPerConnection = bound
            $0.inFlightPerConnection = 10_000
        }
        let gate = Gate()
        let router = Self.bigAnswers(behind: gate)
        try await TestServer.with(router, limits: limits) { test in
            let peer = try test.peer(reading: false)
            for id in 0..<400 { try peer.send(#"{"jsonrpc":"2.0","id":\#(id),"method":"test.big","params":[]}"#) }
            try await gate.waiting(400)
            gate.open()
            try await soon("all to be answered") { test.server.statistics.sessions.inFlight == 0 }
            let waiting = test.server.statistics.sessions.waitingBytes
            #expect(waiting > bound / 2)
            #expect(waiting <= bound + 400 * 500)
            // Who reads after all has one answer to each request; those that found no room say so.
            try peer.read()
            let answers = try await peer.next(400)
            #expect(Set(answers.map { $0["id"]!.intValue! }) == Set(0..<400))
            let refused = answers.filter { $0.errorReason == "limit.output" }
            #expect(refused.count > 100 && refused.count < 400)
        }
    }

    /// Those who do not read have a bound together, and it leaves room for those who do.
    @Test func whatWaitsForAllPeersHasABoundAndThoseWhoReadGoOn() async throws {
        let limits = limits {
            $0.maximumFrame = 100_000
            $0.outputBytes = 1 << 20
        }
        let gate = Gate()
        let router = Self.bigAnswers(behind: gate)
        try await TestServer.with(router, limits: limits) { test in
            let idle = try (0..<4).map { _ in try test.peer(reading: false) }
            for peer in idle {
                for id in 0..<40 { try peer.send(#"{"jsonrpc":"2.0","id":\#(id),"method":"test.big","params":[]}"#) }
            }
            try await gate.waiting(160)
            gate.open()
            try await soon("all to be answered") { test.server.statistics.sessions.inFlight == 0 }
            // Half of the bound, one message for each, and what of each is not counted because it is short.
            let waiting = test.server.statistics.sessions.waitingBytes
            #expect(waiting > limits.outputBytes / 4)
            #expect(waiting <= limits.outputBytes / 2 + 4 * (100_000 + (64 << 10)))
            let reader = try test.peer()
            for id in 0..<20 {
                try reader.send(#"{"jsonrpc":"2.0","id":\#(id),"method":"test.fill","params":[90000]}"#)
                #expect(try await reader.next()["error"] == nil)
            }
            var refused = 0
            for peer in idle {
                try peer.read()
                let answers = try await peer.next(40)
                #expect(Set(answers.map { $0["id"]!.intValue! }) == Set(0..<40))
                refused += answers.filter { $0.errorReason == "limit.output" }.count
            }
            #expect(refused > 80 && refused < 160)
            // What they held is given back.
            let other = try test.peer(reading: false)
            for id in 0..<40 { try other.send(#"{"jsonrpc":"2.0","id":\#(id),"method":"test.fill","params":[10000]}"#) }
            try await soon("all to be answered") { test.server.statistics.sessions.inFlight == 0 }
            try other.read()
            #expect(try await other.next(40).allSatisfy { $0["error"] == nil })
        }
    }

    /// The router of the tests, with answers of 50,000 bytes that wait for the gate.
    private static func bigAnswers(behind gate: Gate) -> RPCRouter {
        var router = testRouter(gate: gate)
        router.on(Big.self) { _, _ in
            try await gate.wait()
            return String(repeating: "x", count: 50_000)
        }
        return router
    }

    private enum Big: RPCMethod {
        static let name = "test.big"
        static let access = AccessClass.read
        typealias Params = JSONRaw
        typealias Result = String
    }

    @Test func aPeerWhoDoesNotReadIsNotReadFrom() async throws {
        try await TestServer.with(testRouter()) { test in
            let peer = try test.peer(reading: false)
            let request = #"{"jsonrpc":"2.0","id":1,"method":"test.fill","params":[10000]}"#
            let frame = Frame.encode(Array(request.utf8))
            let many = Array(repeatElement(frame, count: 10_000).joined())
            // Sends whatever the socket takes until the server, with time to read, takes nothing more. If it read on,
            // it would have to answer 100 MB.
            var sent = 0
            var pauses = 0
            while sent < many.count && pauses < 50 {
                let taken = peer.offer(Array(many[sent...]))
                sent += taken
                pauses = taken == 0 ? pauses + 1 : 0
                try await Task.sleep(for: .milliseconds(1))
            }
            #expect(sent < many.count)
            // What one read brought is still answered: 64 KiB of requests.
            #expect(test.server.statistics.sessions.waitingBytes < 12 << 20)
        }
    }

    @Test func aPeerWhoReadsNothingForTooLongIsDisconnected() async throws {
        let limits = limits { $0.slowReader = .milliseconds(50) }
        try await TestServer.with(testRouter(), limits: limits) { test in
            let peer = try test.peer(reading: false)
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.fill","params":[8000000]}"#)
            try await soon("the connection to be gone") {
                test.server.statistics.accepted == 1 && test.server.statistics.connections == 0
            }
        }
    }

    @Test func aSlowReaderWhoGoesOnReadingGetsEverything() async throws {
        let limits = limits { $0.slowReader = .seconds(60) }
        try await TestServer.with(testRouter(), limits: limits) { test in
            let peer = try test.peer(reading: false)
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.fill","params":[8000000]}"#)
            try await soon("the answer to wait") { test.server.statistics.sessions.waitingBytes > 0 }
            try peer.read()
            let answer = try await peer.next()
            #expect(answer["result"]?.stringValue?.utf8.count == 8_000_000)
        }
    }

    @Test func progressForASlowReaderIsThinnedToTheLatest() async throws {
        let count = 20_000
        let limits = limits { $0.progressBytesPerConnection = 64 << 10 }
        let gate = Gate()
        var router = testRouter()
        router.on(Big.self) { _, context in
            for number in 0..<count { context.progress(number) }
            try await gate.wait()
            return "done"
        }
        try await TestServer.with(router, limits: limits) { test in
            let peer = try test.peer(reading: false)
            // Fills the socket's buffers, so that the progress after it has to wait.
            try peer.send(#"{"jsonrpc":"2.0","id":"fill","method":"test.fill","params":[2000000]}"#)
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.big","params":[]}"#)
            try await soon("the fill to wait") { test.server.statistics.sessions.waitingBytes > 1 << 20 }
            #expect(test.server.statistics.sessions.waitingBytes < 4 << 20)
            try peer.read()
            #expect(try await peer.next()["id"] == "fill")
            var values: [Int] = []
            while values.last != count - 1 {
                values.append(try await peer.next()["params"]!["value"]!.intValue!)
            }
            #expect(values == values.sorted())
            #expect(values.count < count)
            gate.open()
            #expect(try await peer.next()["id"] == 1)
        }
    }

    @Test func callsToAPeerWhoDoesNotReadFailAtTheBound() async throws {
        let (ours, theirs) = try UnixSocket.pair()
        let session = try RPCClient.session(
            over: ours, limits: limits { $0.outputBytesPerConnection = 1 << 20 }, log: .silent)
        let peer = try RawPeer(theirs, reading: false)
        let failures = Watched<[RPCError]>([])
        let params = JSONRaw(text: "[\"\(String(repeating: "x", count: 100_000))\"]")
        for _ in 0..<40 {
            session.send(Echo.self, params) { outcome in
                if case .failure(let error) = outcome { failures.update { $0.append(error) } }
            }
        }
        try await failures.wait(within: patience, for: "a refusal") { $0.contains { $0.reason == "limit.output" } }
        #expect(session.statistics.waitingBytes <= 1 << 20)
        session.close()
        _ = peer
    }

    /// The heap is given back when much was held and is not any more; not for every day's ups and downs.
    @Test func aFloodThatHasGoneIsSaidOnce() {
        let budget = SharedBudget(1000)
        budget.add(99)
        budget.add(-99)
        #expect(!budget.hasEbbed(from: 100))
        budget.add(200)
        budget.add(-149)
        #expect(!budget.hasEbbed(from: 100), "more than a quarter is left")
        budget.add(-1)
        #expect(budget.hasEbbed(from: 100) && !budget.hasEbbed(from: 100))
        budget.add(200)
        budget.add(-250)
        #expect(budget.hasEbbed(from: 100))
    }

}
