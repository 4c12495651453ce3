/// Texts in lines of at most 76 ASCII signs (RFC 2045, 6.7).
enum QuotedPrintable {
    static let lineLength = 76

    /// The text with CRLF between its lines, whichever ends it had, and one at its end.
    static func encode(_ text: String) -> [UInt8] {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count + text.utf8.count / 8 + 2)
        var line: [UInt8] = []
        func end() {
            append(line, to: &encoded)
            line.removeAll(keepingCapacity: true)
        }
        var previous: UInt8 = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\n") where previous == UInt8(ascii: "\r"): break
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): end()
            default: line.append(byte)
            }
            previous = byte
        }
        if !line.isEmpty || encoded.isEmpty { end() }
        return encoded
    }

    private static func append(_ line: [UInt8], to encoded: inout [UInt8]) {
        var length = 0
        for (index, byte) in line.enumerated() {
            let isLast = index == line.count - 1
            let isPlain =
                switch byte {
                case UInt8(ascii: "="): false
                case UInt8(ascii: " "), UInt8(ascii: "\t"): !isLast
                default: (0x21...0x7E).contains(byte)
                }
            let needed = isPlain ? 1 : 3
            // The last place of a line that goes on is for the sign that says so.
            if length + needed > (isLast ? lineLength : lineLength - 1) {
                encoded += [UInt8(ascii: "="), 13, 10]
                length = 0
            }
            if isPlain {
                encoded.append(byte)
            } else {
                encoded.append(UInt8(ascii: "="))
                encoded += [byte >> 4, byte & 15].map { $0 < 10 ? $0 + 0x30 : $0 + 0x37 }
            }
            length += needed
        }
        encoded += [13, 10]
    }
}
