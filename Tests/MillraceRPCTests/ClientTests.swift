import Glibc
import JSONCodec
import Linux
import MillraceProtocol
import Resilience
import TestSupport
import Testing

@testable import MillraceRPC

@Suite struct ClientTests {
    private func serve(_ router: RPCRouter, at path: String) async throws -> RPCServer {
        let server = RPCServer(router: router, log: .silent)
        try await server.serve(listening: UnixSocket.listen(path: path))
        return server
    }

    @Test func aServerThatRestartsBetweenCallsIsFoundAgain() async throws {
        let folder = TemporaryDirectory()
        let path = folder.file("s.sock")
        let client = RPCClient(socket: path, log: .silent, patience: patience)
        for number in 0..<5 {
            let server = try await serve(testRouter(), at: path)
            let answer = try await client.call(Echo.self, JSONRaw(text: "[\(number)]"))
            #expect(answer == JSONRaw(text: "[\(number)]"))
            await server.drain(within: .zero)
        }
    }

    @Test func aCallMadeWhileTheServerIsAwayWaitsForIt() async throws {
        let folder = TemporaryDirectory()
        let path = folder.file("s.sock")
        let client = RPCClient(socket: path, log: .silent, patience: patience)
        let call = Task { try await client.call(Echo.self, JSONRaw(text: "[1]")) }
        try await Task.sleep(for: .milliseconds(30))
        let server = try await serve(testRouter(), at: path)
        #expect(try await call.value.text == "[1]")
        await server.drain(within: .zero)
    }

    @Test func withoutAServerACallFailsAndNamesTheSocket() async throws {
        let folder = TemporaryDirectory()
        let client = RPCClient(socket: folder.file("none.sock"), log: .silent, patience: .zero)
        let error = try await RPCError.thrown { _ = try await client.callRaw("test.echo") }
        #expect(error.status == .unavailable)
        #expect(error.reason == "connection.refused")
        #expect(error.message.contains("none.sock"))
    }

    @Test func aFullQueueOfConnectionsBlocksNobodyAndIsWaitedFor() async throws {
        let folder = TemporaryDirectory()
        let path = folder.file("s.sock")
        // Nobody accepts, so that the queue of one is soon full.
        let listening = try UnixSocket.listen(path: path, backlog: 1)
        var queued: [Descriptor] = []
        while let socket = try? UnixSocket.connect(path: path, waiting: false) { queued.append(socket) }
        #expect(!queued.isEmpty)
        let client = RPCClient(socket: path, log: .silent, patience: patience)
        let call = Task { try await client.callRaw("test.echo") }
        let error = try await RPCError.thrown {
            _ = try await client.callRaw("test.echo", options: CallOptions(timeout: .milliseconds(20)))
        }
        #expect(error.reason == "connection.refused")
        let server = RPCServer(router: testRouter(), log: .silent)
        try await server.serve(listening: listening)
        _ = try await call.value
        await server.drain(within: .zero)
    }

    @Test func theSearchForAServerEndsWithTheDeadline() async throws {
        let folder = TemporaryDirectory()
        let client = RPCClient(socket: folder.file("none.sock"), log: .silent, patience: .seconds(100))
        let error = try await within(patience) {
            try await RPCError.thrown {
                _ = try await client.callRaw("test.echo", options: CallOptions(timeout: .milliseconds(50)))
            }
        }
        #expect(error.reason == "connection.refused")
    }

    /// A server that hangs up on the first so many requests and answers the others.
    private func unreliable(_ breaks: Int, at path: String, _ seen: Watched<[JSONValue]>) async throws -> Descriptor {
        let listening = try UnixSocket.listen(path: path)
        _ = try WorkerThread("unreliable") {
            while let socket = try? UnixSocket.accept(listening) {
                var decoder = FrameDecoder()
                var buffer = [UInt8](repeating: 0, count: 4096)
                conversation: while true {
                    let count = recv(socket.raw, &buffer, buffer.count, 0)
                    if count <= 0 { break }
                    decoder.append(buffer[..<count])
                    while let frame = try? decoder.next() {
                        let request = try! JSON.decode(JSONValue.self, from: frame)
                        seen.update { $0.append(request) }
                        if seen.value.count <= breaks { break conversation }
                        let answer = "{\"jsonrpc\":\"2.0\",\"id\":\(request["id"]!.numberText!),\"result\":5}"
                        try? socket.writeAll(Frame.encode(Array(answer.utf8)))
                    }
                }
            }
        }
        return listening
    }

    @Test func aReadThatLostItsConnectionIsRepeated() async throws {
        let folder = TemporaryDirectory()
        let path = folder.file("s.sock")
        let seen = Watched<[JSONValue]>([])
        let listening = try await unreliable(3, at: path, seen)
        let client = RPCClient(socket: path, log: .silent, patience: patience)
        let answer = try await client.call(Echo.self, JSONRaw(text: "[1]"))
        #expect(answer.text == "5")
        #expect(seen.value.count == 4)
        client.close()
        shutdown(listening.raw, Int32(SHUT_RDWR))
    }

    @Test func aChangeThatLostItsConnectionIsNotRepeated() async throws {
        let folder = TemporaryDirectory()
        let path = folder.file("s.sock")
        let seen = Watched<[JSONValue]>([])
        let listening = try await unreliable(1, at: path, seen)
        let client = RPCClient(socket: path, log: .silent, patience: patience)
        let error = try await RPCError.thrown { _ = try await client.call(Change.self, Empty()) }
        #expect(error.status == .unavailable)
        #expect(error.reason == "connection.lost")
        #expect(seen.value.count == 1)
        client.close()
        shutdown(listening.raw, Int32(SHUT_RDWR))
    }

