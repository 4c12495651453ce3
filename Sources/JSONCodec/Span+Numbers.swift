/// Numbers and literals in a JSON text.
extension Span<UInt8> {
    /// The offset behind the white space that may begin at `start`.
    @inline(__always)
    func spaceEnd(from start: Int) -> Int {
        var index = start
        while index < count, self[index].isSpace { index &+= 1 }
        return index
    }

    /// The offset behind the number at `start`, which begins with a digit or a minus.
    @inline(__always)
    func scanNumber(from start: Int) throws(JSONError) -> Int {
        var index = start
        if self[index] == .minus { index &+= 1 }
        let whole = index
        index = digitsEnd(from: index)
        if index == whole { throw .syntax("a number needs a digit", at: index) }
        if self[whole] == .zero, index > whole &+ 1 { throw .syntax("a number begins with a needless zero", at: whole) }
        if index < count, self[index] == .point {
            let fraction = index &+ 1
            index = digitsEnd(from: fraction)
            if index == fraction { throw .syntax("a fraction needs a digit", at: index) }
        }
        if index < count, self[index] | 0x20 == UInt8(ascii: "e") {
            index &+= 1
            if index < count, self[index] == .minus || self[index] == UInt8(ascii: "+") { index &+= 1 }
            let digits = index
            index = digitsEnd(from: index)
            if index == digits { throw .syntax("an exponent needs a digit", at: index) }
        }
        return index
    }

    @inline(__always)
    private func digitsEnd(from start: Int) -> Int {
        var index = start
        while index < count, self[index].decimalDigit != nil { index &+= 1 }
        return index
    }

    /// Checks the number at `start` and gathers its value on the way.
    func readNumber(at start: Int) throws(JSONError) -> JSONNumber {
        var number = JSONNumber(range: start..<(try scanNumber(from: start)))
        var index = start
        if self[index] == .minus {
            number.negative = true
            index += 1
        }
        while index < number.range.upperBound, let digit = self[index].decimalDigit {
            number.append(digit)
            index += 1
        }
        if index < number.range.upperBound, self[index] == .point {
            number.isInteger = false
            index += 1
            let fraction = index
            while index < number.range.upperBound, let digit = self[index].decimalDigit {
                number.append(digit)
                index += 1
            }
            number.exponent = fraction - index
        }
        if index < number.range.upperBound {
            number.isInteger = false
            number.exponent += exponent(from: index + 1, to: number.range.upperBound)
        }
        return number
    }

    private func exponent(from start: Int, to end: Int) -> Int {
        var exponent = 0
        for index in start..<end {
            // Beyond 2^48 no number of digits could make up for it.
            if let digit = self[index].decimalDigit { exponent = min(exponent * 10 + Int(digit), 1 << 48) }
        }
        return self[start] == .minus ? -exponent : exponent
    }

    /// The offset behind `true`, `false` or `null`, whichever the byte at `start` begins.
    func scanLiteral(at start: Int) throws(JSONError) -> Int {
        let first = self[start]
        let length = first == UInt8(ascii: "f") ? 5 : 4
        if start + length <= count {
            // false is told by its last four letters: the first is known already.
            let word = bytes.unsafeLoadUnaligned(fromByteOffset: start + length - 4, as: UInt32.self)
            switch (first, UInt32(littleEndian: word)) {
            case (UInt8(ascii: "t"), 0x6575_7274), (UInt8(ascii: "f"), 0x6573_6C61), (UInt8(ascii: "n"), 0x6C6C_756E):
                return start + length
            default: break
            }
        }
        throw .syntax("no such literal", at: start)
    }
}

extension UInt8 {
    @inline(__always)
    var isSpace: Bool { self <= 0x20 && (self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09) }

    @inline(__always)
    var decimalDigit: UInt8? {
        let digit = self &- .zero
        return digit < 10 ? digit : nil
    }

    @inline(__always)
    var beginsNumber: Bool { decimalDigit != nil || self == .minus }

    /// Whether a number whose digits end before this byte goes on with it.
    @inline(__always)
    var continuesNumber: Bool { decimalDigit != nil || self == .point || self | 0x20 == UInt8(ascii: "e") }
}
