/// Strings in a JSON text that is known to be UTF-8. Nothing here has state, so that calls cost little.
extension Span<UInt8> {
    /// Checks a string from behind its opening quote.
    ///
    /// - Returns: the offset behind the closing quote, and whether there are escapes between.
    @inline(__always)
    func scanString(from start: Int) throws(JSONError) -> (end: Int, escaped: Bool) {
        // Most names and many values end within eight bytes.
        var plain = start
        if start &+ 8 <= count {
            let stops = EightBytes.stops(in: eightBytes(at: start))
            if stops == 0 {
                plain = start &+ 8
            } else {
                plain = start &+ stops.trailingZeroBitCount / 8
                if self[plain] == .quote { return (plain &+ 1, false) }
            }
        }
        return try scanLongString(from: start, plainUpTo: plain)
    }

    @inline(never)
    private func scanLongString(
        from start: Int, plainUpTo plain: Int
    ) throws(JSONError) -> (end: Int, escaped: Bool) {
        var index = plain
        var escaped = false
        while true {
            index = plainEnd(from: index)
            guard index < count else { throw .syntax("the string has no end", at: start - 1) }
            switch self[index] {
            case .quote:
                return (index + 1, escaped)
            case .backslash:
                escaped = true
                index = try scanEscape(at: index)
            default:
                throw .syntax("a control character must be escaped", at: index)
            }
        }
    }

    /// The first byte from `start` on that ends, escapes or is forbidden in a string, or the end of the input.
    @inline(__always)
    private func plainEnd(from start: Int) -> Int {
        var index = start
        while index &+ 8 <= count {
            let stops = EightBytes.stops(in: eightBytes(at: index))
            if stops != 0 { return index &+ stops.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < count {
            let byte = self[index]
            if byte < 0x20 || byte == .quote || byte == .backslash { return index }
            index &+= 1
        }
        return index
    }

    @inline(__always)
    private func eightBytes(at start: Int) -> UInt64 {
        UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self))
    }

    /// Checks the escape at `start`, both halves of a surrogate pair together; returns the offset behind it.
    private func scanEscape(at start: Int) throws(JSONError) -> Int {
        guard start + 1 < count else { throw .syntax("the text ends in an escape", at: start) }
        switch self[start + 1] {
        case .quote, .backslash, UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start + 2
        case UInt8(ascii: "u"):
            guard let unit = hexadecimal(at: start + 2) else { throw .syntax("\\u needs four digits", at: start) }
            if unit & 0xF800 != 0xD800 { return start + 6 }
            guard unit < 0xDC00, start + 7 < count, self[start + 6] == .backslash,
                self[start + 7] == UInt8(ascii: "u"), let low = hexadecimal(at: start + 8), low & 0xFC00 == 0xDC00
            else { throw .syntax("half a surrogate pair", at: start) }
            return start + 12
        default:
            throw .syntax("no such escape", at: start)
        }
    }

    /// The four hexadecimal digits at `start`, if they are that.
    private func hexadecimal(at start: Int) -> UInt32? {
        guard start + 4 <= count else { return nil }
        var value: UInt32 = 0
        for index in start..<(start + 4) {
            let byte = self[index]
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

    /// The text of a string that `scanString` has passed, between its quotes.
    @inline(__always)
    func text(_ range: Range<Int>, escaped: Bool, isASCII: Bool) -> String {
        escaped ? unescaped(range) : isASCII ? plainASCII(range) : plain(range)
    }

    // The whole input is UTF-8, and both ends of a string lie beside a quote, so what is between is UTF-8 too.

    @inline(__always)
    func plainASCII(_ range: Range<Int>) -> String {
        String(copying: UTF8Span(unchecked: extracting(range), isKnownASCII: true))
    }

    @inline(never)
    private func plain(_ range: Range<Int>) -> String {
        var text = UTF8Span(unchecked: extracting(range))
        // Strings that know they are ASCII are compared and hashed several times faster.
        _ = text.checkForASCII()
        return String(copying: text)
    }

    @inline(never)
    private func unescaped(_ range: Range<Int>) -> String {
        // No escape is shorter than what it stands for.
        String(unsafeUninitializedCapacity: range.count) { output in
            var count = 0
            var index = range.lowerBound
            while index < range.upperBound {
                let byte = self[index]
                if byte != .backslash {
                    output[count] = byte
                    count += 1
                    index += 1
                    continue
                }
                if self[index + 1] != UInt8(ascii: "u") {
                    output[count] = Self.meaning(ofEscape: self[index + 1])
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

    private static func meaning(ofEscape letter: UInt8) -> UInt8 {
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
