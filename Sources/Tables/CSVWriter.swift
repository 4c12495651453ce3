/// Writes CSV as RFC 4180 has it, records ended by LF.
public struct CSVWriter: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    /// Adds a record. Fields that hold a comma, a quote or a line end, or begin or end with a space, are quoted; so are those
    /// that begin with a byte order mark, which would be passed over where it is the first of a file.
    public mutating func record(_ fields: [String]) {
        for (index, field) in fields.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            add(field)
        }
        // One empty field alone would be an empty line, which is no record.
        if fields.count == 1, fields[0].isEmpty { bytes += Array("\"\"".utf8) }
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Takes what was written so far out.
    public mutating func drain() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    private mutating func add(_ field: String) {
        let quote = UInt8(ascii: "\""), space = UInt8(ascii: " ")
        let special: [UInt8] = [quote, UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r")]
        let utf8 = field.utf8
        guard
            utf8.contains(where: special.contains) || utf8.first == space || utf8.last == space
                || field.unicodeScalars.first == "\u{FEFF}"
        else {
            bytes.append(contentsOf: utf8)
            return
        }
        bytes.append(quote)
        for byte in utf8 {
            if byte == quote { bytes.append(quote) }
            bytes.append(byte)
        }
        bytes.append(quote)
    }
}
