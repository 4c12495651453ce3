import Decimals
import Foundation
import JSONCodec
import TestSupport
import Testing

struct WriterTests {
    private func text(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        body(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func commasComeByThemselves() {
        let written = text { json in
            json.object { json in
                json.member("empty") { $0.object { _ in } }
                json.member("list") { json in
                    json.array { json in
                        json.integer(1)
                        json.array { _ in }
                        json.object { $0.member("a", true) }
                        json.null()
                        json.string("x")
                    }
                }
                json.member("absent", ifPresent: Int?.none)
                json.member("present", ifPresent: Int?.some(2))
                json.member("none", Int?.none)
                json.name("raw")
                json.raw(.emptyObject)
                json.member("slice") { $0.raw(unchecked: Array("x[1]".utf8)[1...]) }
            }
        }
        #expect(
            written
                == #"{"empty":{},"list":[1,[],{"a":true},null,"x"],"present":2,"none":null,"raw":{},"slice":[1]}"#)
    }

    @Test func namesAndStringsAreWrittenFromTheirBytesAsFromTexts() {
        for name in ["", "plain", "long enough for eight", "quote \"", "\u{1}", "é\\漢"] {
            let fromText = text { json in
                json.array { json in
                    json.string(name)
                    json.string(name)
                    json.object { $0.member(name, 1) }
                }
            }
            let fromBytes = text { json in
                Array(name.utf8).withUnsafeBufferPointer { bytes in
                    json.array { json in
                        json.string(utf8: bytes)
                        json.string(utf8: bytes)
                        json.object { json in
                            json.name(utf8: bytes)
                            json.integer(1)
                        }
                    }
                }
            }
            #expect(fromBytes == fromText)
        }
    }

    @Test func onlyWhatMustBeEscapedIs() {
        #expect(JSON.text("\"\\/") == #""\"\\/""#)
        #expect(JSON.text("\u{8}\u{9}\u{A}\u{C}\u{D}") == #""\b\t\n\f\r""#)
        #expect(JSON.text("\u{0}\u{1}\u{B}\u{1F}\u{7F}") == "\"\\u0000\\u0001\\u000b\\u001f\u{7F}\"")
        #expect(JSON.text("é漢😀\u{2028}") == "\"é漢😀\u{2028}\"")
        #expect(JSON.text("") == "\"\"")
        #expect(text { $0.object { $0.member("a\"\n", 1) } } == #"{"a\"\n":1}"#)
    }

    @Test func stringMembersAreEscapedInNameAndValue() throws {
        let texts = [
            "", "a", "plain", "fourteen bytes", "\"", "a\"b", "longer than eight \n bytes", "\u{1}", "é\\", "漢字",
        ]
        for first in texts {
            for second in texts {
                let written = text { json in
                    json.object { json in
                        json.member("n" + first, second)
                        json.member("m" + second, first)
                    }
                }
                let expected: [String: String] = ["n" + first: second, "m" + second: first]
                #expect(try JSON.decode([String: String].self, from: written) == expected)
                #expect(try JSONDecoder().decode([String: String].self, from: Data(written.utf8)) == expected)
            }
        }
    }

    @Test func everyCharacterBelow256ReadsBackByFoundation() throws {
        for length in [0, 1, 7, 8, 9, 40] {
            for scalar in (0..<256).map({ Unicode.Scalar(UInt8($0)) }) {
                let value = String(repeating: "x", count: length) + String(scalar) + "tail"
                let data = Data(JSON.encode([value]))
                #expect(try JSONDecoder().decode([String].self, from: data) == [value])
            }
        }
    }

    @Test func integersAreWrittenWhole() {
        #expect(JSON.text([Int64.min, -1, 0, 9, 10, 99, 100, .max]) == "[\(Int64.min),-1,0,9,10,99,100,\(Int64.max)]")
        #expect(JSON.text([UInt64.min, .max]) == "[0,\(UInt64.max)]")
        #expect(JSON.text([Int32.min, .max]) == "[-2147483648,2147483647]")
        #expect(JSON.text([UInt32.max]) == "[4294967295]")
        #expect(text { $0.integer(UInt8(200)) } == "200")
        #expect(text { $0.integer(Int8(-128)) } == "-128")
    }

    @Test func doublesReadBackAsTheSameBits() throws {
        var random = SeededGenerator(seed: 21)
        for _ in 0..<10_000 {
            let value = Double(bitPattern: random.next())
            guard value.isFinite else { continue }
            let bytes = JSON.encode(value)
            #expect(try JSON.decode(Double.self, from: bytes).bitPattern == value.bitPattern)
            #expect(try JSONDecoder().decode(Double.self, from: Data(bytes)) == value)
        }
        #expect(JSON.text([0.1, -0.0, 1, 1e16, 1e-7, .leastNonzeroMagnitude]) == "[0.1,-0.0,1.0,1e+16,1e-07,5e-324]")
    }

    @Test func whatJSONCannotSayIsNull() {
        #expect(JSON.text([Double.nan, .infinity, -.infinity, 1]) == "[null,null,null,1.0]")
    }

    @Test func decimalsAreWrittenAsTheyAre() {
        #expect(JSON.text(ExactDecimal("47.250")!) == "47.25")
        #expect(JSON.text(ExactDecimal("-0.000000000000000001")!) == "-0.000000000000000001")
        #expect(JSON.text(ExactDecimal("1e37")!) == "10000000000000000000000000000000000000")
    }

    @Test func dictionariesAreWrittenInTheOrderOfTheirNames() {
        #expect(JSON.text(["b": 1, "a": 2, "c": 3, "B": 4]) == #"{"B":4,"a":2,"b":1,"c":3}"#)
        let many = (100..<200).map { "name\($0)" }
        let written = JSON.text(Dictionary(uniqueKeysWithValues: many.map { ($0, true) }))
        #expect(written == "{" + many.map { "\"\($0)\":true" }.joined(separator: ",") + "}")
        #expect(JSON.text([String: Int]()) == "{}")
    }

    @Test func aWriterCanBeUsedAgain() {
        var writer = JSONWriter(reserving: 8)
        for round in 0..<3 {
            writer.removeAll()
            writer.array { json in
                json.integer(round)
                json.integer(round)
            }
            #expect(String(decoding: writer.bytes, as: UTF8.self) == "[\(round),\(round)]")
        }
    }

    @Test func longTextsGrowTheWriter() throws {
        let long = String(repeating: "a\"é\u{1}", count: 100_000)
        #expect(try JSON.decode(String.self, from: JSON.encode(long)) == long)
        let list = (0..<100_000).map { "\($0)" }
        #expect(try JSON.decode([String].self, from: JSON.encode(list)) == list)
    }
}
