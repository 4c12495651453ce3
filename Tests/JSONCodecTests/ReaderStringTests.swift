import Foundation
import JSONCodec
import TestSupport
import Testing

struct ReaderStringTests {
    private func decode(_ json: String) throws -> String { try JSON.decode(String.self, from: json) }

    @Test(arguments: [
        (#""""#, ""), (#""a""#, "a"), (#""\"\\\/""#, "\"\\/"), (#""\b\f\n\r\t""#, "\u{8}\u{C}\n\r\t"),
        (#""\u0041\u00e9\u20AC""#, "Aé€"), (#""\uD83D\uDE00""#, "😀"), (#""\udbff\udfff""#, "\u{10FFFF}"),
        (#""x\u0000y""#, "x\u{0}y"), (#""\u2028 ""#, "\u{2028} "), (#""é漢😀""#, "é漢😀"), ("\"\u{7F}\"", "\u{7F}"),
        (#""\ud800\udc00 after a pair, more than fifteen bytes""#, "\u{10000} after a pair, more than fifteen bytes"),
    ])
    func escapesMeanWhatTheRFCSays(_ json: String, _ expected: String) throws {
        #expect(Array(try decode(json).unicodeScalars) == Array(expected.unicodeScalars))
    }

    @Test(arguments: [
        #""\ud83d""#, #""\ude00""#, #""\ude00\ud83d""#, #""\ud83dx""#, #""\ud83d\n""#, #""\ud83d\u0041""#,
        #""\ud83d\ud83d""#, #""\u12""#, #""\u12G4""#, #""\U0041""#, #""\x41""#, #""\'""#, #""\a""#, #""\"#, #""\""#,
        #""abc"#, "\"", "'a'", #""\u"#, #""\u004"#, #""\ud83d\u"#, #""\ud83d\ude0"#, #""\u+041""#,
    ])
    func malformedStringsAreRefused(_ json: String) {
        let verdicts = Verdicts(Array(json.utf8))
        #expect(verdicts.tree?.kind == .syntax)
        #expect(verdicts.skip?.kind == .syntax)
    }

    /// The scanner looks at eight bytes at once: what stops it must do so at every place within them.
    @Test func forbiddenBytesAreFoundAtEveryPlace() {
        for length in 0...24 {
            for place in 0...length {
                for byte in UInt8.min..<0x80 {
                    var content = [UInt8](repeating: 0x61, count: length)
                    content.insert(byte, at: place)
                    let verdicts = Verdicts([0x22] + content + [0x22])
                    let forbidden = byte < 0x20 || byte == 0x22 || byte == 0x5C
                    // A backslash takes the letter behind it along: \a is no escape, \" is one.
                    #expect((verdicts.skip != nil) == forbidden, "\(byte) at \(place) of \(length)")
                    #expect((verdicts.tree != nil) == forbidden, "\(byte) at \(place) of \(length)")
                    if case .string(let text)? = verdicts.value { #expect(Array(text.utf8) == content) }
                }
            }
        }
    }

    @Test func escapedAndPlainFormsOfRandomTextAgree() throws {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<5_000 {
            var scalars = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                let limit: UInt32 = [0x80, 0x800, 0x10000, 0x110000].randomElement(using: &random)!
                if let scalar = Unicode.Scalar(UInt32.random(in: 0..<limit, using: &random)) { scalars.append(scalar) }
            }
            let text = String(scalars)
            var escaped = "\""
            for unit in text.utf16 { escaped += "\\u" + String(0x10000 + UInt32(unit), radix: 16).dropFirst() }
            #expect(Array(try decode(escaped + "\"").utf8) == Array(text.utf8))
            #expect(Array(try decode(JSON.text(text)).utf8) == Array(text.utf8))
            let foundation = try JSONDecoder().decode(String.self, from: Data(JSON.encode(text)))
            #expect(Array(foundation.utf8) == Array(text.utf8))
        }
    }

    @Test(
        arguments: [
            [0x80], [0xC3], [0xC0, 0xAF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF],
            [0xF0, 0x9F, 0x98],
        ] as [[UInt8]])
    func whatIsNotUTF8IsRefusedBeforeAnythingIsRead(_ content: [UInt8]) {
        let bytes: [UInt8] = [0x7B, 0x22] + content + [0x22, 0x3A, 0x31, 0x7D]
        let verdicts = Verdicts(bytes)
        #expect(verdicts.skip == JSONError(.encoding, offset: 2, "the text is not UTF-8"))
        #expect(verdicts.tree?.kind == .encoding)
    }

    @Test func aByteOrderMarkIsRefused() {
        #expect(Verdicts([0xEF, 0xBB, 0xBF, 0x31]).skip?.kind == .syntax)
        #expect(Verdicts([0xFE, 0xFF, 0x00, 0x31]).skip?.kind == .encoding)
    }
}
