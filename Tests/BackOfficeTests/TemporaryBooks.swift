import Linux
import TestSupport

@testable import BackOffice

/// Books in a folder that goes with the object.
final class TemporaryBooks: Sendable {
    private let folder = TemporaryDirectory()
    let books: SQLiteBooks

    init() throws { books = try SQLiteBooks(path: folder.file("books.sqlite"), creates: true) }

    /// Books holding these timesheets, one a line: `id date contractor project hours status text`; `-` is nothing.
    static func holding(_ lines: String...) async throws -> TemporaryBooks {
        let temporary = try TemporaryBooks()
        try await temporary.enter(lines)
        return temporary
    }

    deinit { books.close() }

    /// The same file, opened once more, as another process would.
    func another(counting counter: StatementCounter? = nil) throws -> SQLiteBooks {
        try SQLiteBooks(path: folder.file("books.sqlite"), creates: true, counting: counter)
    }

    func enter(_ lines: String...) async throws { try await enter(lines) }

    private func enter(_ lines: [String]) async throws {
        var csv = CSVWriter()
        csv.record(["id", "date", "contractor", "project", "hours", "status", "text"])
        for line in lines {
            var words = line.split(separator: " ", maxSplits: 6).map { $0 == "-" ? "" : String($0) }
            // Statuses of two words are written with an underscore.
            words[5] = words[5].split(separator: "_").joined(separator: " ")
            while words.count < 7 { words.append("") }
            csv.record(words)
        }
        _ = try await BooksImport(.timesheets, format: .csv).run(csv.bytes, into: books)
    }

    func execute(_ sql: String) async throws {
        try await books.database.write { connection in try connection.execute(sql) }
    }

    func count(_ sql: String) async throws -> Int {
        try await books.database.read { connection in
            Int(try connection.first(sql, row: { $0.int(0) }) ?? -1)
        }
    }

    func text(_ sql: String) async throws -> String? {
        try await books.database.read { connection in try connection.first(sql, row: { $0.text(0) }) }
    }

    /// Changes whenever anybody commits a change to the file.
    func version() async throws -> Int { try await count("PRAGMA data_version") }

    func statuses() async throws -> [String] {
        try await books.database.read { connection in
            try connection.query(
                """
                SELECT id || ' ' || status FROM task_order UNION ALL SELECT id || ' ' || status FROM order_line
                ORDER BY 1
                """, row: { $0.text(0) })
        }
    }
}

extension Month {
    static let january = Month(year: 2025, month: 1)!
}

extension TemporaryBooks {
    /// The month of January 2025 that the demonstration uses.
    static func sample() async throws -> TemporaryBooks {
        let temporary = try TemporaryBooks()
        _ = try await BooksImport(.timesheets, format: .csv)
            .run(SampleBooks.timesheetsCSV(month: .january), into: temporary.books)
        return temporary
    }

    func export(_ table: BooksTable, _ format: TableFormat = .csv, month: Month? = nil) async throws -> [UInt8] {
        let bytes = Locked<[UInt8]>([])
        _ = try await BooksExport(table, format: format, month: month).run(from: books) { chunk in
            bytes.withLock { $0 += chunk }
        }
        return bytes.withLock { $0 }
    }
}
