import Decimals

extension JSONReader {
    /// An integer without fraction or exponent: `1.0` and `1e2` are not integers here.
    ///
    /// - Throws: ``JSONError/Kind/outOfRange`` beyond 64 bits.
    public mutating func int64() throws(JSONError) -> Int64 {
        if let value = try quickInteger() { return value }
        let (magnitude, negative, end) = try integer()
        let value: Int64?
        if negative {
            value = magnitude <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
        } else {
            value = Int64(exactly: magnitude)
        }
        guard let value else { throw outOfRange("a signed 64-bit integer") }
        position = end
        return value
    }

    public mutating func int() throws(JSONError) -> Int {
        Int(try int64())
    }

    /// As ``int64()``, from 0 to 2^64 - 1.
    public mutating func uint64() throws(JSONError) -> UInt64 {
        if try nextByte() != .minus, let value = try quickInteger() { return UInt64(value) }
        let (magnitude, negative, end) = try integer()
        if negative, magnitude != 0 { throw outOfRange("an unsigned integer") }
        position = end
        return magnitude
    }

    /// The nearest `Double`.
    ///
    /// - Throws: ``JSONError/Kind/outOfRange`` for a number too large for any; one too small is zero.
    public mutating func double() throws(JSONError) -> Double {
        let number = try readNumber()
        let value = number.double ?? Double(bytes.plainASCII(number.range)) ?? .infinity
        guard value.isFinite else { throw outOfRange("a double") }
        position = number.range.upperBound
        return value
    }

    /// The number exactly.
    ///
    /// - Throws: ``JSONError/Kind/outOfRange`` when it needs more than 38 digits or 18 decimal places.
    public mutating func decimal() throws(JSONError) -> ExactDecimal {
        let range = try numberRange()
        guard let value = ExactDecimal(bytes.plainASCII(range)) else {
            throw outOfRange("a decimal of 38 digits and 18 places")
        }
        position = range.upperBound
        return value
    }

    /// The number as it is written.
    public mutating func numberText() throws(JSONError) -> String {
        let range = try numberRange()
        position = range.upperBound
        return bytes.plainASCII(range)
    }

    /// Takes an integer of up to eighteen digits, which nearly all are; nil, and nothing taken, for whatever else comes.
    @inline(__always)
    private mutating func quickInteger() throws(JSONError) -> Int64? {
        let negative = try nextByte() == .minus
        let first = negative ? position &+ 1 : position
        let limit = min(bytes.count, first &+ 18)
        var index = first
        var value: Int64 = 0
        while index < limit, let digit = bytes[index].decimalDigit {
            value = value &* 10 &+ Int64(digit)
            index &+= 1
        }
        if index == first || (bytes[first] == .zero && index > first &+ 1) { return nil }
        if index < bytes.count, bytes[index].continuesNumber { return nil }
        position = index
        return negative ? -value : value
    }

    private mutating func integer() throws(JSONError) -> (magnitude: UInt64, negative: Bool, end: Int) {
        let number = try readNumber(expected: "integer")
        guard number.isInteger else {
            throw JSONError(
                .wrongType(expected: "integer"), offset: position, "expected integer, found a number with a fraction")
        }
        guard number.digits <= 20, let magnitude = exactMagnitude(number) else { throw outOfRange("64 bits") }
        return (magnitude, number.negative, number.range.upperBound)
    }

    /// The whole of an integer of up to twenty digits.
    private func exactMagnitude(_ number: JSONNumber) -> UInt64? {
        if number.digits <= 19 { return number.mantissa }
        let (tens, first) = number.mantissa.multipliedReportingOverflow(by: 10)
        let (value, second) = tens.addingReportingOverflow(UInt64(bytes[number.range.upperBound - 1] - .zero))
        return first || second ? nil : value
    }

    private func outOfRange(_ what: String) -> JSONError {
        JSONError(.outOfRange, offset: position, "the number does not fit \(what)")
    }

    /// Checks the number that comes next, without taking it.
    private mutating func numberRange() throws(JSONError) -> Range<Int> {
        guard try nextByte().beginsNumber else { throw wrongType("number") }
        return position..<(try bytes.scanNumber(from: position))
    }

    /// The same with its value, while that is short.
    private mutating func readNumber(expected: String = "number") throws(JSONError) -> JSONNumber {
        guard try nextByte().beginsNumber else { throw wrongType(expected) }
        return try bytes.readNumber(at: position)
    }
}
