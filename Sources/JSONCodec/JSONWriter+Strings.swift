extension JSONWriter {
    /// Appends a string in quotes, escaping what RFC 8259 demands (quote, backslash, control characters) and no more.
    mutating func appendQuoted(_ value: String, comma: Bool, colon: Bool) {
        value.withBytes { appendQuoted($0, comma: comma, colon: colon) }
    }

    @inline(__always)
    mutating func appendQuoted(_ text: UnsafeBufferPointer<UInt8>, comma: Bool, colon: Bool) {
        if Self.isPlain(text) {
            append(upTo: text.count &+ 4) { $0.appendQuoted(plain: text, comma: comma, colon: colon) }
        } else {
            appendEscaped(text, comma: comma, colon: colon)
        }
    }

    /// Appends a member whose value is a string: the most frequent one, so in one step.
    mutating func appendMember(_ name: String, _ value: String, comma: Bool) {
        name.withBytes { name in
            value.withBytes { value in
                if Self.isPlain(name), Self.isPlain(value) {
                    append(upTo: name.count &+ value.count &+ 8) { output in
                        output.appendQuoted(plain: name, comma: comma, colon: true)
                        output.appendQuoted(plain: value, comma: false, colon: false)
                    }
                } else {
                    appendEscaped(name, comma: comma, colon: true)
                    appendEscaped(value, comma: false, colon: false)
                }
            }
        }
    }

    @inline(never)
    private mutating func appendEscaped(_ text: UnsafeBufferPointer<UInt8>, comma: Bool, colon: Bool) {
        // The longest escape has six bytes.
        append(upTo: text.count + 5 * Self.countEscapes(text) + 4) { output in
            if comma { output.append(.comma) }
            output.append(.quote)
            for byte in text { byte.needsEscape ? Self.escape(byte, into: &output) : output.append(byte) }
            output.append(.quote)
            if colon { output.append(.colon) }
        }
    }

    @inline(__always)
    private static func isPlain(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let raw = UnsafeRawBufferPointer(text)
        var stops: UInt64 = 0
        if raw.count >= 8 {
            var index = 0
            while index <= raw.count &- 8 {
                stops |= EightBytes.stops(in: raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                index &+= 8
            }
            stops |= EightBytes.stops(in: raw.loadUnaligned(fromByteOffset: raw.count &- 8, as: UInt64.self))
        } else if raw.count >= 4 {
            let first = UInt64(raw.loadUnaligned(as: UInt32.self))
            let last = UInt64(raw.loadUnaligned(fromByteOffset: raw.count &- 4, as: UInt32.self))
            stops = EightBytes.stops(in: first | last << 32)
        } else {
            for byte in raw where byte.needsEscape { stops = 1 }
        }
        return stops == 0
    }

    private static func countEscapes(_ text: UnsafeBufferPointer<UInt8>) -> Int {
        var count = 0
        for byte in text where byte.needsEscape { count += 1 }
        return count
    }

    private static func escape(_ byte: UInt8, into output: inout OutputSpan<UInt8>) {
        output.append(.backslash)
        switch byte {
        case .quote, .backslash: output.append(byte)
        case 0x08: output.append(UInt8(ascii: "b"))
        case 0x09: output.append(UInt8(ascii: "t"))
        case 0x0A: output.append(UInt8(ascii: "n"))
        case 0x0C: output.append(UInt8(ascii: "f"))
        case 0x0D: output.append(UInt8(ascii: "r"))
        default:
            output.append(UInt8(ascii: "u"))
            output.append(.zero)
            output.append(.zero)
            output.append(.zero + byte >> 4)
            let low = byte & 15
            output.append(low < 10 ? .zero + low : UInt8(ascii: "a") + low - 10)
        }
    }
}

extension String {
    @inline(__always)
    fileprivate func withBytes(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        // Only strings of another runtime have no bytes at hand.
        if utf8.withContiguousStorageIfAvailable(body) == nil {
            var native = self
            native.withUTF8(body)
        }
    }
}

extension UInt8 {
    @inline(__always)
    fileprivate var needsEscape: Bool { self < 0x20 || self == .quote || self == .backslash }
}

extension OutputSpan<UInt8> {
    /// Appends a string that needs no escapes, at one go.
    @inline(__always)
    fileprivate mutating func appendQuoted(plain text: UnsafeBufferPointer<UInt8>, comma: Bool, colon: Bool) {
        precondition(freeCapacity >= text.count &+ 4)
        withUnsafeMutableBufferPointer { room, count in
            var next = room.baseAddress.unsafelyUnwrapped + count
            if comma {
                next.initialize(to: .comma)
                next += 1
            }
            next.initialize(to: .quote)
            next += 1
            if let start = text.baseAddress { next.initialize(from: start, count: text.count) }
            next += text.count
            next.initialize(to: .quote)
            next += 1
            if colon { next.initialize(to: .colon) }
            count &+= text.count &+ 2 &+ (comma ? 1 : 0) &+ (colon ? 1 : 0)
        }
    }
}
