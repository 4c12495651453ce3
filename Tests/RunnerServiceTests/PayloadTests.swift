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

    @Test(arguments: [
        (#"{"clinicId":"NORTH"}"#, "NORTH"), (#"{"clinicId":12,"x":1}"#, "12"), (#"{"other":"NORTH"}"#, nil),
        (#"{"clinicId":["NORTH"]}"#, nil), (#"{"clinicId":""}"#, nil), (#"["clinicId"]"#, nil), ("{", nil),
    ])
    func aMemberOfTheParamsIsAKeyWhereItCanBeOne(params: String, key: String?) {
        #expect(Rules.key(JSONRaw(unchecked: Array(params.utf8)), at: "clinicId") == key)
        #expect(Rules.key(nil, at: "clinicId") == nil)
    }
}
