import JSONCodec
import MillraceProtocol
import Testing

@Suite struct EnvelopeTests {
    private func parse(_ text: String, limits: Envelope.Limits = .init()) -> Envelope.Content {
        Envelope.parse(Array(text.utf8), limits: limits)
    }

    private func request(_ text: String) throws -> Request {
        guard case .single(.request(let request)) = parse(text) else { throw Unexpected(content: parse(text)) }
        return request
    }

    private func invalid(_ text: String, limits: Envelope.Limits = .init()) throws -> InvalidMessage {
        guard case .invalid(let invalid) = parse(text, limits: limits) else { throw Unexpected(content: parse(text)) }
        return invalid
    }

    private struct Unexpected: Error { var content: Envelope.Content }

    private func slice(_ text: String, _ range: Range<Int>?) -> String? {
        range.map { String(decoding: Array(text.utf8)[$0], as: UTF8.self) }
    }

    // MARK: Requests

    @Test func findsTheMembersInAnyOrder() throws {
        let text = #"{ "params" : {"a": [1, 2]} , "id":7,"meta":{"timeoutMs":5},"method":"job.show", "jsonrpc":"2.0" }"#
        let request = try request(text)
        #expect(request.id == .number(7))
        #expect(request.method == "job.show")
        #expect(slice(text, request.params) == #"{"a": [1, 2]}"#)
        #expect(request.meta == Meta(timeoutMs: 5))
    }

