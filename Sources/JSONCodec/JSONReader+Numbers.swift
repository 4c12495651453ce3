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
        let number = try scanNumber()
        let value = number.double ?? Double(text(number.range, escaped: false)) ?? .infinity
        guard value.isFinite else { throw outOfRange("a double") }
        position = number.range.upperBound
        return value
    }

    /// The number exactly.
    ///
    /// - Throws: ``JSONError/Kind/outOfRange`` when it needs more than 38 digits or 18 decimal places.
    public mutating func decimal() throws(JSONError) -> ExactDecimal {
        let range = try scanNumber().range
        guard let value = ExactDecimal(text(range, escaped: false)) else {
            throw outOfRange("a decimal of 38 digits and 18 places")
        }
        position = range.upperBound
        return value
    }

    /// The number as it is written.
    public mutating func numberText() throws(JSONError) -> String {
        let range = try scanNumber().range
        position = range.upperBound
        return text(range, escaped: false)
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
        let number = try scanNumber(expected: "integer")
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
    private mutating func scanNumber(expected: String = "number") throws(JSONError) -> JSONNumber {
        let byte = try nextByte()
        guard byte == .minus || (byte >= .zero && byte <= .nine) else { throw wrongType(expected) }
        return try readNumber(at: position)
    }

    private func readNumber(at start: Int) throws(JSONError) -> JSONNumber {
        var number = JSONNumber(range: start..<start)
        var index = start
        if bytes[index] == .minus {
            number.negative = true
            index += 1
        }
        let whole = index
        while index < bytes.count, let digit = bytes[index].decimalDigit {
            number.append(digit)
            index += 1
        }
        if index == whole { throw syntax("a number needs a digit", at: index) }
        if bytes[whole] == .zero, index > whole + 1 { throw syntax("a number begins with a needless zero", at: whole) }
        if index < bytes.count, bytes[index] == .point {
            number.isInteger = false
            index += 1
            let fraction = index
            while index < bytes.count, let digit = bytes[index].decimalDigit {
                number.append(digit)
                index += 1
            }
            if index == fraction { throw syntax("a fraction needs a digit", at: index) }
            number.exponent = fraction - index
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            number.isInteger = false
            index += 1
            let negative = index < bytes.count && bytes[index] == .minus
            if negative || index < bytes.count && bytes[index] == UInt8(ascii: "+") { index += 1 }
            let digits = index
            var exponent = 0
            while index < bytes.count, let digit = bytes[index].decimalDigit {
                // Beyond any number of digits that could make up for it.
                exponent = min(exponent * 10 + Int(digit), 1 << 48)
                index += 1
            }
            if index == digits { throw syntax("an exponent needs a digit", at: index) }
            number.exponent += negative ? -exponent : exponent
        }
        number.range = start..<index
        return number
    }

    /// The offset behind the number at `start`, which begins with a digit or a minus.
    @inline(__always)
    func scanNumber(from start: Int) throws(JSONError) -> Int {
        var index = start
        if bytes[index] == .minus { index += 1 }
        let whole = index
        index = digitsEnd(from: index)
        if index == whole { throw syntax("a number needs a digit", at: index) }
        if bytes[whole] == .zero, index > whole + 1 { throw syntax("a number begins with a needless zero", at: whole) }
        if index < bytes.count, bytes[index] == .point {
            let fraction = index + 1
            index = digitsEnd(from: fraction)
            if index == fraction { throw syntax("a fraction needs a digit", at: index) }
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < bytes.count, bytes[index] == .minus || bytes[index] == UInt8(ascii: "+") { index += 1 }
            let digits = index
            index = digitsEnd(from: index)
            if index == digits { throw syntax("an exponent needs a digit", at: index) }
        }
        return index
    }

    @inline(__always)
    private func digitsEnd(from start: Int) -> Int {
        var index = start
        while index < bytes.count, bytes[index].decimalDigit != nil { index += 1 }
        return index
    }
}

extension UInt8 {
    @inline(__always)
    fileprivate var continuesNumber: Bool { decimalDigit != nil || self == .point || self | 0x20 == UInt8(ascii: "e") }

    @inline(__always)
    var decimalDigit: UInt8? {
        let digit = self &- .zero
        return digit < 10 ? digit : nil
    }
}
