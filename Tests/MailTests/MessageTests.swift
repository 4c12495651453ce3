import Foundation
import Linux
import TestSupport
import Testing

@testable import Mail

private func address(_ text: String) -> MailAddress {
    guard let address = MailAddress(text) else { preconditionFailure("no address: \(text)") }
    return address
}

struct MailAddressTests {
    @Test(arguments: [
        "ada@example.com", "a.b+c@mail.example.co.uk", "o'brien@example.com", "josé@exämple.com", "x@localhost",
        String(repeating: "a", count: 64) + "@example.com",
    ])
    func addressesAreRead(text: String) throws {
        #expect(try #require(MailAddress(text)).description == text)
    }

    @Test(arguments: [
        "", "ada", "@example.com", "ada@", "a b@example.com", "ada@example.com\r\nRCPT TO:<x@y.z>", "ada@ex ample.com",
        "<ada@example.com>", "a..b@example.com", ".a@example.com", "ada@example..com", "ada@-example.com",
        "ada@example.com>", "a,b@example.com", "\"a\"@example.com", "ada@[127.0.0.1]", "a\u{200B}@example.com",
        String(repeating: "a", count: 65) + "@example.com", "a@" + String(repeating: "a.", count: 130) + "com",
    ])
    func whatIsNoAddressIsRefused(text: String) {
        #expect(MailAddress(text) == nil)
    }

    @Test func onlyASCIINeedsNoExtension() {
        #expect(address("ada@example.com").isASCII)
        #expect(!address("josé@example.com").isASCII && !address("jose@exämple.com").isASCII)
    }
}

struct MailHeaderTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 +0000"),
        ("2026-11-21T09:30:05Z", "Sat, 21 Nov 2026 09:30:05 +0000"),
        ("2024-02-29T23:59:59.999Z", "Thu, 29 Feb 2024 23:59:59 +0000"),
        ("1969-12-31T23:59:59.500Z", "Wed, 31 Dec 1969 23:59:59 +0000"),
    ])
    func datesAreThoseOfMail(time: String, text: String) throws {
        #expect(MailHeader.date(try #require(Timestamp(time))) == text)
    }

    @Test func aLineEndInASubjectIsASpace() {
        let field = MailHeader.text("Subject", "one\r\nBcc: everybody@example.com\u{0}\ttwo")
        #expect(field == "Subject: one Bcc: everybody@example.com two\r\n")
    }

    @Test func aLongSubjectIsFoldedAtItsWords() {
        let subject = (1...40).map { "word\($0)" }.joined(separator: " ")
        let field = MailHeader.text("Subject", subject)
        let lines = field.components(separatedBy: "\r\n").dropLast()
        #expect(lines.count > 3 && lines.allSatisfy { $0.utf8.count <= 76 })
        #expect(lines.joined() == "Subject: \(subject)")
    }

    @Test(arguments: [
        "Ihr Überblick für Mittwoch", "今日のまとめ、三つのプロジェクトと、いくつかの大事な仕事について", "🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉",
        "looks =?UTF-8?Q?encoded?=", String(repeating: "x", count: 300),
    ])
    func whatIsNotPlainIsEncodedInWordsOfWholeCharacters(subject: String) throws {
        let field = MailHeader.text("Subject", subject)
        let lines = field.components(separatedBy: "\r\n").dropLast()
        #expect(lines.allSatisfy { $0.utf8.count <= 76 && $0.utf8.allSatisfy { (0x20...0x7E).contains($0) } })
        var text = ""
        for word in field.split(whereSeparator: \.isWhitespace).dropFirst() {
            #expect(word.utf8.count <= 75 && word.hasPrefix("=?UTF-8?B?") && word.hasSuffix("?="))
            let bytes = try #require(Data(base64Encoded: String(word.dropFirst(10).dropLast(2))))
            text += try #require(String(data: bytes, encoding: .utf8), "a word ends within a character")
        }
        #expect(text == subject)
    }

    @Test func aNameIsQuotedOrEncoded() {
        let ada = address("ada@example.com")
        #expect(MailHeader.address("From", ada) == "From: ada@example.com\r\n")
        #expect(
            MailHeader.address("From", ada, named: "The \"mill\", daily")
                == "From: \"The \\\"mill\\\", daily\" <ada@example.com>\r\n")
        #expect(MailHeader.address("From", ada, named: "Mühle").hasPrefix("From: =?UTF-8?B?TcO8aGxl?= <"))
    }
}

