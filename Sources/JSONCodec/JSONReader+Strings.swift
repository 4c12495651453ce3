extension JSONReader {
    public mutating func string() throws(JSONError) -> String {
        guard try nextByte() == .quote else { throw wrongType("string") }
        return try readString().text
    }

    /// Reads the string whose opening quote is the next byte.
    @inline(__always)
    mutating func readString() throws(JSONError) -> (text: String, escaped: Bool) {
        let start = position + 1
        let (end, escaped) = try scanString(from: start)
        position = end
        return (text(start..<(end - 1), escaped: escaped), escaped)
    }

    /// The text of a string that `scanString` has passed, between its quotes.
    @inline(__always)
    func text(_ range: Range<Int>, escaped: Bool) -> String {
        if escaped { return unescaped(range) }
        // The whole input is UTF-8 and both ends lie beside a quote, so this part is UTF-8 too.
        var text = UTF8Span(unchecked: bytes.extracting(range), isKnownASCII: isASCII)
        // Strings that know they are ASCII are compared and hashed several times faster.
        if !isASCII { _ = text.checkForASCII() }
        return String(copying: text)
    }

    /// Checks a string from behind its opening quote.
    ///
    /// - Returns: the offset behind the closing quote, and whether there are escapes between.
    @inline(__always)
    func scanString(from start: Int) throws(JSONError) -> (end: Int, escaped: Bool) {
        // Most names and many values end within eight bytes.
        if start &+ 8 <= bytes.count {
            let stops = EightBytes.stops(in: eightBytes(at: start))
            if stops != 0 {
                let index = start &+ stops.trailingZeroBitCount / 8
                if bytes[index] == .quote { return (index &+ 1, false) }
            }
        }
        return try scanLongString(from: start)
    }

    @inline(never)
    private func scanLongString(from start: Int) throws(JSONError) -> (end: Int, escaped: Bool) {
        var index = start
        var escaped = false
        while true {
            index = plainEnd(from: index)
            guard index < bytes.count else { throw syntax("the string has no end", at: start - 1) }
            switch bytes[index] {
            case .quote:
                return (index + 1, escaped)
            case .backslash:
                escaped = true
                index = try scanEscape(at: index)
            default:
                throw syntax("a control character must be escaped", at: index)
            }
        }
    }

    /// The first byte from `start` on that ends, escapes or is forbidden in a string, or the end of the input.
    @inline(__always)
    private func plainEnd(from start: Int) -> Int {
        var index = start
        while index &+ 8 <= bytes.count {
            let stops = EightBytes.stops(in: eightBytes(at: index))
            if stops != 0 { return index &+ stops.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x20 || byte == .quote || byte == .backslash { return index }
            index &+= 1
        }
        return index
    }

    @inline(__always)
    private func eightBytes(at start: Int) -> UInt64 {
        UInt64(littleEndian: bytes.bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self))
    }

    /// Checks the escape at `start`, both halves of a surrogate pair together; returns the offset behind it.
    private func scanEscape(at start: Int) throws(JSONError) -> Int {
        guard start + 1 < bytes.count else { throw syntax("the text ends in an escape", at: start) }
        switch bytes[start + 1] {
        case .quote, .backslash, UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start + 2
        case UInt8(ascii: "u"):
            guard let unit = hexadecimal(at: start + 2) else { throw syntax("\\u needs four digits", at: start) }
            if unit & 0xF800 != 0xD800 { return start + 6 }
            guard unit < 0xDC00, start + 7 < bytes.count, bytes[start + 6] == .backslash,
                bytes[start + 7] == UInt8(ascii: "u"), let low = hexadecimal(at: start + 8), low & 0xFC00 == 0xDC00
            else { throw syntax("half a surrogate pair", at: start) }
            return start + 12
        default:
            throw syntax("no such escape", at: start)
        }
    }

    /// The four hexadecimal digits at `start`, if they are that.
    private func hexadecimal(at start: Int) -> UInt32? {
        guard start + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for index in start..<(start + 4) {
            let byte = bytes[index]
            let digit: UInt8
            switch byte {
            case .zero ... .nine: digit = byte - .zero
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    @inline(never)
    private func unescaped(_ range: Range<Int>) -> String {
        // No escape is shorter than what it stands for.
        String(unsafeUninitializedCapacity: range.count) { output in
            var count = 0
            var index = range.lowerBound
            while index < range.upperBound {
                let byte = bytes[index]
                if byte != .backslash {
                    output[count] = byte
                    count += 1
                    index += 1
                    continue
                }
                if bytes[index + 1] != UInt8(ascii: "u") {
                    output[count] = Self.escapes(bytes[index + 1])
                    count += 1
                    index += 2
                    continue
                }
                var scalar = hexadecimal(at: index + 2) ?? 0xFFFD
                index += 6
                if scalar & 0xFC00 == 0xD800 {
                    let low = hexadecimal(at: index + 2) ?? 0xDC00
                    scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
                    index += 6
                }
                for unit in UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter {
                    output[count] = unit
                    count += 1
                }
            }
            return count
        }
    }

    private static func escapes(_ letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: letter
        }
    }
}
