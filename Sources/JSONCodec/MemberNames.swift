/// The names met so far in one object, to notice one that comes twice.
///
/// Up to sixteen are compared by a fingerprint, without allocating; more go into a set. Names are the same when their
/// bytes are, as RFC 8259 compares them: canonical equivalence plays no part, an escape does not matter.
struct MemberNames {
    private var count = 0
    /// A bit for each fingerprint's upper end: while it is clear there is nothing to compare.
    private var marks: UInt64 = 0
    private var fingerprints = InlineArray<16, UInt64>(repeating: 0)
    private var offsets = InlineArray<16, Int>(repeating: 0)
    private var many: Set<Name> = []

    private struct Name: Hashable {
        let text: String

        static func == (left: Self, right: Self) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

        func hash(into hasher: inout Hasher) {
            var text = text
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
    }

    /// - Parameter offset: of the opening quote, from where the name can be read again.
    /// - Returns: false when the name was there.
    mutating func insert(_ name: String, escaped: Bool, at offset: Int, in reader: borrowing JSONReader) -> Bool {
        if count < fingerprints.count {
            let fingerprint =
                escaped
                ? Self.fingerprint(Array(name.utf8).span)
                : Self.fingerprint(reader.bytes.extracting((offset + 1)..<(reader.position - 1)))
            let mark: UInt64 = 1 << (fingerprint >> 58)
            if marks & mark != 0 {
                for index in 0..<count where fingerprints[index] == fingerprint {
                    if Name(text: name) == Name(text: reader.name(at: offsets[index])) { return false }
                }
            }
            marks |= mark
            fingerprints[count] = fingerprint
            offsets[count] = offset
            count += 1
            return true
        }
        if many.isEmpty {
            for index in 0..<count { many.insert(Name(text: reader.name(at: offsets[index]))) }
        }
        return many.insert(Name(text: name)).inserted
    }

    /// Equal for equal names, and nearly always different otherwise: made of the first and the last eight bytes.
    @inline(__always)
    private static func fingerprint(_ name: Span<UInt8>) -> UInt64 {
        let count = name.count
        let raw = name.bytes
        let first: UInt64
        let last: UInt64
        if count >= 8 {
            first = raw.unsafeLoadUnaligned(as: UInt64.self)
            last = raw.unsafeLoadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
        } else if count >= 4 {
            first = UInt64(raw.unsafeLoadUnaligned(as: UInt32.self))
            last = UInt64(raw.unsafeLoadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
        } else if count > 0 {
            first = UInt64(name[0]) | UInt64(name[count / 2]) << 8
            last = UInt64(name[count - 1])
        } else {
            return 0
        }
        return first &* 0x9E37_79B9_7F4A_7C15 ^ last &+ UInt64(count) &* 0xC2B2_AE3D_27D4_EB4F
    }
}

extension JSONReader {
    /// The name whose opening quote is at `offset`, read a second time.
    fileprivate func name(at offset: Int) -> String {
        guard let (end, escaped) = try? scanString(from: offset + 1) else { return "" }
        return text((offset + 1)..<(end - 1), escaped: escaped)
    }
}