    @Test func aChangeWithAnIdempotencyKeyIsRepeatedWithIt() async throws {
        let folder = TemporaryDirectory()
        let path = folder.file("s.sock")
        let seen = Watched<[JSONValue]>([])
        let listening = try await unreliable(2, at: path, seen)
        let client = RPCClient(socket: path, log: .silent, patience: patience)
        let answer = try await client.call(Change.self, Empty(), options: CallOptions(idempotencyKey: "k"))
        #expect(answer == 5)
        #expect(seen.value.map { $0["meta"]?["idempotencyKey"]?.stringValue } == ["k", "k", "k"])
        client.close()
        shutdown(listening.raw, Int32(SHUT_RDWR))
    }

    @Test func repeatingEndsWithTheDeadline() async throws {
        let folder = TemporaryDirectory()
        let path = folder.file("s.sock")
        let seen = Watched<[JSONValue]>([])
        let listening = try await unreliable(.max, at: path, seen)
        let time = ManualTime()
        let client = RPCClient(
            socket: path, log: .silent, time: time,
            backoff: Backoff(base: .milliseconds(100), cap: .milliseconds(100)))
        let outcome = Watched<RPCError?>(nil)
        let call = Task {
            let error = try await RPCError.thrown {
                _ = try await client.call(Echo.self, .emptyObject, options: CallOptions(timeout: .seconds(2)))
            }
            outcome.update { $0 = error }
        }
        // The clock moves only while the client waits before another attempt.
        try await soon("the end of the attempts") {
            if time.sleeperCount > 0 { time.advance(by: .milliseconds(100)) }
            return outcome.value != nil
        }
        try await call.value
        #expect(outcome.value?.reason == "connection.lost")
        #expect(seen.value.count >= 19)
        let timeouts = seen.value.compactMap { $0["meta"]?["timeoutMs"]?.intValue }
        #expect(timeouts == timeouts.sorted(by: >))
        #expect(timeouts.first == 2000)
        client.close()
        shutdown(listening.raw, Int32(SHUT_RDWR))
    }

    /// A service that fails because another one does must not be asked twice.
    @Test(arguments: ["connection.lost", "connection.refused", "connection.gone", "service.stopping"])
    func failuresThatAServicePassesOnAreNotRepeated(_ reason: String) async throws {
        let changes = Watched(0)
        var router = RPCRouter()
        router.on(Echo.self) { _, _ in
            changes.update { $0 += 1 }
            throw RPCError(.unavailable, "another service is away", reason: reason)
        }
        try await TestServer.with(router) { test in
            let error = try await RPCError.thrown { _ = try await test.client().callRaw("test.echo") }
            #expect(error.reason == reason)
            #expect(changes.value == 1)
        }
    }

    @Test func aClosedClientCallsNoMore() async throws {
        try await TestServer.with(testRouter()) { test in
            let client = test.client(patience: .zero)
            let gate = Task { try await client.call(Wait.self, Empty()) }
            try await soon("the call") { test.server.statistics.sessions.inFlight == 1 }
            client.close()
            let error = try await RPCError.thrown { _ = try await gate.value }
            #expect(error.reason == "connection.lost" || error.reason == "connection.refused")
            let later = try await RPCError.thrown { _ = try await client.callRaw("test.echo") }
            #expect(later.reason == "connection.refused")
        }
    }

    @Test func manyCallersShareOneConnection() async throws {
        try await TestServer.with(testRouter()) { test in
            let client = test.client()
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for caller in 0..<64 {
                    tasks.addTask {
                        for number in 0..<50 {
                            let text = JSONRaw(text: "[\(caller),\(number)]")
                            let answer = try await client.call(Echo.self, text)
                            #expect(answer == text)
                        }
                    }
                }
                try await tasks.waitForAll()
            }
            #expect(test.server.statistics.connections == 1)
            #expect(test.server.statistics.sessions.requests == 3200)
        }
    }

    @Test func aBlockingClientCallsAndSeesProgress() async throws {
        var router = testRouter()
        router.on(Steps.self) { _, context in
            context.progress(1)
            context.progress(2)
            return Empty()
        }
        try await TestServer.with(router) { test in
            let path = test.path
            let seen = try await onThread { () -> [String] in
                let client = try BlockingClient(socket: path)
                var seen: [String] = []
                seen.append(try client.callRaw("test.echo", JSONRaw(text: "[1]")).text)
                _ = try client.call(Steps.self, Empty()) { seen.append($0.text) }
                do throws(RPCError) {
                    _ = try client.callRaw("no.such")
                } catch {
                    seen.append(error.reason ?? "")
                }
                let long = String(repeating: "x", count: 300_000)
                seen.append(String(try client.call(Echo.self, JSONRaw(text: "[\"\(long)\"]")).bytes.count))
                return seen
            }
            #expect(seen == ["[1]", "1", "2", "method.unknown", "300004"])
        }
    }

    private enum Steps: RPCMethod {
        static let name = "test.steps"
        static let access = AccessClass.read
        typealias Params = Empty
        typealias Result = Empty
    }

    @Test func anAnswerOfAnotherShapeIsAnError() async throws {
        try await TestServer.with(testRouter()) { test in
            let client = test.client()
            let error = try await RPCError.thrown { _ = try await client.call(Mistaken.self, Empty()) }
            #expect(error.reason == "answer.invalid")
            #expect(error.message.contains("test.echo"))
        }
    }

    /// Takes what `test.echo` gives for a number.
    private enum Mistaken: RPCMethod {
        static let name = "test.echo"
        static let access = AccessClass.read
        typealias Params = Empty
        typealias Result = Int
    }
}
