import BackOffice
import Tables
import TestSupport
import Testing

@Suite struct CSVRoundTripTests {
    @Test func readsWhateverWasWritten() throws {
        var random = SeededGenerator(seed: 7)
        let letters = Array("ab,\"\n\r ;é✓")
        for _ in 0..<300 {
            let records = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                (0..<Int.random(in: 1...4, using: &random)).map { _ in
                    let length = Int.random(in: 0...6, using: &random)
                    return String((0..<length).map { _ in letters.randomElement(using: &random)! })
                }
            }
            var writer = CSVWriter()
            for record in records { writer.record(record) }
            #expect(try read(writer.bytes) == records)
        }
    }

    private func read(_ bytes: [UInt8]) throws -> [[String]] {
        var reader = CSVReader()
        reader.append(bytes)
        reader.finish()
        var records: [[String]] = []
        while let record = try reader.next() { records.append(record.map(\.text)) }
        return records
    }
}
