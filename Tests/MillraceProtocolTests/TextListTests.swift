import JSONCodec
import MillraceProtocol
import TestSupport
import Testing

struct TextListTests {
    private static let texts = [
        "a", "", "plain and long enough to need a heap", "quote \" and \\", "\n\u{1}", "é漢😀", "a",
    ]

    @Test func aListIsReadAndWrittenAsAnArrayOfTexts() throws {
        let list = TextList(Self.texts)
        #expect(Array(list) == Self.texts)
        #expect(list.indices.map { list.length(at: $0) } == Self.texts.map(\.utf8.count))
        #expect(JSON.encode(list) == JSON.encode(Self.texts))
        #expect(try JSON.decode(TextList.self, from: JSON.encode(Self.texts)) == list)
        #expect(try JSON.decode(TextList.self, from: Array(#"[ "\u0061" , "\ud83d\ude00\/" ]"#.utf8)) == ["a", "😀/"])
        #expect(try JSON.decode(TextList.self, from: Array("[]".utf8)) == [])
    }

    @Test(arguments: ["{}", "[1]", "[\"a\", null]", "[\"a\"", "[\"\\ud800\"]", "[\"\n\"]"])
    func whatAnArrayOfTextsRefusesItRefusesAlike(text: String) throws {
        let list = #expect(throws: JSONError.self) { try JSON.decode(TextList.self, from: Array(text.utf8)) }
        let texts = #expect(throws: JSONError.self) { try JSON.decode([String].self, from: Array(text.utf8)) }
        #expect(list == texts)
    }

    @Test func textsOfTheSameMeaningInOtherBytesAreDifferent() {
        #expect(TextList(["\u{E9}"]) != TextList(["e\u{301}"]))
        #expect(TextList(["ab", "c"]) != TextList(["a", "bc"]))
    }

    @Test func aScanEndsWhenItHasSeenEnough() {
        var seen: [String] = []
        TextList(["a", "b", "c"]).scan { place, text in
            seen.append("\(place)\(String(decoding: text, as: UTF8.self))")
            return place < 1
        }
        #expect(seen == ["0a", "1b"])
    }
}
