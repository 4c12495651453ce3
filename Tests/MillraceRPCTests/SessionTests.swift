import JSONCodec
import Linux
import Logging
import MillraceProtocol
import TestSupport
import Testing

@testable import MillraceRPC

@Suite struct SessionTests {
    // MARK: Answers

    @Test func manyRequestsInFlightAreAnsweredAsTheyFinish() async throws {
        let gate = Gate()
        try await TestServer.with(testRouter(gate: gate)) { test in
            let peer = try test.peer()
            for id in 0..<500 {
                try peer.send(#"{"jsonrpc":"2.0","id":\#(id),"method":"test.wait"}"#)
            }
            try peer.send(#"{"jsonrpc":"2.0","id":"echo","method":"test.echo","params":[1]}"#)
            #expect(try await peer.next()["id"] == "echo")
            try await gate.waiting(500)
            #expect(test.server.statistics.sessions.inFlight == 500)
            gate.open()
            let answers = try await peer.next(500)
            #expect(Set(answers.map { $0["id"]!.intValue! }) == Set(0..<500))
            #expect(answers.allSatisfy { $0["result"] == [:] })
        }
    }

    /// More of them than the answers of one turn of the loop, and some hang up meanwhile.
    @Test func manyConnectionsThatAskAtOnceAreAllAnswered() async throws {
        try await TestServer.with(testRouter()) { test in
            let peers = try (0..<100).map { _ in try test.peer() }
            for round in 0..<20 {
                let request = #"{"jsonrpc":"2.0","id":\#(round),"method":"test.echo","params":[7]}"#
                for peer in peers { try peer.send(request) }
                for _ in 0..<3 {
                    let hasty = try test.peer()
                    try hasty.send(request)
                }
                for peer in peers {
                    let answer = try await peer.next()
                    #expect(answer["id"]?.intValue == round && answer["result"] == [7])
                }
            }
        }
    }

    @Test func aBatchIsAnsweredWhenItsLastMemberIs() async throws {
        let gate = Gate()
        try await TestServer.with(testRouter(gate: gate)) { test in
            let peer = try test.peer()
            try peer.send(
                #"""
                [{"jsonrpc":"2.0","id":1,"method":"test.wait"}, {"jsonrpc":"2.0","method":"test.change"},
                 {"jsonrpc":"2.0","id":2,"method":"test.echo","params":[2]}, {"jsonrpc":"2.0","id":3,"result":1},
                 {"jsonrpc":"2.0","id":4,"method":"test.wait","meta":{"timeoutMs":1}}]
                """#)
            try await gate.waiting(2)
            try await gate.cancelled(1)
            try peer.send(#"{"jsonrpc":"2.0","id":5,"method":"test.echo","params":[]}"#)
            #expect(try await peer.next()["id"] == 5)
            gate.open()
            let answers = try await peer.next().elements!
            #expect(Set(answers.map { $0["id"]!.intValue! }) == [1, 2, 4])
            #expect(answers.first { $0["id"] == 4 }?.errorStatus == "DEADLINE_EXCEEDED")
            #expect(peer.waiting == 0)
        }
    }

    @Test func aMemberOfABatchIsCancelledByItsId() async throws {
        let gate = Gate()
        try await TestServer.with(testRouter(gate: gate)) { test in
            let peer = try test.peer()
            try peer.send(#"[{"jsonrpc":"2.0","id":1,"method":"test.wait"}]"#)
            try await gate.waiting(1)
            try peer.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}"#)
            #expect(try await peer.next()[0]?.errorStatus == "CANCELLED")
        }
    }

    @Test func offloadedMethodsAreAnsweredToo() async throws {
        try await TestServer.with(testRouter()) { test in
            let client = test.client()
            let answer = try await client.callRaw("test.echoOffloaded", JSONRaw(text: "[1]"))
            #expect(answer == JSONRaw(text: "[1]"))
        }
    }

    @Test func anUnknownMethodIsNamed() async throws {
        try await TestServer.with(testRouter()) { test in
            let peer = try test.peer()
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"no.such"}"#)
            let answer = try await peer.next()
            #expect(answer.errorCode == -32601)
            #expect(answer.errorStatus == "UNIMPLEMENTED")
            #expect(answer.errorReason == "method.unknown")
            #expect(answer["error"]?["data"]?["detail"]?.stringValue?.contains("no.such") == true)
        }
    }

    /// Whoever repeats such a request because of its key would have it done twice.
    @Test func aKeyOnAMethodThatTakesNoneIsRefused() async throws {
        try await TestServer.with(testRouter()) { test in
            let peer = try test.peer()
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.change","meta":{"idempotencyKey":"k"}}"#)
            let answer = try await peer.next()
            #expect(answer.errorStatus == "INVALID_ARGUMENT")
            #expect(answer["error"]?["data"]?["field"] == "meta.idempotencyKey")
            // One that changes nothing may bear one.
            try peer.send(#"{"jsonrpc":"2.0","id":2,"method":"test.echo","meta":{"idempotencyKey":"k"},"params":[]}"#)
            #expect(try await peer.next()["result"] == [])
        }
    }

    @Test func aParameterThatIsWrongIsNamed() async throws {
        try await TestServer.with(testRouter()) { test in
            let peer = try test.peer()
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.policy","params":{"policy":{"attempts":"3"}}}"#)
            let answer = try await peer.next()
            #expect(answer.errorCode == -32602)
            #expect(answer.errorStatus == "INVALID_ARGUMENT")
            #expect(answer.errorReason == "params.invalid")
            #expect(answer["error"]?["data"]?["field"] == "policy.attempts")
        }
    }

    @Test(arguments: [
        ("foreseen", "RESOURCE_EXHAUSTED", "shelf.full"), ("cancelled", "CANCELLED", "request.cancelled"),
        ("other", "INTERNAL", "internal"),
    ]) func errorsOfHandlersGetTheirFace(_ how: String, _ status: String, _ reason: String) async throws {
        try await TestServer.with(testRouter()) { test in
            let client = test.client()
            let error = try await RPCError.thrown { _ = try await client.call(Fail.self, [how]) }
            #expect(error.status?.rawValue == status)
            #expect(error.reason == reason)
            #expect(error.retryAfterMs == (how == "foreseen" ? 5 : nil))
            #expect(!error.description.contains("password"))
        }
    }

    @Test func aNotificationOfAMethodIsCarriedOutWithoutAnswer() async throws {
        let changes = Watched(0)
        try await TestServer.with(testRouter(changes: changes)) { test in
            let peer = try test.peer()
            try peer.send(#"{"jsonrpc":"2.0","method":"test.change"}"#)
            try peer.send(#"{"jsonrpc":"2.0","method":"test.fail","params":[]}"#)
            try peer.send(#"{"jsonrpc":"2.0","method":"$/unknown","params":[]}"#)
            try await changes.wait(within: patience, for: "the change") { $0 == 1 }
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.echo","params":[]}"#)
            #expect(try await peer.next()["id"] == 1)
        }
    }

    // MARK: Correlation

    @Test func anAnswerBearsTheRequestsCorrelationId() async throws {
        try await TestServer.with(testRouter()) { test in
            let peer = try test.peer()
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.echo","params":{},"meta":{"correlationId":"c-1"}}"#)
            #expect(try await peer.next()["meta"]?["correlationId"] == "c-1")
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"no.such","meta":{"correlationId":"c-2"}}"#)
            #expect(try await peer.next()["error"]?["data"]?["correlationId"] == "c-2")
        }
    }

    @Test func aRequestWithoutCorrelationIdGetsANewOne() async throws {
        try await TestServer.with(testRouter()) { test in
            var seen: Set<String> = []
            for _ in 0..<2 {
                let peer = try test.peer()
                for method in ["test.echo", "no.such"] {
                    try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":{}}"#)
                    let answer = try await peer.next()
                    let id = answer["meta"]?["correlationId"] ?? answer["error"]?["data"]?["correlationId"]
                    seen.insert(id?.stringValue ?? "")
                }
            }
            #expect(seen.count == 4)
            #expect(seen.allSatisfy { $0.count == 15 })
        }
    }

    @Test func correlationIdsDoNotRepeat() {
        let ids = CorrelationIDs(), others = CorrelationIDs()
        var seen: Set<String> = []
        for _ in 0..<10_000 { seen.formUnion([ids.next(), others.next()]) }
        #expect(seen.count == 20_000)
    }

    @Test func callsOnBehalfOfARequestBearItsCorrelationAndTime() async throws {
        let options = Watched<CallOptions?>(nil)
        var router = RPCRouter()
        router.on(Echo.self) { params, context in
            options.update { $0 = context.options }
            return params
        }
        try await TestServer.with(router) { test in
            let client = test.client()
            _ = try await client.callRaw(
                "test.echo", options: CallOptions(timeout: .seconds(5), correlationId: "c", traceparent: "t"))
            let seen = options.value!
            #expect(seen.correlationId == "c")
            #expect(seen.traceparent == "t")
            #expect(seen.timeout! <= .seconds(5) && seen.timeout! > .seconds(1))
        }
    }

    // MARK: Handlers without a task

    private enum Later: RPCMethod {
        static let name = "test.later"
        static let access = AccessClass.read
        typealias Params = [Int]
        typealias Result = Int
    }

    @Test func aReplyMayComeFromAnotherThread() async throws {
        var router = RPCRouter()
        router.onReply(Later.self) { number, _, reply in
            Task { reply.succeed(number[0] + 1) }
        }
        try await TestServer.with(router) { test in
            let answer = try await test.client().call(Later.self, [1])
            #expect(answer == 2)
        }
    }

    @Test func onlyTheFirstReplyCounts() async throws {
        var router = RPCRouter()
        router.onReply(Later.self) { number, _, reply in
            reply.succeed(number[0])
            reply.succeed(99)
            reply.fail(Foreseen.full)
            throw Unforeseen()
        }
        try await TestServer.with(router) { test in
            let peer = try test.peer()
            for id in 0..<10 { try peer.send(#"{"jsonrpc":"2.0","id":\#(id),"method":"test.later","params":[1]}"#) }
            for id in 0..<10 { #expect(try await peer.next()["id"]?.intValue == id) }
            let client = test.client()
            for number in 5...6 {
                let answer = try await client.call(Later.self, [number])
                #expect(answer == number)
            }
        }
    }

    @Test func aReplyLetGoIsAnInternalError() async throws {
        var router = RPCRouter()
        router.onReply(Later.self) { _, _, _ in }
        try await TestServer.with(router) { test in
            let error = try await RPCError.thrown { _ = try await test.client().call(Later.self, [1]) }
            #expect(error.status == .internal)
            #expect(test.server.statistics.sessions.inFlight == 0)
        }
    }

    @Test func errorsThrownBeforeTheReplyAreAnswered() async throws {
        var router = RPCRouter()
        router.onReply(Later.self) { _, _, _ in throw Foreseen.full }
        try await TestServer.with(router) { test in
            let error = try await RPCError.thrown { _ = try await test.client().call(Later.self, [1]) }
            #expect(error.reason == "shelf.full")
        }
    }

    // MARK: Discovery

    @Test func discoverGivesTheDocument() async throws {
        var router = testRouter()
        let document = #"{"openrpc":"1.2.6","methods":[]}"#
        router.discover(Array(document.utf8))
        #expect(router.methods.map(\.name) == router.methods.map(\.name).sorted())
        #expect(router.methods.first { $0.name == "test.change" }?.access == .write)
        let served = router
        try await TestServer.with(served) { test in
            let answer = try await test.client().callRaw("rpc.discover")
            #expect(answer == JSONRaw(text: document))
        }
    }

    // MARK: Both directions

    @Test func bothSidesOfAConnectionAskEachOther() async throws {
        let (ours, theirs) = try UnixSocket.pair()
        let server = RPCServer(router: testRouter(), log: .silent)
        let session = try await server.adopt(connected: ours)
        let worker = try RPCClient.session(over: theirs, router: testRouter(), log: .silent)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for number in 0..<200 {
                let text = JSONRaw(text: "[\(number)]")
                tasks.addTask {
                    let answer = try await session.call(Echo.self, text)
                    #expect(answer == text)
                }
                tasks.addTask {
                    let answer = try await worker.call(OffloadedEcho.self, text)
                    #expect(answer == text)
                }
            }
            try await tasks.waitForAll()
        }
        worker.close()
        await server.drain(within: .seconds(5))
        #expect(!session.isOpen)
    }

    @Test func aHandlerMayAskBackOverTheSameConnection() async throws {
        var router = RPCRouter()
        router.on(Echo.self) { params, context in
            try await context.session.call(OffloadedEcho.self, params, options: context.options)
        }
        let served = router
        try await TestServer.with(served) { test in
            let client = RPCClient(socket: test.path, router: testRouter(), log: .silent)
            let answer = try await client.call(Echo.self, JSONRaw(text: "[7]"))
            #expect(answer == JSONRaw(text: "[7]"))
        }
    }

    @Test func aSendWithoutTaskIsCompletedOnce() async throws {
        let (ours, theirs) = try UnixSocket.pair()
        let server = RPCServer(router: testRouter(), log: .silent)
        let session = try await server.adopt(connected: ours)
        let worker = try RPCClient.session(over: theirs, router: testRouter(), log: .silent)
        let outcomes = Watched<[Result<JSONRaw, RPCError>]>([])
        session.send(Echo.self, JSONRaw(text: "[1]")) { outcome in outcomes.update { $0.append(outcome) } }
        try await outcomes.wait(within: patience, for: "the answer") { $0.count == 1 }
        #expect(outcomes.value == [.success(JSONRaw(text: "[1]"))])

        session.send(Wait.self, Empty()) { outcome in
            outcomes.update { $0.append(outcome.map { _ in .null }) }
        }
        worker.close()
        try await outcomes.wait(within: patience, for: "the failure") { $0.count == 2 }
        guard case .failure(let error) = outcomes.value[1] else { return #expect(Bool(false)) }
        #expect(error.reason == "connection.lost")

        session.send(Echo.self, .null) { outcome in outcomes.update { $0.append(outcome) } }
        #expect(outcomes.value.count == 3)
        await server.drain(within: .zero)
    }

    @Test func closeHandlersAreCalledOnceAlsoWhenTheyComeLate() async throws {
        let (ours, theirs) = try UnixSocket.pair()
        let session = try RPCClient.session(over: ours, log: .silent)
        let reasons = Watched<[RPCSession.CloseReason]>([])
        session.onClose { reason in reasons.update { $0.append(reason) } }
        theirs.close()
        try await reasons.wait(within: patience, for: "the end") { $0 == [.hungUp] }
        session.close()
        session.onClose { reason in reasons.update { $0.append(reason) } }
        #expect(reasons.value == [.hungUp, .hungUp])
    }

    @Test func sessionsAreLetGoWhenTheyEnd() async throws {
        weak var served: RPCSession?
        weak var asked: RPCSession?
        let gate = Gate()
        let (ours, theirs) = try UnixSocket.pair()
        let server = RPCServer(router: testRouter(gate: gate), log: .silent)
        do {
            let session = try await server.adopt(connected: ours)
            let client = try RPCClient.session(over: theirs, log: .silent)
            served = session
            asked = client
            let call = Task { try await client.call(Wait.self, Empty()) }
            try await gate.waiting(1)
            client.close()
            _ = await call.result
            try await gate.cancelled(1)
        }
        try await soon("both to be let go") { served == nil && asked == nil }
        await server.drain(within: .zero)
    }

    // MARK: Progress

    private enum Count: RPCMethod {
        static let name = "test.count"
        static let access = AccessClass.read
        typealias Params = [Int]
        typealias Result = Int
    }

    @Test func progressComesBeforeTheAnswerAndInOrder() async throws {
        var router = RPCRouter()
        router.on(Count.self) { count, context in
            for number in 0..<count[0] { context.progress(number) }
            return count[0]
        }
        try await TestServer.with(router) { test in
            let client = test.client()
            let seen = Watched<[JSONRaw]>([])
            let count = try await client.call(Count.self, [50]) { value in seen.update { $0.append(value) } }
            #expect(count == 50)
            #expect(seen.value.map(\.text) == (0..<50).map(String.init))
        }
    }

    @Test func progressAfterTheAnswerIsNotSent() async throws {
        let kept = Watched<RPCContext?>(nil)
        var router = testRouter()
        router.on(Count.self) { count, context in
            kept.update { $0 = context }
            return count[0]
        }
        let served = router
        try await TestServer.with(served) { test in
            let peer = try test.peer()
            try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.count","params":[1]}"#)
            try peer.send(#"{"jsonrpc":"2.0","id":2,"method":"test.echo","params":[]}"#)
            #expect(try await peer.next(2).count == 2)
            let client = test.client()
            _ = try await client.call(Count.self, [1])
            kept.value?.progress(1)
            try peer.send(#"{"jsonrpc":"2.0","id":3,"method":"test.echo","params":[]}"#)
            #expect(try await peer.next()["id"] == 3)
        }
    }
}
