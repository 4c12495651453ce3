/// The wide intermediate of exact multiplication and division; nothing outside this module sees it.
struct UInt256: Comparable {
    var high: UInt128
    var low: UInt128

    init(_ value: UInt128) {
        high = 0
        low = value
    }

    init(_ first: UInt128, times second: UInt128) {
        (high, low) = first.multipliedFullWidth(by: second)
    }

    /// The value, if it fits 128 bits.
    var narrow: UInt128? { high == 0 ? low : nil }

    var isZero: Bool { high == 0 && low == 0 }

    static func < (left: Self, right: Self) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }

    /// Neither operation may leave the range; the callers' bounds see to that.
    static func + (left: Self, right: Self) -> Self {
        var sum = left
        let (low, carry) = left.low.addingReportingOverflow(right.low)
        sum.low = low
        sum.high = left.high + right.high + (carry ? 1 : 0)
        return sum
    }

    static func - (left: Self, right: Self) -> Self {
        var difference = left
        let (low, borrow) = left.low.subtractingReportingOverflow(right.low)
        difference.low = low
        difference.high = left.high - right.high - (borrow ? 1 : 0)
        return difference
    }

    /// Long division in base two; short where both fit 128 bits, which money nearly always does.
    func dividing(by divisor: Self) -> (quotient: Self, remainder: Self) {
        if high == 0, divisor.high == 0 {
            let (quotient, remainder) = low.quotientAndRemainder(dividingBy: divisor.low)
            return (Self(quotient), Self(remainder))
        }
        var quotient = Self(0)
        var remainder = Self(0)
        for bit in stride(from: 255, through: 0, by: -1) {
            // The divisors stay far below 2^255, so the remainder never loses its top bit.
            remainder = remainder.doubled(adding: self.bit(bit))
            quotient = quotient.doubled(adding: 0)
            if remainder >= divisor {
                remainder = remainder - divisor
                quotient.low |= 1
            }
        }
        return (quotient, remainder)
    }

    func doubled(adding bit: UInt128) -> Self {
        var result = self
        result.high = high << 1 | low >> 127
        result.low = low << 1 | bit
        return result
    }

    private func bit(_ index: Int) -> UInt128 {
        index < 128 ? low >> UInt128(index) & 1 : high >> UInt128(index - 128) & 1
    }
}
