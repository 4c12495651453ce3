import Tables
import Testing

struct CSVWriterTests {
    /// Found by `fuzz-csv`: a text that begins with a byte order mark lost it, when it was the first of a file.
    @Test(arguments: [
        [["\u{FEFF}J"]], [["\u{FEFF}", "b"], ["\u{FEFF}c"]], [[""]], [[" a", "b "], ["\"", ",", "\r\n"]], [["", ""]],
    ])
    func whatIsWrittenIsReadAgain(records: [[String]]) throws {
        var writer = CSVWriter()
        for record in records { writer.record(record) }
        var reader = CSVReader()
        reader.append(writer.bytes)
        reader.finish()
        var read: [[String]] = []
        while let record = try reader.next() { read.append(record.map(\.text)) }
        #expect(read == records)
    }
}
