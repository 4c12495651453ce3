import Oracle
import Tables

/// A file: the first byte says in what pieces it comes. Pieces change nothing, and what is written again says the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func csv(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = input(start, count)
    guard let first = bytes.first else { return 0 }
    let file = Array(bytes.dropFirst())
    let whole = Reading(file, pieces: max(file.count, 1))
    claim(Reading(file, pieces: 1 + Int(first)) == whole, "in pieces it says something else")

    let lines = file.count { $0 == 0x0A } + 1
    var last = TextPosition(line: 1, column: 0)
    for field in whole.records.joined() {
        claim(last < field.position && field.position.line <= lines, "\(last), then \(field.position)")
        last = field.position
    }
    if let error = whole.error { claim((1...lines).contains(error.position.line), "\(error)") }

    let texts = whole.records.map { $0.map(\.text) }
    let written = write(texts)
    let again = Reading(written, pieces: max(written.count, 1))
    claim(again.error == nil && again.records.map { $0.map(\.text) } == texts, "written and read it is another table")
    return 0
}

private struct Reading: Equatable {
    var records: [CSVReader.Record] = []
    var error: CSVError?

    init(_ file: [UInt8], pieces size: Int) {
        var reader = CSVReader(maximumField: 1000)
        var rest = file[...]
        do throws(CSVError) {
            while true {
                while let record = try reader.next() { records.append(record) }
                if rest.isEmpty { break }
                reader.append(rest.prefix(size))
                rest = rest.dropFirst(size)
            }
            reader.finish()
            while let record = try reader.next() { records.append(record) }
        } catch {
            self.error = error
        }
    }
}

private func write(_ records: [[String]]) -> [UInt8] {
    var writer = CSVWriter()
    for record in records { writer.record(record) }
    return writer.bytes
}
