/// A decimal number that is exact or refuses: at most 38 digits, at most 18 of them after the point.
///
/// Two values are equal, and hash alike, when they mean the same number: 1.50 is 1.5. For money and quantities;
/// nothing here passes through binary floating point.
public struct ExactDecimal: Hashable, Sendable {
    /// The digits without the point; the value is `coefficient / 10^scale`.
    public let coefficient: Int128
    /// Digits after the point, 0...18; the least that holds the value.
    public let scale: Int

    /// The largest number of digits after the point.
    public static let maximumScale = 18
    /// The largest magnitude of ``coefficient``: 38 nines.
    static let maximumCoefficient: UInt128 = powerOfTen(38) - 1

    public static let zero = ExactDecimal(coefficient: 0, scale: 0)

    /// The number `coefficient / 10^scale`.
    ///
    /// - Precondition: `scale` is in 0...18 and `coefficient` has at most 38 digits.
    public init(coefficient: Int128, scale: Int) {
        precondition((0...Self.maximumScale).contains(scale), "scale \(scale) is outside 0...18")
        precondition(coefficient.magnitude <= Self.maximumCoefficient, "more than 38 digits")
        var coefficient = coefficient
        var scale = scale
        Self.dropTrailingZeros(&coefficient, &scale)
        self.coefficient = coefficient
        self.scale = scale
    }

    public init(_ value: some BinaryInteger) {
        guard let coefficient = Int128(exactly: value) else { preconditionFailure("more than 38 digits") }
        self.init(coefficient: coefficient, scale: 0)
    }

    private static func dropTrailingZeros(_ coefficient: inout Int128, _ scale: inout Int) {
        if var short = Int64(exactly: coefficient) {
            while scale > 0, short % 10 == 0 {
                short /= 10
                scale -= 1
            }
            coefficient = Int128(short)
        } else {
            while scale > 0, coefficient % 10 == 0 {
                coefficient /= 10
                scale -= 1
            }
        }
    }

    public var isNegative: Bool { coefficient < 0 }
    public var isZero: Bool { coefficient == 0 }
    public var magnitude: ExactDecimal { isNegative ? -self : self }

    /// The value as an integer; nil when it has a fraction or is too large.
    public var integer: Int64? { scale == 0 ? Int64(exactly: coefficient) : nil }

    static func powerOfTen(_ exponent: Int) -> UInt128 { powersOfTen[exponent] }

    private static let powersOfTen: [UInt128] = {
        var powers: [UInt128] = [1]
        for _ in 1...38 { powers.append(powers[powers.count - 1] * 10) }
        return powers
    }()
}

extension ExactDecimal: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int) { self.init(value) }
}

extension ExactDecimal: Comparable {
    public static func < (left: Self, right: Self) -> Bool {
        if left.scale == right.scale { return left.coefficient < right.coefficient }
        if left.scale < right.scale {
            let (scaled, overflow) = left.scaled(to: right.scale)
            // What leaves 128 bits lies beyond every coefficient, on its own side of zero.
            return overflow ? left.isNegative : scaled < right.coefficient
        }
        let (scaled, overflow) = right.scaled(to: left.scale)
        return overflow ? !right.isNegative : left.coefficient < scaled
    }

    private func scaled(to larger: Int) -> (Int128, overflow: Bool) {
        let (value, overflow) = coefficient.multipliedReportingOverflow(by: Int128(Self.powerOfTen(larger - scale)))
        return (value, overflow)
    }
}
