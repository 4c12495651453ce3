import JSONCodec
import MillraceProtocol
import Testing

@Suite struct RPCErrorTests {
    private func read(_ text: String) throws -> RPCError { try JSON.decode(from: text) }

    @Test func survivesARoundTrip() throws {
        var error = RPCError(
            .resourceExhausted, "queue holds 5 jobs", reason: "queue.full", field: "queue", retryAfterMs: 200)
        error.correlationId = "c"
        error.detail = "d"
        #expect(try read(JSON.text(error)) == error)
    }

    @Test func hasTheStatusAndTheReasonInItsData() {
        #expect(
            JSON.text(RPCError(.notFound, "no job 7", reason: "job.notFound"))
                == #"{"code":-32005,"message":"no job 7","data":{"status":"NOT_FOUND","reason":"job.notFound"}}"#)
    }

    @Test func unknownCodesAndWordsSurvive() throws {
        let text = #"{"code":-31999,"message":"m","data":{"status":"SLEEPY","reason":"r","shelf":[1,{"a":2}]}}"#
        let error = try read(text)
        #expect(error.status == StatusWord(rawValue: "SLEEPY"))
        #expect(error.details == JSONRaw(unchecked: Array(#"{"shelf":[1,{"a":2}]}"#.utf8)))
        #expect(JSON.text(error) == text)
    }

    @Test(arguments: [#""text""#, "[1]", "7", "null", #"{"status":7}"#, #"{"a":1,"a":2}"#])
    func dataOfAnotherKindSurvives(_ data: String) throws {
        let text = #"{"code":1,"message":"m","data":\#(data)}"#
        #expect(JSON.text(try read(text)) == text)
    }

    @Test func dataIsLeftOutWhenThereIsNone() throws {
        #expect(JSON.text(try read(#"{"message":"m","code":1,"more":2}"#)) == #"{"code":1,"message":"m"}"#)
    }

    @Test(arguments: [#"{"code":1}"#, #"{"message":"m"}"#, #"{"code":"1","message":"m"}"#, "[]"])
    func refusesWhatIsNoError(_ text: String) {
        #expect(throws: JSONError.self) { try read(text) }
    }

    @Test func statusWordsHaveTheirFixedCodes() {
        let codes: [(StatusWord, Int)] = [
            (.cancelled, -32001), (.invalidArgument, -32602), (.deadlineExceeded, -32004), (.notFound, -32005),
            (.alreadyExists, -32006), (.permissionDenied, -32007), (.resourceExhausted, -32008),
            (.failedPrecondition, -32009), (.aborted, -32010), (.unimplemented, -32012), (.internal, -32603),
            (.unavailable, -32014), (.dataLoss, -32015), (StatusWord(rawValue: "SLEEPY"), -32002),
        ]
        for (word, code) in codes { #expect(word.code == code, "\(word)") }
        #expect(Set(codes.map(\.1)).count == codes.count)
    }

    @Test func onlyPassingFailuresAreTransient() {
        let transient: [StatusWord] = [.unavailable, .resourceExhausted, .aborted, .deadlineExceeded]
        let lasting: [StatusWord] = [
            .cancelled, .invalidArgument, .notFound, .alreadyExists, .permissionDenied, .failedPrecondition,
            .unimplemented, .internal, .dataLoss,
        ]
        for word in transient { #expect(word.isTransient, "\(word)") }
        for word in lasting { #expect(!word.isTransient, "\(word)") }
    }

    @Test func aParameterThatCannotBeReadIsNamed() {
        struct Params: JSONDecodable {
            init(from json: inout JSONReader) throws(JSONError) {
                try json.object { key, json throws(JSONError) in
                    try json.object { key, json throws(JSONError) in _ = try json.int() }
                }
            }
        }
        do throws(JSONError) {
            _ = try JSON.decode(Params.self, from: #"{"policy":{"attempts":"three"}}"#)
            #expect(Bool(false))
        } catch {
            let face = RPCError.invalidParams(error)
            #expect(face.code == -32602)
            #expect(face.field == "policy.attempts")
            #expect(face.reason == "params.invalid")
        }
    }

    @Test func emptyTakesNothingButAnEmptyObject() throws {
        #expect(try JSON.decode(Empty.self, from: "{}") == Empty())
        #expect(throws: JSONError.self) { try JSON.decode(Empty.self, from: #"{"a":1}"#) }
        #expect(throws: JSONError.self) { try JSON.decode(Empty.self, from: "[]") }
    }
}