    @Test(arguments: [
        ("-9223372036854775808", RequestID.number(.min)), ("9223372036854775807", .number(.max)), ("0", .number(0)),
        (#""a""#, .string("a")), (#""""#, .string("")), ("null", .null),
        ("\"" + String(repeating: "i", count: 1024) + "\"", .string(String(repeating: "i", count: 1024))),
    ]) func keepsTheId(_ id: String, _ expected: RequestID) throws {
        let request = try request(#"{"jsonrpc":"2.0","id":\#(id),"method":"m"}"#)
        #expect(request.id == expected)
        var json = JSONWriter()
        Envelope.encodeResult(id: request.id, correlationId: nil, into: &json) { $0.null() }
        #expect(String(decoding: json.bytes, as: UTF8.self) == #"{"jsonrpc":"2.0","id":\#(id),"result":null}"#)
    }

    @Test(arguments: [
        "1.5", "9223372036854775808", "1e2", "true", "[1]", #"{"a":1}"#,
        "\"" + String(repeating: "i", count: 1025) + "\"",
    ]) func refusesAnIdThatIsNone(_ id: String) throws {
        let invalid = try invalid(#"{"jsonrpc":"2.0","id":\#(id),"method":"m"}"#)
        #expect(invalid.id == .null)
        #expect(invalid.error.code == -32600)
    }

    @Test func withoutAnIdItIsANotification() {
        #expect(
            parse(#"{"jsonrpc":"2.0","method":"m","params":[]}"#)
                == .single(.notification(Notification(method: "m", params: 39..<41))))
    }

    @Test func ignoresMembersItDoesNotKnow() throws {
        #expect(try request(#"{"jsonrpc":"2.0","id":1,"method":"m","x":{"y":[1]}}"#).method == "m")
    }

    @Test(arguments: [
        (#"{"jsonrpc":"1.0","id":1,"method":"m"}"#, 1), (#"{"jsonrpc":2.0,"id":2,"method":"m"}"#, 2),
        (#"{"id":3,"method":"m"}"#, 3), (#"{"jsonrpc":"2.0","id":4,"method":5}"#, 4),
        (#"{"jsonrpc":"2.0","method":["m"],"id":5}"#, 5), (#"{"jsonrpc":"2.0","id":6,"method":"m","params":"p"}"#, 6),
        (#"{"jsonrpc":"2.0","id":7,"method":"m","params":null}"#, 7), (#"{"jsonrpc":"2.0","id":8}"#, 8),
        (#"{"jsonrpc":"2.0","id":9,"method":"m","result":1}"#, 9),
    ]) func refusesWhatIsNoMessageUnderItsId(_ text: String, _ id: Int64) throws {
        let invalid = try invalid(text)
        #expect(invalid.id == .number(id))
        #expect(invalid.error.code == -32600)
        #expect(invalid.error.message == "Invalid Request")
        #expect(invalid.error.detail != nil)
    }

    @Test(arguments: [
        (#"{"jsonrpc":"2.0","id":10,"result":1,"error":{"code":1,"message":""}}"#, RequestID.number(10)),
        (#"{"jsonrpc":"2.0","id":11,"error":"no"}"#, .number(11)),
        (#"{"jsonrpc":"2.0","id":12,"error":{"code":1}}"#, .number(12)),
        (#"{"id":13,"result":1}"#, .number(13)), (#"{"jsonrpc":"2.0","result":1}"#, .null),
        (#"{"jsonrpc":"2.0","id":14,"result":NaN}"#, .number(14)),
        (#"{"jsonrpc":"2.0","id":15,"result":"caf\udce9"}"#, .number(15)),
        (#"{"jsonrpc":"2.0","id":16,"result":1,"result":2}"#, .number(16)),
        (#"{"jsonrpc":"2.0","id":17,"result":1} x"#, .number(17)),
        (#"{"jsonrpc":"2.0","id":18,"result":"# + String(repeating: "[", count: 64), .number(18)),
        (#"{"jsonrpc":"2.0","result":[1,}"#, .null),
    ]) func tellsWhatAnAnswerThatCannotBeReadWasToAnswer(_ text: String, _ id: RequestID) throws {
        let invalid = try invalid(text)
        #expect(invalid.kind == .answer(id))
        #expect(invalid.id == nil)
    }

    @Test(arguments: ["1", "null", #""x""#, "true"]) func refusesWhatIsNoObject(_ text: String) throws {
        #expect(try invalid(text).error.code == -32600)
    }

    @Test(arguments: [
        "", " ", "{", #"{"jsonrpc":"2.0","id":1,"method":"m"} x"#, #"{"jsonrpc":"2.0","id":1,"method":"m",}"#,
        #"{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":tru}}"#, "[1,", "\u{FEFF}{}",
    ]) func refusesWhatIsNoJSON(_ text: String) throws {
        let invalid = try invalid(text)
        #expect(invalid.id == .null)
        #expect(invalid.error.code == -32700)
    }

    /// What only requests have says that it is none of our answers.
    @Test(arguments: [
        (#"{"jsonrpc":"2.0","id":1,"#, InvalidMessage.Kind.unknown), ("no", .unknown),
        (#"{"id":1,"method":"m","params":{"a":NaN}}"#, .request), (#"{"params":[NaN],"id":1,"method":"m"}"#, .request),
        (#"{"meta":{"timeoutMs":+1}}"#, .request), (#"{"id":1,"result":NaN}"#, .answer(.number(1))),
        (#"{"error":{"message":"\ud800"},"id":1}"#, .answer(.null)),
    ]) func saysWhetherWhatCannotBeReadAsksOrAnswers(_ text: String, _ kind: InvalidMessage.Kind) throws {
        #expect(try invalid(text).kind == kind)
    }

    @Test func refusesWhatIsNoUTF8() {
        let frame = Array(#"{"jsonrpc":"2.0","id":1,"method":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8)
        guard case .invalid(let invalid) = Envelope.parse(frame) else { return #expect(Bool(false)) }
        #expect(invalid.error.code == -32700)
    }

    @Test(arguments: [
        (#"{"jsonrpc":"2.0","id":1,"method":"m","method":"n"}"#, RequestID.number(1)),
        (#"{"jsonrpc":"2.0","id":1,"id":2,"method":"n"}"#, .null),
        (#"{"jsonrpc":"2.0","method":"m","params":{},"params":{}}"#, .null),
    ]) func refusesAMemberThatComesTwice(_ text: String, _ id: RequestID) throws {
        let invalid = try invalid(text)
        #expect(invalid.error.code == -32600)
        #expect(invalid.id == id)
    }

    @Test func nestingHasABound() throws {
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        let error = try invalid(#"{"jsonrpc":"2.0","id":1,"method":"m","params":\#(deep)}"#).error
        #expect(error.reason == "limit.depth")
        #expect(error.message.contains("64"))
        let shallow = String(deep.dropFirst().dropLast())
        #expect(try request(#"{"jsonrpc":"2.0","id":1,"method":"m","params":\#(shallow)}"#).method == "m")
    }

    @Test func aFrameOfNothingButBracketsIsRefused() throws {
        #expect(try invalid(String(repeating: "[", count: 1_000_000)).error.reason == "limit.depth")
    }

    // MARK: Meta

    @Test func readsMeta() throws {
        let text =
            #"{"jsonrpc":"2.0","id":1,"method":"m","meta":{"correlationId":"c 1","timeoutMs":250,"traceparent":"00-a-b-01","idempotencyKey":"k","later":[1]}}"#
        #expect(
            try request(text).meta
                == Meta(correlationId: "c 1", timeoutMs: 250, traceparent: "00-a-b-01", idempotencyKey: "k"))
    }

    @Test(arguments: [
        (#"{"timeoutMs":0}"#, "meta.timeoutMs"), (#"{"timeoutMs":-1}"#, "meta.timeoutMs"),
        (#"{"timeoutMs":1.5}"#, "meta.timeoutMs"), (#"{"timeoutMs":"1"}"#, "meta.timeoutMs"),
        (#"{"correlationId":""}"#, "meta.correlationId"), (#"{"correlationId":"ä"}"#, "meta.correlationId"),
        (#"{"correlationId":"a\n"}"#, "meta.correlationId"), (#"{"correlationId":7}"#, "meta.correlationId"),
        (#"{"correlationId":"\#(String(repeating: "c", count: 129))"}"#, "meta.correlationId"), ("7", "meta"),
    ]) func refusesMetaThatIsWrong(_ meta: String, _ field: String) throws {
        let invalid = try invalid(#"{"jsonrpc":"2.0","id":1,"method":"m","meta":\#(meta)}"#)
        #expect(invalid.id == .number(1))
        #expect(invalid.error.code == -32602)
        #expect(invalid.error.status == .invalidArgument)
        #expect(invalid.error.field == field)
    }

    @Test func aNotificationWithWrongMetaGetsNoAnswer() throws {
        #expect(try invalid(#"{"jsonrpc":"2.0","method":"m","meta":7}"#).id == nil)
    }

    @Test func absentAndNullMetaMembersAreTheSame() throws {
        #expect(
            try request(#"{"jsonrpc":"2.0","id":1,"method":"m","meta":{"timeoutMs":null,"correlationId":null}}"#).meta
                .isEmpty)
    }

    // MARK: Answers

    @Test func readsAResult() {
        let text = #"{"jsonrpc":"2.0","id":"a","result":{"x":1},"meta":{"correlationId":"c"}}"#
        #expect(parse(text) == .single(.response(Response(id: .string("a"), outcome: .success(35..<42)))))
        #expect(slice(text, 35..<42) == #"{"x":1}"#)
    }

    @Test func readsAnError() {
        let error = RPCError(.notFound, "no job 7", reason: "job.notFound")
        var json = JSONWriter()
        Envelope.encodeError(id: .number(7), error, into: &json)
        #expect(Envelope.parse(json.bytes) == .single(.response(Response(id: .number(7), outcome: .failure(error)))))
    }

    // MARK: Batches

    @Test func readsABatchEntryByEntry() {
        let text =
            #"[{"jsonrpc":"2.0","id":1,"method":"a","params":[1]}, 7, {"jsonrpc":"2.0","method":"b"}, {"id":1,"id":1}]"#
        guard case .batch(let entries) = parse(text) else { return #expect(Bool(false)) }
        #expect(entries.count == 4)
        #expect(entries[0] == .success(.request(Request(id: .number(1), method: "a", params: 47..<50))))
        #expect(slice(text, 47..<50) == "[1]")
        #expect(entries[2] == .success(.notification(Notification(method: "b"))))
        for index in [1, 3] {
            guard case .failure(let invalid) = entries[index] else { return #expect(Bool(false)) }
            #expect(invalid.error.code == -32600)
            #expect(invalid.id == .null)
        }
    }

    @Test func anEmptyBatchIsOneError() throws {
        #expect(try invalid("[]").error.code == -32600)
    }

    @Test func aBatchHasABound() throws {
        let limits = Envelope.Limits(batchEntries: 3)
        let error = try invalid("[1,2,3,4]", limits: limits).error
        #expect(error.reason == "limit.batch")
        #expect(error.message.contains("3"))
        guard case .batch(let entries) = parse("[1,2,3]", limits: limits) else { return #expect(Bool(false)) }
        #expect(entries.count == 3)
    }

    @Test func aBatchThatBreaksOffIsOneParseError() throws {
        #expect(try invalid(#"[{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc""#).error.code == -32700)
    }

    // MARK: Writing

    @Test func whatIsWrittenIsReadBack() throws {
        var json = JSONWriter()
        let meta = Meta(correlationId: "c", timeoutMs: 5, idempotencyKey: "k")
        Envelope.encodeRequest(id: .string("x\"y"), method: "a.b", meta: meta, into: &json) { $0.value([1, 2]) }
        guard case .single(.request(let read)) = Envelope.parse(json.bytes) else { return #expect(Bool(false)) }
        #expect(read.id == .string("x\"y"))
        #expect(read.method == "a.b")
        #expect(read.meta == meta)
        #expect(String(decoding: json.bytes[read.params!], as: UTF8.self) == "[1,2]")
    }

    @Test func anAnswerBearsItsCorrelationId() {
        var json = JSONWriter()
        Envelope.encodeResult(id: .number(1), correlationId: "c1", into: &json) { $0.value(Empty()) }
        #expect(
            String(decoding: json.bytes, as: UTF8.self)
                == #"{"jsonrpc":"2.0","id":1,"result":{},"meta":{"correlationId":"c1"}}"#)
    }
}
