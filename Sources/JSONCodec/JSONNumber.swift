/// A number as scanned: where it stands and, while it fits, what it is.
struct JSONNumber {
    var range: Range<Int>
    var negative = false
    var isInteger = true
    /// Digits without leading zeros, before and after the point.
    var digits = 0
    /// The first nineteen of them.
    var mantissa: UInt64 = 0
    /// The power of ten that the digits count in.
    var exponent = 0

    init(range: Range<Int>) {
        self.range = range
    }

    @inline(__always)
    mutating func append(_ digit: UInt8) {
        if digits < 19 { mantissa = mantissa &* 10 &+ UInt64(digit) }
        if digits > 0 || digit != 0 { digits += 1 }
    }

    /// The nearest double where one rounding decides it: a mantissa and a power of ten that are both exact in binary.
    var double: Double? {
        guard digits <= 19, mantissa <= 1 << 53, exponent >= -22, exponent <= 22 else { return nil }
        var value = Double(mantissa)
        if exponent < 0 { value /= Self.powersOfTen[-exponent] }
        if exponent > 0 { value *= Self.powersOfTen[exponent] }
        return negative ? -value : value
    }

    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}
