/// Brings records from CSV or JSON into the books.
///
/// All or nothing: one transaction, and only when every record is right, or those that are not may be left out.
/// The same file again changes nothing: a record whose id the books hold with the same content is left as it is; one
/// with other content replaces it and is counted as updated.
public struct BooksImport: Sendable {
    public var table: BooksTable
    public var format: TableFormat
    public var mapping: ColumnMapping
    /// The status of every timesheet entry, whatever the file says; nil takes the file's, which without such a column
    /// is Draft.
    public var status: TimesheetEntry.Status?
    /// Leave records out that are not right, instead of refusing the file.
    public var skipBad: Bool

    public init(
        _ table: BooksTable, format: TableFormat, mapping: ColumnMapping = .none,
        status: TimesheetEntry.Status? = nil, skipBad: Bool = false
    ) {
        self.table = table
        self.format = format
        self.mapping = mapping
        self.status = status
        self.skipBad = skipBad
    }

    /// Imports the file at `path`.
    /// - Throws: ``ImportRefused`` with every problem found; `SystemError` when the file cannot be read; `StoreError`.
    public func run(path: String, into books: SQLiteBooks) async throws -> ImportReport {
        fatalError()
    }

    /// Imports what `bytes` hold; errors as ``run(path:into:)``.
    public func run(_ bytes: [UInt8], into books: SQLiteBooks) async throws -> ImportReport {
        fatalError()
    }
}
