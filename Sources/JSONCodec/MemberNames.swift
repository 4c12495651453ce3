/// The names met so far in one object, to notice one that comes twice.
///
/// Up to sixteen are compared by a fingerprint, without allocating; more go into a set. Names are the same when their
/// bytes are, as RFC 8259 compares them: canonical equivalence plays no part, an escape does not matter.
struct MemberNames {
    private var count = 0
    /// A bit for each fingerprint's upper end: while it is clear there is nothing to compare.
    private var marks: UInt64 = 0
    /// The fingerprint in the upper half, where the name begins in the lower.
    private var entries: InlineArray<16, UInt64> = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    private var many: Set<Name> = []

    private struct Name: Hashable {
        let text: String

        static func == (left: Self, right: Self) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

        func hash(into hasher: inout Hasher) {
            var text = text
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
    }

    /// - Parameter range: where the name stands in `text`, from where it can be read again.
    /// - Returns: false when the name was there.
    @inline(__always)
    mutating func insert(_ name: String, _ range: Range<Int>, escaped: Bool, in text: Span<UInt8>) -> Bool {
        if !escaped, count < entries.count, range.lowerBound < 1 << 32 {
            let fingerprint = Self.fingerprint(text.extracting(range))
            let mark: UInt64 = 1 << (fingerprint >> 58)
            if marks & mark == 0 {
                remember(fingerprint, mark, range.lowerBound)
                return true
            }
        }
        return insertComparing(name, range, escaped: escaped, in: text)
    }

    @inline(never)
    private mutating func insertComparing(
        _ name: String, _ range: Range<Int>, escaped: Bool, in text: Span<UInt8>
    ) -> Bool {
        let name = Name(text: name)
        if count < entries.count, range.lowerBound < 1 << 32 {
            let fingerprint =
                escaped ? Self.fingerprint(Array(name.text.utf8).span) : Self.fingerprint(text.extracting(range))
            for index in 0..<count where entries[index] >> 32 == fingerprint >> 32 {
                if name == Self.name(of: entries[index], in: text) { return false }
            }
            remember(fingerprint, 1 << (fingerprint >> 58), range.lowerBound)
            return true
        }
        if many.isEmpty {
            for index in 0..<count { many.insert(Self.name(of: entries[index], in: text)) }
        }
        return many.insert(name).inserted
    }

    @inline(__always)
    private mutating func remember(_ fingerprint: UInt64, _ mark: UInt64, _ start: Int) {
        marks |= mark
        entries[count] = (fingerprint & ~0xFFFF_FFFF) | UInt64(truncatingIfNeeded: start)
        count &+= 1
    }

    /// The name that an entry stands for, read a second time.
    private static func name(of entry: UInt64, in text: Span<UInt8>) -> Name {
        let start = Int(entry & 0xFFFF_FFFF)
        guard let (end, escaped) = try? text.scanString(from: start) else {
            preconditionFailure("a name that was read")
        }
        return Name(text: text.text(start..<(end - 1), escaped: escaped, isASCII: false))
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
