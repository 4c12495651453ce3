import JSONCodec
import Tables

/// The records of an imported file, cut into the fields their table asks for, before anything is made of their text.
struct SourceTable {
    struct Cell {
        var text: String
        var position: TextPosition
    }

    struct Record {
        var position: TextPosition
        /// One for each of the table's fields; nil where the file says nothing of it. A null of JSON is an empty text.
        var cells: [Cell?]
    }

    let fields: [ImportField]
    /// The file's name for each field.
    let columns: [String]
    var records: [Record] = []
    /// Records, these and those with a problem.
    var read = 0
    var problems: [LineProblem] = []
    /// Whether the problems forbid to take any record: the file cannot be read to its end, or lacks a column.
    var unusable = false
    var notes: [String] = []

    init(_ bytes: [UInt8], _ plan: BooksImport) {
        fields = plan.table.importFields
        columns = fields.map { plan.mapping.column(of: $0.name) }
        switch plan.format {
        case .csv: readCSV(bytes, plan)
        case .json: readJSON(bytes, plan)
        }
    }

    // MARK: CSV

    private mutating func readCSV(_ bytes: [UInt8], _ plan: BooksImport) {
        var reader = CSVReader()
        reader.append(bytes)
        reader.finish()
        do throws(CSVError) {
            guard let header = try reader.next() else {
                return refuse(LineProblem(at: TextPosition(line: 1, column: 1), "the file is empty"))
            }
            if reader.hadByteOrderMark { notes.append("the file begins with a byte order mark, which was passed over") }
            if let problem = LineProblem.separator(of: header) { return refuse(problem) }
            let names = header.map { $0.text.trimmed }
            guard let places = places(of: names, at: header[0].position, plan) else { return }
            while let record = try reader.next() {
                read += 1
                guard record.count == names.count else {
                    problems.append(
                        LineProblem(
                            at: record[0].position,
                            "the record has \(record.count) fields, the header \(names.count)"))
                    continue
                }
                let cells = places.map { place in
                    place.map { Cell(text: record[$0].text, position: record[$0].position) }
                }
                records.append(Record(position: record[0].position, cells: cells))
            }
        } catch {
            refuse(LineProblem(at: error.position, error.message))
        }
    }

    /// Where in a record each field stands; nil when the header will not do.
    private mutating func places(
        of names: [String], at position: TextPosition, _ plan: BooksImport
    ) -> [Int?]? {
        var places: [Int?] = []
        for (field, column) in zip(fields, columns) {
            let found = names.indices.filter { names[$0] == column }
            if found.count > 1 {
                refuse(LineProblem(at: position, field: column, "there are \(found.count) columns of this name"))
            }
            if found.isEmpty, field.needed || plan.mapping.columns[field.name] != nil {
                refuse(
                    LineProblem(
                        at: position, field: column,
                        "there is no such column for \(field.name); the file has \(names.joined(separator: ", "))"))
            }
            places.append(found.first)
        }
        noteUnused(names.filter { !columns.contains($0) })
        return unusable ? nil : places
    }

    // MARK: JSON

    private mutating func readJSON(_ bytes: [UInt8], _ plan: BooksImport) {
        var positions = PositionFinder(bytes)
        var unused: Set<String> = []
        do throws(JSONError) {
            var reader = try JSONReader(bytes.span)
            try reader.array { json throws(JSONError) in
                _ = try json.kind()
                let start = positions.position(of: json.offset)
                var cells = [Cell?](repeating: nil, count: fields.count)
                var faults: [LineProblem] = []
                try json.object { name, json throws(JSONError) in
                    let position = positions.position(of: json.offset)
                    guard let index = columns.firstIndex(of: name) else {
                        unused.insert(name)
                        return
                    }
                    switch try Self.scalar(&json) {
                    case .some(let text): cells[index] = Cell(text: text ?? "", position: position)
                    case nil: faults.append(LineProblem(at: position, field: name, "is an object or an array"))
                    }
                }
                read += 1
                if faults.isEmpty {
                    records.append(Record(position: start, cells: cells))
                } else {
                    problems += faults
                }
            }
            try reader.finish()
        } catch {
            let path = error.path.isEmpty ? nil : error.path
            var positions = PositionFinder(bytes)
            refuse(LineProblem(at: positions.position(of: error.offset), field: path, error.message))
        }
        // A column that the caller named and no record has is a slip of the pen.
        for (field, column) in zip(fields, columns) where plan.mapping.columns[field.name] != nil && !records.isEmpty {
            if !records.contains(where: { $0.cells[fields.firstIndex(of: field)!] != nil }) {
                refuse(
                    LineProblem(
                        at: TextPosition(line: 1, column: 1), field: column,
                        "no record has such a member for \(field.name)"))
            }
        }
        noteUnused(unused.sorted())
    }

    /// The text of a scalar, `.some(nil)` for null, nil for an object or array, which is left unread.
    private static func scalar(_ json: inout JSONReader) throws(JSONError) -> String?? {
        switch try json.kind() {
        case .string: try json.string()
        case .number: try json.numberText()
        case .bool: try json.bool() ? "true" : "false"
        case .null: try json.null() ? .some(nil) : nil
        case .object, .array: nil
        }
    }

    private mutating func noteUnused(_ names: [String]) {
        if !names.isEmpty { notes.append("not used: \(names.joined(separator: ", "))") }
    }

    private mutating func refuse(_ problem: LineProblem) {
        problems.append(problem)
        unusable = true
    }
}

/// Turns byte offsets, asked for in rising order, into lines and characters.
private struct PositionFinder {
    private let bytes: [UInt8]
    private var offset = 0
    private var current = TextPosition(line: 1, column: 1)

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func position(of wanted: Int) -> TextPosition {
        while offset < min(wanted, bytes.count) {
            if bytes[offset] == UInt8(ascii: "\n") {
                current = TextPosition(line: current.line + 1, column: 1)
            } else if bytes[offset] & 0xC0 != 0x80 {
                current.column += 1
            }
            offset += 1
        }
        return current
    }
}
