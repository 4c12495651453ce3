import JSONCodec
import MillraceStore

/// Writes records of the books as CSV or JSON, in an order that depends on their content alone.
public struct BooksExport: Sendable {
    public var table: BooksTable
    public var format: TableFormat
    /// Only this month's records; tables whose records have no day are exported whole.
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
        let export = self
        return try await books.database.read { connection in
            var sheet = ExportSheet(export.format, columns: export.table.exportColumns.map(\.name))
            var count = 0
            try export.each(connection) { values in
                sheet.add(values)
                count += 1
                if sheet.size >= 65_536 { try chunk(sheet.drain()) }
            }
            sheet.end()
            try chunk(sheet.drain())
            return count
        }
    }

    private func each(_ connection: Connection, _ record: ([ExportValue]) throws -> Void) throws {
        let columns = table.exportColumns
        var sums = Subtotals()
        if table == .orders { sums = try Subtotals(connection, month: month) }
        try connection.each(
            """
            SELECT \(columns.map(\.sql).joined(separator: ", ")) FROM \(table.exportSource)
            WHERE ?1 IS NULL OR \(table.exportMonth ?? "TRUE") = ?1
            ORDER BY \(table.exportOrder)
            """,
            SQLValue(table.exportMonth == nil ? nil : month?.description)
        ) { row in
            try record(
                columns.indices.map { index in
                    switch columns[index].kind {
                    case .text: row.textOrNil(index).map(ExportValue.text) ?? .none
                    case .number: .number(row.isNull(index) ? "0" : "\(row.int(index))")
                    case .hours: .number(try row.hours(index, of: table.rawValue, row.text(0)).description)
                    case .amount:
                        try row.amountOrNil(index, columns[index].name, of: table.rawValue, row.text(0))
                            .map { .number($0.description) } ?? .none
                    case .subtotal: .number(sums[row.text(index)].description)
                    case .list: .list(try JSON.decode([String].self, from: row.text(index)))
                    }
                })
            return true
        }
    }
}

/// One value of an exported record.
enum ExportValue {
    case none
    case text(String)
    /// As JSON writes it.
    case number(String)
    case list([String])
}

/// The exact sums of the lines of each order.
private struct Subtotals {
    private var sums: [OrderID: Hours] = [:]

    init() {}

    init(_ connection: Connection, month: Month?) throws {
        try connection.each(
            """
            SELECT l.task_order, l.hours, l.id FROM order_line l JOIN task_order o ON o.id = l.task_order
            WHERE ?1 IS NULL OR o.month = ?1
            """, SQLValue(month?.description)
        ) { row in
            sums[row.id(0), default: 0] += try row.hours(1, of: "order_line", row.text(2))
            return true
        }
    }

    subscript(order: String) -> Hours { sums[OrderID(order)] ?? 0 }
}

/// The text of an export, as far as it was not handed out.
private struct ExportSheet {
    private let format: TableFormat
    private let columns: [String]
    private var csv = CSVWriter()
    private var json: [UInt8] = []
    private var isFirst = true

    init(_ format: TableFormat, columns: [String]) {
        self.format = format
        self.columns = columns
        switch format {
        case .csv: csv.record(columns)
        case .json: json.append(UInt8(ascii: "["))
        }
    }

    var size: Int { csv.bytes.count + json.count }

    mutating func add(_ values: [ExportValue]) {
        switch format {
        case .csv:
            csv.record(
                values.map { value in
                    switch value {
                    case .none: ""
                    case .text(let text), .number(let text): text
                    case .list(let texts): texts.joined(separator: ";")
                    }
                })
        case .json:
            json += Array((isFirst ? "\n" : ",\n").utf8)
            var writer = JSONWriter()
            writer.object { object in
                for (column, value) in zip(columns, values) {
                    object.member(column) { writer in
                        switch value {
                        case .none: writer.null()
                        case .text(let text): writer.string(text)
                        case .number(let text): writer.raw(JSONRaw(unchecked: Array(text.utf8)))
                        case .list(let texts): writer.value(texts)
                        }
                    }
                }
            }
            json += writer.bytes
        }
        isFirst = false
    }

    mutating func end() {
        if format == .json { json += Array((isFirst ? "]\n" : "\n]\n").utf8) }
    }

    mutating func drain() -> [UInt8] {
        defer { json.removeAll(keepingCapacity: true) }
        return format == .csv ? csv.drain() : json
    }
}
