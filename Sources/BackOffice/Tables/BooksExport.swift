/// Writes records of the books as CSV or JSON, in an order that depends on their content alone.
public struct BooksExport: Sendable {
    public var table: BooksTable
    public var format: TableFormat
    /// Only this month's timesheets, orders or lines; other tables have no month.
    public var month: Month?

    public init(_ table: BooksTable, format: TableFormat, month: Month? = nil) {
        self.table = table
        self.format = format
        self.month = month
    }

    /// Hands the text out in chunks of some 64 KiB, all of one moment's state, and returns the number of records.
    ///
    /// `chunk` is called on the thread of the books, one call after the other; what it throws ends the export.
    public func run(
        from books: SQLiteBooks, chunk: @escaping @Sendable ([UInt8]) throws -> Void
    ) async throws -> Int {
        fatalError()
    }
}
