import JSONCodec
import MillraceProtocol
import Testing

@testable import RunnerService

/// What comes in has to get out again, inside of more than it came in.
struct PayloadTests {
    @Test(arguments: [(56, true), (57, false), (64, false)])
    func paramsThatWouldNotReachAWorkerAreRefused(levels: Int, taken: Bool) throws {
        let nested = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        let job = JobSpecification(kind: "k", params: JSONRaw(unchecked: Array(nested.utf8)))
        if taken {
            try Rules.check(job, at: "")
        } else {
            let refusal = #expect(throws: JobError.self) { try Rules.check(job, at: "jobs[2].") }
            #expect(refusal?.rpcError.reason == "limit.depth")
            #expect(refusal?.rpcError.field == "jobs[2].params")
        }
    }

    @Test func aValueThatFillsAFrameIsNotPassedOn() {
        func text(_ bytes: Int) -> JSONRaw {
            JSONRaw(unchecked: Array("\"\(String(repeating: "x", count: bytes - 2))\"".utf8))
        }
        #expect(Payload.fault(text(1000), "output") == nil)
        let fault = Payload.fault(text(Payload.bytes + 1), "output")
        #expect(fault?.reason == "limit.frame")
        #expect(fault?.status?.isTransient == false, "trying again would not make it shorter")
        #expect(Payload.fault(nil, "output") == nil)
    }

    @Test func aLongTextIsCutAtAWholeCharacterAndSaysSo() {
        #expect(Payload.cut("short", to: 5) == "short")
        #expect(Payload.cut("abcdefgh", to: 7) == "abcd…")
        // The cut falls into each byte of a character of four bytes.
        for length in 8...11 {
            let cut = Payload.cut("abc🦊🦊🦊", to: length)
            #expect(cut.hasSuffix("…") && "abc🦊🦊🦊".hasPrefix(cut.dropLast()) && cut.utf8.count <= length, "\(cut)")
        }
        #expect(Payload.cut(String(repeating: "ä", count: 1 << 20)).utf8.count <= Payload.words)
    }

    @Test func anErrorIsKeptWithoutWhatIsTooMuch() {
        var error = RPCError(.unavailable, "down", reason: "shop.down", field: "month", retryAfterMs: 5)
        error.details = JSONRaw(unchecked: Array(#"{"page":3}"#.utf8))
        #expect(Payload.kept(error) == error)
        error.message = String(repeating: "m", count: 9 << 20)
        error.reason = String(repeating: "r", count: 5000)
        error.status = StatusWord(rawValue: String(repeating: "S", count: 5000))
        error.details = JSONRaw(unchecked: Array("{\"log\":\"\(String(repeating: "x", count: 10_000))\"}".utf8))
        let kept = Payload.kept(error)
        #expect(JSON.encode(kept).count < 6000)
        #expect(kept.message.hasSuffix("m…") && kept.reason?.hasSuffix("r…") == true)
        #expect(kept.retryAfterMs == 5 && kept.field == "month")
        #expect(kept.details?.text == #"{"omittedBytes":10010}"#)
        let nested = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
        error.details = JSONRaw(unchecked: Array("{\"deep\":\(nested)}".utf8))
        #expect(Payload.kept(error).details?.text == #"{"omittedBytes":129}"#)
    }

    @Test func aKeyOfAnItemHasABound() {
        func fault(key: String) -> RPCError? {
            Payload.fault(WorkloadPlan.Result(items: [.init(key: "b"), .init(key: key)]))
        }
        #expect(fault(key: String(repeating: "ä", count: 1000)) == nil)
        let long = fault(key: String(repeating: "k", count: 1 << 20))
        #expect(long?.reason == "plan.key" && long?.field == "items[1].key" && long?.status?.isTransient == false)
        #expect((long?.message.utf8.count ?? .max) < 1000)
    }

    @Test func aKindIsDeclaredInOneShortLine() throws {
        func register(_ summary: String) throws {
            try Rules.check(
                WorkerRegister.Params(name: "w", kinds: [KindDeclaration(name: "k", summary: summary)], capacity: 1))
        }
        try register(String(repeating: "ä", count: 200))
        for summary in [String(repeating: "s", count: 201), "two\nlines"] {
            let refusal = #expect(throws: JobError.self) { try register(summary) }
            #expect(refusal?.rpcError.field == "kinds[0].summary")
        }
    }

    @Test(arguments: [
        (#"{"clinicId":"NORTH"}"#, "NORTH"), (#"{"clinicId":12,"x":1}"#, "12"), (#"{"other":"NORTH"}"#, nil),
        (#"{"clinicId":["NORTH"]}"#, nil), (#"{"clinicId":""}"#, nil), (#"["clinicId"]"#, nil), ("{", nil),
    ])
    func aMemberOfTheParamsIsAKeyWhereItCanBeOne(params: String, key: String?) {
        #expect(Rules.key(JSONRaw(unchecked: Array(params.utf8)), at: "clinicId") == key)
        #expect(Rules.key(nil, at: "clinicId") == nil)
    }
}
