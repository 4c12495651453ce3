import Categorization
import JSONCodec
import MillraceProtocol
import Tables

/// Categorized expenses as a file.
enum ExpenseExport {
    private static let columns = [
        "id", "owner", "transaction_date", "merchant_name", "description", "amount", "currency", "category",
        "confidence", "method", "confirmed",
    ]

    static func text(_ rows: some Sequence<ExpenseRow>, _ format: ExportFormat, _ library: Library) -> String {
        let values = rows.map { row -> [String] in
            let record = row.record
            return [
                record.id, record.owner ?? "", record.transactionDate ?? "", record.merchantName ?? "",
                record.description ?? "", record.amount.map { "\($0)" } ?? "", record.currency ?? "",
                row.category.map(library.name) ?? "", row.confidence.map { "\($0.short)" } ?? "", row.method ?? "",
                row.isConfirmed ? "true" : "false",
            ]
        }
        switch format {
        case .csv:
            var writer = CSVWriter()
            for record in [columns] + values { writer.record(record) }
            return String(decoding: writer.bytes, as: UTF8.self)
        case .json:
            return JSON.text(
                JSONValue.array(values.map { .object(zip(columns, $0).map { JSONMember($0, .string($1)) }) }))
        }
    }
}
