/// Eight bytes of a string looked at in one step.
enum EightBytes {
    /// Flags the bytes that end a string, begin an escape or may not stand in a string, each by its highest bit.
    ///
    /// The lowest flag is exact; above it a borrow may have raised false ones. The first byte in memory is the lowest.
    @inline(__always)
    static func stops(in word: UInt64) -> UInt64 {
        let control = word &- 0x2020_2020_2020_2020
        let quote = (word ^ 0x2222_2222_2222_2222) &- 0x0101_0101_0101_0101
        let backslash = (word ^ 0x5C5C_5C5C_5C5C_5C5C) &- 0x0101_0101_0101_0101
        // A byte from 0x80 on is none of these; below that the subtraction has set the bit only where it went under.
        return (control | quote | backslash) & ~word & 0x8080_8080_8080_8080
    }
}
