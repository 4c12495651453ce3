import Categorization
import Decimals
import Linux

/// Purchases of a CSV file as examples.
struct Purchases {
    var examples: [LabelledExample] = []
    var expenses: [Expense] = []
    /// The value of the column the judgement is split by.
    var groups: [String] = []

    init(_ path: String, texts: [String], label: String, by group: String?) throws {
        var records = Self.records(try Files.read(path))
        let columns = records.isEmpty ? [] : records.removeFirst()
        for record in records {
            let row = Dictionary(zip(columns, record), uniquingKeysWith: { $1 })
            let texts = texts.map { row[$0] ?? "" }
            let amount = row["amount"].flatMap { ExactDecimal($0) }
            let date = row["date"].flatMap(Self.date)
            let example = TextExample(texts: texts, amount: amount?.approximate, date: date)
            examples.append(LabelledExample(example, label: row[label] ?? ""))
            groups.append(group.flatMap { row[$0] } ?? "")
            expenses.append(
                Expense(
                    id: row["id"] ?? "\(expenses.count)", merchant: texts.first,
                    description: texts.count > 1 ? texts[1] : nil, amount: amount, date: date))
        }
    }

    /// The plain rules of RFC 4180, lines ended by LF.
    private static func records(_ bytes: [UInt8]) -> [[String]] {
        var records: [[String]] = []
        var record: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        var previous: UInt8 = 0
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\"") where isQuoted: isQuoted = false
            case UInt8(ascii: "\""):
                // A quote right after a closing one stands for itself.
                if previous == byte { field.append(byte) }
                isQuoted = true
            case UInt8(ascii: ",") where !isQuoted, UInt8(ascii: "\n") where !isQuoted:
                record.append(String(decoding: field, as: UTF8.self))
                field = []
                if byte == UInt8(ascii: "\n") {
                    records.append(record)
                    record = []
                }
            default: field.append(byte)
            }
            previous = byte
        }
        return records
    }

    private static func date(_ text: String) -> CivilDate? {
        let parts = text.split(separator: "-").compactMap { Int($0) }
        return parts.count == 3 ? CivilDate(year: Int64(parts[0]), month: parts[1], day: parts[2]) : nil
    }
}
