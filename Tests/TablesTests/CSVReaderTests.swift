import Tables
import TestSupport
import Testing

@Suite struct CSVReaderTests {
    static let cases: [(String, [[String]])] = [
        ("", []), ("\n", []), ("\r\n\n", []),
        ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        ("a,b\r\n1,2\r\n", [["a", "b"], ["1", "2"]]),
        ("a,b\n1,2", [["a", "b"], ["1", "2"]]),
        ("a\n\nb\n", [["a"], ["b"]]),
        (",\n", [["", ""]]), ("a,", [["a", ""]]), (",,", [["", "", ""]]), (",\r\n,\r\n", [["", ""], ["", ""]]),
        ("\"\"\n", [[""]]), ("\"\"", [[""]]), ("\"a\",\"b\"\n", [["a", "b"]]),
        ("\"a,b\",\"c\nd\",\"e\"\"f\"\n", [["a,b", "c\nd", "e\"f"]]),
        ("\"a\r\nb\"\r\nc\r\n", [["a\r\nb"], ["c"]]),
        ("\"\"\"\"\n", [["\""]]), ("\"\"\"a\"\"\"", [["\"a\""]]),
        (" a , b \n", [[" a ", " b "]]),
        ("\u{FEFF}a,b\n", [["a", "b"]]), ("\u{FEFF}", []),
        ("grün,✓,😀\n", [["grün", "✓", "😀"]]),
    ]

    @Test(arguments: cases)
    func readsWhole(text: String, records: [[String]]) throws {
        #expect(try read([Array(text.utf8)]) == records)
    }

    @Test(arguments: cases)
    func readsTheSameOneByteAtATime(text: String, records: [[String]]) throws {
        #expect(try read(text.utf8.map { [$0] }) == records)
    }

    @Test(arguments: cases)
    func readsTheSameCutAnywhere(text: String, records: [[String]]) throws {
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            #expect(try read([Array(bytes[..<cut]), Array(bytes[cut...])]) == records)
        }
    }

    @Test(arguments: [
        ("a,b\n1,\"2", 2, 3, "never ends"), ("a\"b\n", 1, 2, "inside a field"), ("\"a\"b\n", 1, 4, "closing quote"),
        ("a\rb\n", 1, 3, "carriage return"), ("a\r", 1, 3, "carriage return"), ("\"a\nb\"x", 2, 3, "closing quote"),
        ("grün,a\"", 1, 7, "inside a field"),
    ])
    func saysWhereAndWhyItIsNoCSV(text: String, line: Int, column: Int, reason: String) throws {
        for pieces in [[Array(text.utf8)], text.utf8.map { [$0] }] {
            let error = try #require(throws: CSVError.self) { try read(pieces) }
            #expect(error.position == TextPosition(line: line, column: column))
            #expect(error.message.contains(reason))
        }
    }

    @Test func bytesThatAreNoUTF8AreAnErrorWithTheirField() throws {
        let error = try #require(throws: CSVError.self) { try read([[0x61, 0x2C, 0xC3, 0x28, 0x0A]]) }
        #expect(error.position == TextPosition(line: 1, column: 3))
        #expect(error.message.contains("UTF-8"))
    }

    @Test func aFieldHasABound() throws {
        var reader = CSVReader(maximumField: 3)
        reader.append("abc,\"abcd\"\n".utf8)
        #expect(throws: CSVError.self) { try reader.next() }
        reader = CSVReader(maximumField: 3)
        reader.append("abc,\"abc\"\n".utf8)
        #expect(try reader.next()?.map(\.text) == ["abc", "abc"])
    }

    @Test func fieldsKnowWhereTheyBegin() throws {
        var reader = CSVReader()
        reader.append("a,\"b\nc\",d\r\nö,x\n".utf8)
        reader.finish()
        let first = try #require(try reader.next()), second = try #require(try reader.next())
        #expect(first.map(\.position.description) == ["line 1, column 1", "line 1, column 3", "line 2, column 4"])
        #expect(second.map(\.position.description) == ["line 3, column 1", "line 3, column 3"])
    }

    @Test func asksForMoreUntilARecordIsWhole() throws {
        var reader = CSVReader()
        reader.append("a,b".utf8)
        #expect(try reader.next() == nil)
        reader.append("c\n".utf8)
        #expect(try reader.next()?.map(\.text) == ["a", "bc"])
        #expect(try reader.next() == nil)
    }

    @Test func randomBytesNeverHang() {
        var random = SeededGenerator(seed: 8)
        let alphabet: [UInt8] = [0x22, 0x2C, 0x0A, 0x0D, 0x61, 0xC3, 0xA4, 0xEF, 0xBB, 0xBF]
        for _ in 0..<5000 {
            let length = Int.random(in: 0...24, using: &random)
            let bytes = (0..<length).map { _ in alphabet.randomElement(using: &random)! }
            let whole = Result { try read([bytes]) }, cut = Result { try read(bytes.map { [$0] }) }
            switch (whole, cut) {
            case (.success(let one), .success(let other)): #expect(one == other)
            case (.failure(let one), .failure(let other)): #expect("\(one)" == "\(other)")
            default: Issue.record("whole and cut differ for \(bytes)")
            }
        }
    }

    private func read(_ pieces: [[UInt8]]) throws -> [[String]] {
        var reader = CSVReader()
        var records: [[String]] = []
        for piece in pieces {
            reader.append(piece)
            while let record = try reader.next() { records.append(record.map(\.text)) }
        }
        reader.finish()
        while let record = try reader.next() { records.append(record.map(\.text)) }
        return records
    }
}
