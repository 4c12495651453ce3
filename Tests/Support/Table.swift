/// A CSV text as rows of named fields, read by the plain rules of RFC 4180.
public struct Table: Sendable {
    public let columns: [String]
    public let rows: [[String: String]]

    public init(csv: String) {
        var records = Self.records(csv)
        columns = records.isEmpty ? [] : records.removeFirst()
        let columns = columns
        rows = records.map { Dictionary(zip(columns, $0), uniquingKeysWith: { $1 }) }
    }

    private static func records(_ text: String) -> [[String]] {
        var records: [[String]] = []
        var record: [String] = []
        var field: [UInt8] = []
        var quoted = false
        var previous: UInt8 = 0
        func endField() {
            record.append(String(decoding: field, as: UTF8.self))
            field = []
        }
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\"") where quoted: quoted = false
            case UInt8(ascii: "\""):
                // A quote right after a closing one stands for itself.
                if previous == byte { field.append(byte) }
                quoted = true
            case UInt8(ascii: ",") where !quoted: endField()
            case UInt8(ascii: "\n") where !quoted:
                endField()
                records.append(record)
                record = []
            case UInt8(ascii: "\r") where !quoted: break
            default: field.append(byte)
            }
            previous = byte
        }
        if !field.isEmpty || !record.isEmpty {
            endField()
            records.append(record)
        }
        return records
    }
}
