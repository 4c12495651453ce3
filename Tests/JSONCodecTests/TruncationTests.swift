import JSONCodec
import Testing

struct TruncationTests {
    @Test(arguments: Corpus.texts)
    func everyCutIsRefusedUnlessItEndsANumberOrTheWhiteSpace(_ text: String) {
        let bytes = Array(text.utf8)
        #expect(Verdicts(bytes).skip == nil)
        let endsInSpace = bytes.last == 0x0A
        for length in 0..<bytes.count {
            let cut = Array(bytes[..<length])
            let verdicts = Verdicts(cut)
            let mayStand =
                Double(String(decoding: cut, as: UTF8.self)) != nil && !text.hasPrefix("\"")
                || endsInSpace && length >= bytes.count - 2
            #expect((verdicts.skip == nil) == (mayStand && cut.last != 0x2E), "\(length) bytes")
            #expect((verdicts.tree == nil) == (verdicts.skip == nil), "\(length) bytes")
            if let error = verdicts.skip {
                #expect((0...length).contains(error.offset))
                #expect([.syntax, .encoding].contains(error.kind))
            }
        }
    }

    @Test(arguments: Corpus.texts)
    func oneByteTooMuchIsRefused(_ text: String) {
        for byte in UInt8.min ... .max {
            let verdicts = Verdicts(Array(text.utf8) + [byte])
            let isSpace = [0x20, 0x09, 0x0A, 0x0D].contains(byte)
            let goesOn = text.utf8.last.map { (0x30...0x39).contains($0) } == true && (0x30...0x39).contains(byte)
            #expect((verdicts.skip == nil) == (isSpace || goesOn), "byte \(byte)")
            #expect(verdicts.tree?.kind == verdicts.skip?.kind)
        }
    }
}