struct QuotedPrintableTests {
    @Test(arguments: [
        ("", "\r\n"), ("a=b", "a=3Db\r\n"), ("a \n\tb\t", "a=20\r\n\tb=09\r\n"), ("é", "=C3=A9\r\n"),
        ("one\r\ntwo\rthree\n\nfour", "one\r\ntwo\r\nthree\r\n\r\nfour\r\n"),
        (".dot", ".dot\r\n"),
        (String(repeating: "a", count: 76), String(repeating: "a", count: 76) + "\r\n"),
        (String(repeating: "a", count: 77), String(repeating: "a", count: 75) + "=\r\naa\r\n"),
        (String(repeating: "é", count: 13), String(repeating: "=C3=A9", count: 12) + "=C3=\r\n=A9\r\n"),
    ])
    func textsAreEncoded(text: String, encoded: String) {
        #expect(String(decoding: QuotedPrintable.encode(text), as: UTF8.self) == encoded)
    }

    /// What Python's decoder makes of it is the text.
    @Test(.enabled(if: PythonWorker.isThere))
    func anotherDecoderReadsWhatIsEncoded() async throws {
        var generator = SeededGenerator(seed: 11)
        let signs = Array("a=. \t\néß🎉漢\u{0}-_")
        let texts = (0..<50).map { _ in
            String(
                (0..<Int.random(in: 0...400, using: &generator)).map { _ in signs.randomElement(using: &generator)! })
        }
        let encoded = texts.map { Identifier.hex(QuotedPrintable.encode($0)) }.joined(separator: "\n")
        let program = """
            import quopri, sys
            for line in sys.stdin:
                encoded = bytes.fromhex(line)
                assert all(len(part) <= 76 for part in encoded.split(b"\\r\\n"))
                print(quopri.decodestring(encoded).hex())
            """
        let finished = try await run(["/usr/bin/python3", "-c", program], input: encoded + "\n")
        #expect(finished.succeeded, "\(finished)")
        let decoded = finished.output.split(separator: "\n").map(String.init)
        let wanted = texts.map { text in
            let lines = (text.hasSuffix("\n") ? String(text.dropLast()) : text).replacing("\n", with: "\r\n")
            return Identifier.hex(Array((lines + "\r\n").utf8))
        }
        #expect(decoded == wanted)
    }
}

struct SMTPReplyTests {
    private func replies(_ text: String, by step: Int) throws -> [SMTPReply] {
        var reader = SMTPReplyReader()
        var replies: [SMTPReply] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: step) {
            var part = bytes[start..<min(start + step, bytes.count)]
            while let reply = try reader.read(&part) { replies.append(reply) }
        }
        #expect(reader.isEmpty)
        return replies
    }

    @Test(arguments: [1, 2, 7, 1000])
    func repliesAreReadHoweverTheyCome(step: Int) throws {
        let found = try replies("220 hello\r\n250-mail.test\r\n250-SIZE 10\r\n250 AUTH PLAIN LOGIN\n354\r\n", by: step)
        #expect(found.map(\.code) == [220, 250, 354])
        let abilities = SMTPAbilities(found[1])
        #expect(abilities.size == 10 && abilities.authentications == ["PLAIN", "LOGIN"] && !abilities.has("STARTTLS"))
    }

    @Test(arguments: [
        "hello\r\n", "2200 x\r\n", "22\r\n", "220_x\r\n", "250-a\r\n251 b\r\n", "199 x\r\n", "600 x\r\n", "\r\n",
        String(repeating: "2", count: 5000), String(repeating: "250-x\r\n", count: 300),
    ])
    func whatIsNoReplyIsAFault(text: String) {
        #expect(throws: SMTPReplyReader.Fault.self) { _ = try self.replies(text, by: 64) }
    }

    @Test func whatIsToldOfAReplyNamesNobody() {
        let reply = SMTPReply(code: 550, lines: ["5.1.1 <ada@example.com> is", "nobody \u{7}here"])
        #expect(reply.harmlessText == "5.1.1 … is nobody here")
    }
}
