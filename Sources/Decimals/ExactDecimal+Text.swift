extension ExactDecimal {
    /// Reads the number forms of JSON: `47.25`, `-0.5`, `1e3`, `2.50E-2`.
    ///
    /// Nil for anything else (a leading `+`, `01`, `.5`, `1.`, spaces), and for a number that would need more
    /// than 38 digits or 18 decimal places. Zeros that mean nothing do not count: `1.000000000000000000000` is 1.
    public init?(_ text: some StringProtocol) {
        var text = String(text)
        guard let value = text.withUTF8(Self.parse) else { return nil }
        self = value
    }

    private static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> ExactDecimal? {
        var index = 0
        let negative = bytes.first == UInt8(ascii: "-")
        if negative { index = 1 }

        var digits = Digits()
        let whole = index
        while index < bytes.count, let digit = Self.digit(bytes[index]) {
            digits.append(digit)
            index += 1
        }
        if index == whole || (bytes[whole] == UInt8(ascii: "0") && index > whole + 1) { return nil }

        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            let fraction = index
            while index < bytes.count, let digit = Self.digit(bytes[index]) {
                digits.append(digit)
                index += 1
            }
            if index == fraction { return nil }
            digits.exponent -= index - fraction
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            guard let exponent = Self.exponent(bytes[(index + 1)...]) else { return nil }
            digits.exponent += exponent
            index = bytes.count
        }
        return index == bytes.count ? digits.value(negative: negative) : nil
    }

    /// The exponent, held within bounds that no number of digits could make up for.
    private static func exponent(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        var bytes = bytes
        let sign = bytes.first
        if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { bytes = bytes.dropFirst() }
        if bytes.isEmpty { return nil }
        var exponent = 0
        for byte in bytes {
            guard let digit = digit(byte) else { return nil }
            exponent = min(exponent * 10 + Int(digit), 1 << 48)
        }
        return sign == UInt8(ascii: "-") ? -exponent : exponent
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        let digit = byte &- UInt8(ascii: "0")
        return digit < 10 ? digit : nil
    }
}

/// Digits as they are read: zeros wait until a digit behind them gives them a meaning.
private struct Digits {
    var coefficient: UInt128 = 0
    /// The number read so far is `coefficient * 10^(exponent + zeros)`.
    var exponent = 0
    var zeros = 0
    var overflow = false

    mutating func append(_ digit: UInt8) {
        if digit == 0 {
            zeros += 1
            return
        }
        grow(by: zeros + 1)
        coefficient += UInt128(digit)
        zeros = 0
    }

    private mutating func grow(by places: Int) {
        if coefficient == 0 { return }
        if places > 38 || coefficient > ExactDecimal.maximumCoefficient / ExactDecimal.powerOfTen(places) {
            overflow = true
            coefficient = 1
            return
        }
        coefficient *= ExactDecimal.powerOfTen(places)
    }

    func value(negative: Bool) -> ExactDecimal? {
        if overflow { return nil }
        if coefficient == 0 { return .zero }
        let power = exponent + zeros
        if power < -ExactDecimal.maximumScale || power > 37 { return nil }
        var magnitude = coefficient
        if power > 0 {
            if magnitude > ExactDecimal.maximumCoefficient / ExactDecimal.powerOfTen(power) { return nil }
            magnitude *= ExactDecimal.powerOfTen(power)
        }
        return ExactDecimal(coefficient: negative ? -Int128(magnitude) : Int128(magnitude), scale: max(-power, 0))
    }
}

extension ExactDecimal: CustomStringConvertible, LosslessStringConvertible {
    /// The one canonical form: no exponent, no needless zero, a digit before the point (`47.25`, `-0.5`, `0`).
    public var description: String {
        var digits = String(coefficient.magnitude)
        if scale > 0 {
            if digits.utf8.count <= scale {
                digits = String(repeating: "0", count: scale + 1 - digits.utf8.count) + digits
            }
            digits.insert(".", at: digits.utf8.index(digits.endIndex, offsetBy: -scale))
        }
        return isNegative ? "-" + digits : digits
    }
}
