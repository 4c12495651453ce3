extension ExactDecimal {
    /// The exact sum.
    /// - Throws: `overflow` beyond 38 digits.
    public func adding(_ other: ExactDecimal) throws(DecimalError) -> ExactDecimal {
        let scale = max(self.scale, other.scale)
        let left = UInt256(coefficient.magnitude, times: Self.powerOfTen(scale - self.scale))
        let right = UInt256(other.coefficient.magnitude, times: Self.powerOfTen(scale - other.scale))
        if isNegative == other.isNegative {
            return try Self(negative: isNegative, magnitude: left + right, scale: scale)
        }
        return left >= right
            ? try Self(negative: isNegative, magnitude: left - right, scale: scale)
            : try Self(negative: other.isNegative, magnitude: right - left, scale: scale)
    }

    /// The exact difference.
    /// - Throws: `overflow` beyond 38 digits.
    public func subtracting(_ other: ExactDecimal) throws(DecimalError) -> ExactDecimal {
        try adding(-other)
    }

    /// The exact product.
    /// - Throws: `overflow` beyond 38 digits, `inexact` beyond 18 decimal places.
    public func multiplied(by other: ExactDecimal) throws(DecimalError) -> ExactDecimal {
        try Self(
            negative: isNegative != other.isNegative,
            magnitude: UInt256(coefficient.magnitude, times: other.coefficient.magnitude),
            scale: scale + other.scale)
    }

    /// The product rounded to `scale` decimal places, rounded once.
    /// - Throws: `overflow` beyond 38 digits.
    /// - Precondition: `scale` is in 0...18.
    public func multiplied(by other: ExactDecimal, scale: Int, rounding: Rounding) throws(DecimalError)
        -> ExactDecimal
    {
        precondition((0...Self.maximumScale).contains(scale), "scale \(scale) is outside 0...18")
        let product = UInt256(coefficient.magnitude, times: other.coefficient.magnitude)
        let negative = isNegative != other.isNegative
        let surplus = self.scale + other.scale - scale
        if surplus <= 0 { return try Self(negative: negative, magnitude: product, scale: self.scale + other.scale) }
        return try Self(
            negative: negative, numerator: product, denominator: UInt256(Self.powerOfTen(surplus)), scale: scale,
            rounding: rounding)
    }

    /// The quotient rounded to `scale` decimal places, rounded once.
    /// - Throws: `divisionByZero`, or `overflow` beyond 38 digits.
    /// - Precondition: `scale` is in 0...18.
    public func divided(by other: ExactDecimal, scale: Int, rounding: Rounding) throws(DecimalError) -> ExactDecimal {
        precondition((0...Self.maximumScale).contains(scale), "scale \(scale) is outside 0...18")
        if other.isZero { throw .divisionByZero }
        let shift = scale - self.scale + other.scale
        return try Self(
            negative: isNegative != other.isNegative,
            numerator: UInt256(coefficient.magnitude, times: Self.powerOfTen(max(shift, 0))),
            denominator: UInt256(other.coefficient.magnitude, times: Self.powerOfTen(max(-shift, 0))),
            scale: scale, rounding: rounding)
    }

    /// The value rounded to `scale` decimal places; a negative scale rounds to tens (-1), thousands (-3) and so on.
    ///
    /// A value that has no more places than asked for comes back unchanged.
    ///
    /// - Precondition: `scale` is in -37...18; the result has at most 38 digits, which only a negative scale can exceed.
    public func rounded(scale: Int, rounding: Rounding) -> ExactDecimal {
        precondition((-37...Self.maximumScale).contains(scale), "scale \(scale) is outside -37...18")
        if scale >= self.scale { return self }
        var divisor = UInt256(Self.powerOfTen(self.scale))
        if scale < 0 { divisor = UInt256(Self.powerOfTen(self.scale), times: Self.powerOfTen(-scale)) }
        if scale > 0 { divisor = UInt256(Self.powerOfTen(self.scale - scale)) }
        do {
            let cut = try Self(
                negative: isNegative, numerator: UInt256(coefficient.magnitude), denominator: divisor,
                scale: max(scale, 0), rounding: rounding)
            return scale < 0 ? try cut.multiplied(by: ExactDecimal(Self.powerOfTen(-scale))) : cut
        } catch {
            preconditionFailure("rounding \(self) to scale \(scale): \(error)")
        }
    }

    /// The sign is given apart, so that a sum or product of magnitudes needs no signed wide integer.
    private init(negative: Bool, magnitude: UInt256, scale: Int) throws(DecimalError) {
        var magnitude = magnitude
        var scale = scale
        let ten = UInt256(10)
        while scale > Self.maximumScale || (scale > 0 && magnitude > UInt256(Self.maximumCoefficient)) {
            let (quotient, remainder) = magnitude.dividing(by: ten)
            guard remainder.isZero else { throw scale > Self.maximumScale ? .inexact : .overflow }
            magnitude = quotient
            scale -= 1
            if magnitude.isZero { scale = 0 }
        }
        guard let narrow = magnitude.narrow, narrow <= Self.maximumCoefficient else { throw .overflow }
        self.init(coefficient: negative ? -Int128(narrow) : Int128(narrow), scale: scale)
    }

    private init(negative: Bool, numerator: UInt256, denominator: UInt256, scale: Int, rounding: Rounding)
        throws(DecimalError)
    {
        var (quotient, remainder) = numerator.dividing(by: denominator)
        let twice = remainder.doubled(adding: 0)
        let half = twice < denominator ? -1 : twice == denominator ? 0 : 1
        if rounding.increments(
            negative: negative, odd: quotient.low & 1 == 1, half: half, exact: remainder.isZero)
        {
            quotient = quotient + UInt256(1)
        }
        try self.init(negative: negative, magnitude: quotient, scale: scale)
    }
}

/// The operators stop the program where the methods throw; use them where the operands' bounds are known.
extension ExactDecimal: AdditiveArithmetic {
    public static prefix func - (value: Self) -> Self { Self(coefficient: -value.coefficient, scale: value.scale) }

    public static func + (left: Self, right: Self) -> Self {
        exactly { () throws(DecimalError) in try left.adding(right) }
    }

    public static func - (left: Self, right: Self) -> Self {
        exactly { () throws(DecimalError) in try left.subtracting(right) }
    }

    public static func * (left: Self, right: Self) -> Self {
        exactly { () throws(DecimalError) in try left.multiplied(by: right) }
    }

    private static func exactly(_ operation: () throws(DecimalError) -> Self) -> Self {
        do { return try operation() } catch { preconditionFailure("\(error)") }
    }
}
