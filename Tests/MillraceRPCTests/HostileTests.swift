import Glibc
import JSONCodec
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import MillraceRPC

@Suite struct HostileTests {
    @Test func requestsThatComeByteByByteAreAnswered() async throws {
        try await TestServer.with(testRouter()) { test in
            let peer = try test.peer()
            let frame = Frame.encode(Array(#"{"jsonrpc":"2.0","id":1,"method":"test.echo","params":["slow"]}"#.utf8))
            for byte in frame + frame { try peer.send([byte]) }
            for _ in 0..<2 { #expect(try await peer.next()["result"] == ["slow"]) }
        }
    }

    @Test func requestsInOneWriteAreAnsweredInOneRead() async throws {
        try await TestServer.with(testRouter()) { test in
            let peer = try test.peer(reading: false)
            let frames = (0..<50).flatMap { id in
                Frame.encode(Array(#"{"jsonrpc":"2.0","id":\#(id),"method":"test.echo","params":[]}"#.utf8))
            }
            try peer.send(frames)
            try await soon("all to be answered") { test.server.statistics.sessions.requests == 50 }
            try peer.read()
            #expect(try await peer.next(50).map { $0["id"]!.intValue! } == Array(0..<50))
        }
    }

    @Test func halfAFrameAndAHangUpHarmNobody() async throws {
        try await TestServer.with(testRouter()) { test in
            let frame = Frame.encode(Array(#"{"jsonrpc":"2.0","id":1,"method":"test.echo","params":[]}"#.utf8))
            for cut in 1..<frame.count {
                let peer = try test.peer(reading: false)
                try peer.send(Array(frame[..<cut]))
                peer.hangUp()
            }
            try await soon("all to be gone") {
                test.server.statistics.accepted == frame.count - 1 && test.server.statistics.connections == 0
            }
            #expect(test.server.statistics.sessions.requests == 0)
        }
    }

    @Test func promisesOfLongFramesDoNotKeepOthersWaiting() async throws {
        try await TestServer.with(testRouter()) { test in
            var peers: [RawPeer] = []
            for _ in 0..<100 {
                let peer = try test.peer(reading: false)
                try peer.send([1, 0, 0, 0, 0x5B])
                peers.append(peer)
            }
            try await soon("all to be there") { test.server.statistics.connections == 100 }
            let answer = try await test.client().callRaw("test.echo")
            #expect(answer == .emptyObject)
        }
    }

    @Test func megabytesOfBracketsAreRefused() async throws {
        try await TestServer.with(testRouter()) { test in
            let peer = try test.peer()
            try peer.send(String(repeating: "[", count: 4 << 20))
            #expect(try await peer.next().errorReason == "limit.depth")
            try peer.send(String(repeating: #"{"a":"#, count: 1 << 18))
            #expect(try await peer.next().errorReason == "limit.depth")
        }
    }

    @Test func aLongIdIsRefusedAndNotSentBack() async throws {
        try await TestServer.with(testRouter()) { test in
            let peer = try test.peer()
            let id = String(repeating: "i", count: 1 << 20)
            try peer.send(#"{"jsonrpc":"2.0","id":"\#(id)","method":"test.echo","params":[]}"#)
            let frame = try await peer.nextFrame()
            #expect(frame.count < 1000)
        }
    }

    @Test func membersThatComeTwiceAreRefused() async throws {
        try await TestServer.with(testRouter()) { test in
            let peer = try test.peer()
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.echo","method":"test.change","params":[]}"#)
            let answer = try await peer.next()
            #expect(answer["id"] == 1)
            #expect(answer.errorCode == -32600)
        }
    }

    @Test func answersNobodyAskedForAreIgnored() async throws {
        try await TestServer.with(testRouter()) { test in
            let peer = try test.peer()
            for id in ["1", "null", #""x""#, "9223372036854775807"] {
                try peer.send(#"{"jsonrpc":"2.0","id":\#(id),"result":1}"#)
                try peer.send(#"{"jsonrpc":"2.0","id":\#(id),"error":{"code":1,"message":"m"}}"#)
                try peer.send(#"{"jsonrpc":"2.0","method":"$/progress","params":{"token":\#(id),"value":1}}"#)
            }
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.echo","params":[]}"#)
            #expect(try await peer.next()["result"] == [])
        }
    }

    @Test func whatAPeerSentBeforeHeHungUpIsCarriedOut() async throws {
        let changes = Watched(0)
        try await TestServer.with(testRouter(changes: changes)) { test in
            let peer = try test.peer(reading: false)
            let frame = Frame.encode(Array(#"{"jsonrpc":"2.0","id":1,"method":"test.change"}"#.utf8))
            try peer.send(Array(repeatElement(frame, count: 100).joined()))
            peer.socket.close()
            try await changes.wait(within: patience, for: "all changes") { $0 == 100 }
        }
    }

    @Test func answersToOneWhoWillNotHearAreForgotten() async throws {
        let changes = Watched(0)
        try await TestServer.with(testRouter(changes: changes)) { test in
            let peer = try test.peer(reading: false)
            shutdown(peer.socket.raw, Int32(SHUT_RD))
            for _ in 0..<200 {
                try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.fill","params":[100000]}"#)
                try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.change"}"#)
            }
            try await changes.wait(within: patience, for: "all changes") { $0 == 200 }
            // The last answers are written when the thread of the connection has read all it could.
            try await eventually("nothing waits to be written") {
                test.server.statistics.sessions.waitingBytes == 0
            }
        }
    }

    /// Mutated frames against a live server: it may refuse and hang up, but it answers the next connection.
    @Test(arguments: 0..<4) func mutatedFramesDoNotBringTheServerDown(_ seed: UInt64) async throws {
        let gate = Gate()
        gate.open()
        try await TestServer.with(testRouter(gate: gate)) { test in
            var random = SeededGenerator(seed: seed)
            let corpus = [
                #"{"jsonrpc":"2.0","id":1,"method":"test.echo","params":{"a":[1,2]}}"#,
                #"{"jsonrpc":"2.0","id":"x","method":"test.wait","meta":{"timeoutMs":1}}"#,
                #"[{"jsonrpc":"2.0","id":1,"method":"test.fill","params":[100]},{"jsonrpc":"2.0","method":"test.change"}]"#,
                #"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"x"}}"#,
                #"{"jsonrpc":"2.0","id":5,"method":"test.policy","params":{"policy":{"attempts":3}}}"#,
            ].map { Frame.encode(Array($0.utf8)) }
            var peer = try test.peer()
            for round in 0..<10_000 {
                var frame = corpus[round % corpus.count]
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    // Now and then the length is hit, which ends the connection.
                    let first = Int.random(in: 0..<200, using: &random) == 0 ? 0 : Frame.headerLength
                    frame[Int.random(in: first..<frame.count, using: &random)] = .random(in: 0...255, using: &random)
                }
                do {
                    try peer.send(frame)
                } catch {
                    peer = try test.peer()
                }
            }
            let client = test.client()
            let answer = try await client.call(Echo.self, JSONRaw(text: "[7]"))
            #expect(answer.text == "[7]")
            peer.hangUp()
            try await soon("all handlers to end") { test.server.statistics.sessions.inFlight == 0 }
        }
    }
}
