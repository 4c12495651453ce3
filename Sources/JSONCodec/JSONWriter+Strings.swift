extension JSONWriter {
    /// Escapes what RFC 8259 demands (quote, backslash, control characters) and nothing else.
    mutating func appendQuoted(_ value: String) {
        append(.quote)
        var value = value
        value.withUTF8 { text in
            var written = 0
            for index in text.indices {
                let byte = text[index]
                if byte >= 0x20, byte != .quote, byte != .backslash { continue }
                append(text[written..<index])
                appendEscape(byte)
                written = index + 1
            }
            written == 0 ? append(text) : append(text[written...])
        }
        append(.quote)
    }

    private mutating func appendEscape(_ byte: UInt8) {
        append(.backslash)
        switch byte {
        case .quote, .backslash: append(byte)
        case 0x08: append(UInt8(ascii: "b"))
        case 0x09: append(UInt8(ascii: "t"))
        case 0x0A: append(UInt8(ascii: "n"))
        case 0x0C: append(UInt8(ascii: "f"))
        case 0x0D: append(UInt8(ascii: "r"))
        default:
            append(UInt8(ascii: "u"))
            append(.zero)
            append(.zero)
            append(.zero + byte >> 4)
            let low = byte & 15
            append(low < 10 ? .zero + low : UInt8(ascii: "a") + low - 10)
        }
    }
}
