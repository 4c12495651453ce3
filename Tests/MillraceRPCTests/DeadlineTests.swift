import JSONCodec
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import MillraceRPC

@Suite struct DeadlineTests {
    // MARK: Deadlines

    @Test func pastTheDeadlineTheRequestIsAnsweredAndItsHandlerCancelled() async throws {
        let gate = Gate()
        try await TestServer.with(testRouter(gate: gate)) { test in
            let peer = try test.peer()
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.wait","meta":{"timeoutMs":20}}"#)
            let answer = try await peer.next()
            #expect(answer["id"] == 1)
            #expect(answer.errorStatus == "DEADLINE_EXCEEDED")
            #expect(answer.errorReason == "deadline.exceeded")
            try await gate.cancelled(1)
        }
    }

    /// Its clock stands, so nothing but the test decides when the deadline has passed.
    @Test func nothingIsAnsweredBeforeTheDeadline() async throws {
        let gate = Gate(), time = ManualTime()
        let test = TestServer(testRouter(gate: gate), time: time)
        let (ours, theirs) = try UnixSocket.pair()
        let session = try await test.server.adopt(connected: ours)
        let peer = try RawPeer(theirs)
        for (id, timeout) in [(1, 1000), (2, 3000), (3, 2000)] {
            try peer.send(#"{"jsonrpc":"2.0","id":\#(id),"method":"test.wait","meta":{"timeoutMs":\#(timeout)}}"#)
        }
        try await gate.waiting(3)
        session.timePassed()
        time.advance(by: .milliseconds(999))
        session.timePassed()
        try peer.send(#"{"jsonrpc":"2.0","id":"echo","method":"test.echo","params":[]}"#)
        #expect(try await peer.next()["id"] == "echo")

        time.advance(by: .milliseconds(1))
        session.timePassed()
        #expect(try await peer.next()["id"] == 1)
        time.advance(by: .seconds(5))
        session.timePassed()
        let late = try await peer.next(2)
        #expect(Set(late.map { $0["id"]!.intValue! }) == [2, 3])
        #expect(late.allSatisfy { $0.errorStatus == "DEADLINE_EXCEEDED" })
        await test.server.drain(within: .zero)
    }

    @Test func aResultThatComesTooLateIsNotSent() async throws {
        let held = Watched<RPCReply<Held>?>(nil)
        var router = testRouter()
        router.onReply(Held.self) { _, _, reply in held.update { $0 = reply } }
        try await TestServer.with(router) { test in
            let peer = try test.peer()
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.held","params":[],"meta":{"timeoutMs":1}}"#)
            #expect(try await peer.next().errorStatus == "DEADLINE_EXCEEDED")
            held.value?.succeed(.null)
            try peer.send(#"{"jsonrpc":"2.0","id":2,"method":"test.echo","params":[]}"#)
            #expect(try await peer.next()["id"] == 2)
        }
    }

    private enum Held: RPCMethod {
        static let name = "test.held"
        static let access = AccessClass.read
        typealias Params = JSONRaw
        typealias Result = JSONRaw
    }

    @Test func callsBeyondTheirDeadlineStillCountUntilTheirHandlersEnd() async throws {
        let held = Watched<RPCReply<Held>?>(nil)
        var router = testRouter()
        router.onReply(Held.self) { _, _, reply in held.update { $0 = reply } }
        var limits = RPCLimits()
        limits.inFlightPerConnection = 1
        try await TestServer.with(router, limits: limits) { test in
            let peer = try test.peer()
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.held","params":[],"meta":{"timeoutMs":1}}"#)
            #expect(try await peer.next().errorStatus == "DEADLINE_EXCEEDED")
            try peer.send(#"{"jsonrpc":"2.0","id":2,"method":"test.echo","params":[]}"#)
            #expect(try await peer.next().errorReason == "limit.inFlight")
            held.value?.succeed(.null)
            held.update { $0 = nil }
            try peer.send(#"{"jsonrpc":"2.0","id":3,"method":"test.echo","params":[]}"#)
            #expect(try await peer.next()["result"] == [])
        }
    }

    @Test func aCallerGivesUpWhenTheOtherSideDoesNotAnswerAtAll() async throws {
        let (ours, theirs) = try UnixSocket.pair()
        let session = try RPCClient.session(over: ours, log: .silent)
        let error = try await RPCError.thrown {
            _ = try await session.call(Echo.self, .null, options: CallOptions(timeout: .milliseconds(10)))
        }
        #expect(error.status == .deadlineExceeded)
        session.close()
        theirs.close()
    }

    @Test func aBlockingCallGivesUpToo() async throws {
        let (ours, theirs) = try UnixSocket.pair()
        let error = try await onThread { () -> RPCError? in
            do throws(RPCError) {
                _ = try BlockingClient(over: ours).call(
                    Echo.self, .null, options: CallOptions(timeout: .milliseconds(10)))
                return nil
            } catch {
                return error
            }
        }
        #expect(error?.status == .deadlineExceeded)
        theirs.close()
    }

    // MARK: Cancellation

    @Test func aCancelledRequestIsAnsweredOnce() async throws {
        let gate = Gate()
        try await TestServer.with(testRouter(gate: gate)) { test in
            let peer = try test.peer()
            try peer.send(#"{"jsonrpc":"2.0","id":"a","method":"test.wait"}"#)
            try peer.send(#"{"jsonrpc":"2.0","id":"b","method":"test.wait"}"#)
            try peer.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"a"}}"#)
            let answer = try await peer.next()
            #expect(answer["id"] == "a")
            #expect(answer.errorStatus == "CANCELLED")
            try peer.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"a"}}"#)
            gate.open()
            let other = try await peer.next()
            #expect(other["id"] == "b")
            #expect(other["result"] == [:])
            #expect(peer.waiting == 0)
        }
    }

    @Test func cancellingWhatIsNotThereDoesNothing() async throws {
        try await TestServer.with(testRouter()) { test in
            let peer = try test.peer()
            for params in [#"{"id":1}"#, #"{"id":null}"#, "{}", "[]", #"{"id":[1]}"#, #"{"id":1,"id":2}"#] {
                try peer.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":\#(params)}"#)
            }
            try peer.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest"}"#)
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.echo","params":[]}"#)
            #expect(try await peer.next()["result"] == [])
        }
    }

    @Test func aCancelledTaskStopsTheRequestAndReturnsAtOnce() async throws {
        let gate = Gate()
        try await TestServer.with(testRouter(gate: gate)) { test in
            let client = test.client()
            let call = Task { try await client.call(Wait.self, Empty()) }
            try await gate.waiting(1)
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            try await gate.cancelled(1)
        }
    }

    @Test func aTaskCancelledBeforehandSendsNothing() async throws {
        let changes = Watched(0)
        try await TestServer.with(testRouter(changes: changes)) { test in
            let client = test.client()
            let call = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await client.call(Change.self, Empty())
            }
            await #expect(throws: CancellationError.self) { try await call.value }
            _ = try await client.callRaw("test.echo")
            #expect(changes.value == 0)
        }
    }

    @Test func aHandlerWithoutTaskLearnsOfItsCancellation() async throws {
        var router = testRouter()
        router.onReply(Held.self) { _, context, reply in
            context.onCancel { reply.fail(CancellationError()) }
        }
        try await TestServer.with(router) { test in
            let peer = try test.peer()
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.held","params":[]}"#)
            try peer.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}"#)
            #expect(try await peer.next().errorStatus == "CANCELLED")
            #expect(test.server.statistics.sessions.inFlight == 0)
        }
    }

    // MARK: Hanging up

    @Test func whoHangsUpCancelsWhatHeWaitedFor() async throws {
        let gate = Gate()
        try await TestServer.with(testRouter(gate: gate)) { test in
            let peer = try test.peer()
            for id in 0..<20 { try peer.send(#"{"jsonrpc":"2.0","id":\#(id),"method":"test.wait"}"#) }
            try await gate.waiting(20)
            peer.hangUp()
            try await gate.cancelled(20)
        }
    }

    @Test func whoOnlyStopsSendingStillGetsHisAnswers() async throws {
        let gate = Gate()
        try await TestServer.with(testRouter(gate: gate)) { test in
            let peer = try test.peer()
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.wait"}"#)
            try peer.send(#"{"jsonrpc":"2.0","id":2,"method":"test.echo","params":[]}"#)
            peer.finishSending()
            #expect(try await peer.next()["id"] == 2)
            try await gate.waiting(1)
            gate.open()
            #expect(try await peer.next()["id"] == 1)
            try await peer.ended()
        }
    }

    @Test func outstandingCallsFailWhenTheOtherSideHangsUp() async throws {
        let (ours, theirs) = try UnixSocket.pair()
        let session = try RPCClient.session(over: ours, log: .silent)
        let peer = try RawPeer(theirs)
        let call = Task { try await session.call(Wait.self, Empty()) }
        _ = try await peer.nextFrame()
        peer.hangUp()
        let error = try await RPCError.thrown { _ = try await call.value }
        #expect(error.status == .unavailable)
        #expect(error.reason == "connection.lost")
    }
}
