import Linux
import Tables

/// Brings records from CSV or JSON into the books.
///
/// All or nothing: one transaction, and only when every record is right, or those that are not may be left out.
/// The same file again changes nothing: a record whose id the books hold with the same content is left as it is; one
/// with other content replaces it and is counted as updated. What the file has no column for keeps its value, as does what
/// a record of JSON has no member for; null is an empty field.
/// The title of an entry, where none is told, is made of its project, contractor, day and hours, and goes with them.
/// Timesheets bring what they need: contractors, projects and Active deployments that are missing are created.
/// White space around ids, days, numbers and names does not count.
public struct BooksImport: Sendable {
    public var table: BooksTable
    public var format: TableFormat
    public var mapping: ColumnMapping
    /// The status of every timesheet entry, whatever the file says; nil takes the file's. An entry that is new and has
    /// no status is a Draft.
    public var status: TimesheetEntry.Status?
    /// Leave records out that are not right, instead of refusing the file.
    public var skipBad: Bool

    /// - Precondition: the table is ``BooksTable/importable``.
    public init(
        _ table: BooksTable, format: TableFormat, mapping: ColumnMapping = .none,
        status: TimesheetEntry.Status? = nil, skipBad: Bool = false
    ) {
        precondition(table.importable, "\(table.rawValue) are not imported")
        self.table = table
        self.format = format
        self.mapping = mapping
        self.status = status
        self.skipBad = skipBad
    }

    /// Imports the file at `path`.
    /// - Throws: ``ImportRefused`` with every problem found; `SystemError` when the file cannot be read; `StoreError`.
    public func run(path: String, into books: SQLiteBooks) async throws -> ImportReport {
        try await run(try Files.read(path), into: books)
    }

    /// Imports what `bytes` hold; errors as ``run(path:into:)``.
    public func run(_ bytes: [UInt8], into books: SQLiteBooks) async throws -> ImportReport {
        let source = SourceTable(bytes, self)
        var report = ImportReport(table: table)
        report.read = source.read
        report.notes = source.notes
        report.problems = source.problems
        let records = parse(source, &report)
        report.problems.sort()
        report.skipped = report.read - records.count
        guard report.problems.isEmpty || skipBad && !source.unusable else { throw ImportRefused(report: report) }
        return try await books.take(records, report, skipBad: skipBad)
    }

    /// The records that are right in themselves.
    private func parse(_ source: SourceTable, _ report: inout ImportReport) -> [PlacedRecord] {
        var records: [PlacedRecord] = []
        var lines: [[BookID<ImportRecord>]: Int] = [:]
        var notes: [(text: String, count: Int)] = []
        for row in source.records {
            var reader = RecordReader(row, of: source)
            if let record = ImportRecord(&reader, self) {
                if let line = lines[record.key] {
                    reader.fail(keyField, "stands on line \(line) already")
                } else {
                    lines[record.key] = row.position.line
                    records.append(PlacedRecord(record: record, position: reader.position(of: keyField)))
                }
            }
            report.problems += reader.problems
            guard reader.problems.isEmpty else { continue }
            for note in reader.notes {
                if let index = notes.firstIndex(where: { $0.text == note }) {
                    notes[index].count += 1
                } else {
                    notes.append((note, 1))
                }
            }
        }
        report.notes += notes.map { "\($0.text): \($0.count)" }
        return records
    }

    private var keyField: String {
        switch table {
        case .deployments, .positions: "contractor"
        case .appointments: "appointment_id"
        default: "id"
        }
    }
}

/// A record and where its key stands in the file.
struct PlacedRecord {
    var record: ImportRecord
    var position: TextPosition
}
