import Foundation
import JSONCodec
import TestSupport
import Testing

struct MutationTests {
    /// 200,000 in all, the same in every run.
    @Test(arguments: 1...8)
    func mutatedTextsAreJudgedAlikeByEveryReaderAndByFoundation(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var accepted = 0
        for _ in 0..<25_000 {
            let bytes = Corpus.mutated(using: &random)
            let verdicts = Verdicts(bytes)
            if verdicts.skip == nil { accepted += 1 }
            if let complaint = Self.disagreement(bytes, verdicts) {
                Issue.record("\(complaint): \(String(decoding: bytes, as: UTF8.self))")
            }
        }
        #expect(accepted > 2_000, "the mutations are too wild to tell anything")
    }

    private static func disagreement(_ bytes: [UInt8], _ verdicts: Verdicts) -> String? {
        // Reading by callbacks and passing over are two parsers; only the first looks for duplicate members.
        if verdicts.tree?.kind == .duplicateMember {
            if let error = verdicts.skip, error.offset < verdicts.tree!.offset { return "skip fails earlier" }
        } else if verdicts.tree?.offset != verdicts.skip?.offset || verdicts.tree?.kind != verdicts.skip?.kind {
            return "skip says \(verdicts.skip as Any), the tree \(verdicts.tree as Any)"
        }
        if let value = verdicts.value, (try? JSON.decode(JSONValue.self, from: JSON.encode(value))) != value {
            return "written and read again it is another value"
        }
        if looksLikeUTF16(bytes) { return verdicts.skip == nil ? "zeros in front are taken" : nil }
        let foundation = (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
        switch (foundation, verdicts.skip) {
        case (true, let error?):
            return foundationIsLax(bytes, error) ? nil : "only Foundation takes it; we say \(error)"
        case (false, nil):
            return hasNumberBeyondDouble(bytes) ? nil : "only Foundation refuses it"
        default:
            return nil
        }
    }

    /// Foundation lets a comma stand before a closing bracket or brace, which RFC 8259 does not.
    private static func foundationIsLax(_ bytes: [UInt8], _ error: JSONError) -> Bool {
        guard error.kind == .syntax, error.offset < bytes.count, [0x5D, 0x7D].contains(bytes[error.offset]) else {
            return false
        }
        return bytes[..<error.offset].last { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == 0x2C
    }

    /// Foundation refuses a number that no double can hold; we refuse it only when a double is asked for.
    private static func hasNumberBeyondDouble(_ bytes: [UInt8]) -> Bool {
        // What stands between quotes looks like no number that large in this corpus.
        String(decoding: bytes, as: UTF8.self).split { !"+-.0123456789eE".contains($0) }
            .contains { Double($0)?.isInfinite == true }
    }

    /// Foundation takes other encodings too and tells them by the zeros or the mark in front.
    private static func looksLikeUTF16(_ bytes: [UInt8]) -> Bool {
        bytes.prefix(4).contains(0) || bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE])
            || bytes.starts(with: [0xEF, 0xBB, 0xBF])
    }
}
