import Decimals

extension JSONWriter {
    @inlinable
    public mutating func integer(_ value: some FixedWidthInteger & SignedInteger) {
        signed(Int64(value))
    }

    @inlinable
    public mutating func integer(_ value: some FixedWidthInteger & UnsignedInteger) {
        digits(UInt64(value), negative: false)
    }

    /// The shortest text that reads back as the same value; `null` for NaN and the infinities, which JSON cannot say.
    public mutating func double(_ value: Double) {
        value.isFinite ? literal(value.description) : null()
    }

    public mutating func decimal(_ value: ExactDecimal) {
        literal(value.description)
    }

    @usableFromInline
    mutating func signed(_ value: Int64) {
        digits(value.magnitude, negative: value < 0)
    }

    @usableFromInline
    mutating func digits(_ magnitude: UInt64, negative: Bool) {
        let after = beginValue()
        var buffer = InlineArray<20, UInt8>(repeating: 0)
        var first = 20
        var rest = magnitude
        repeat {
            first -= 1
            buffer[first] = .zero + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        append(upTo: 21) { output in
            if negative { output.append(.minus) }
            for index in first..<20 { output.append(buffer[index]) }
        }
        place = after
    }
}
