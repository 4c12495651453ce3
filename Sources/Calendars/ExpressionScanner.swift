/// Walks over the bytes of one expression and names the place of what is wrong.
struct ExpressionScanner {
    /// Longer expressions are refused; the longest that means something is far shorter.
    static let limit = 8192

    let text: String
    let bytes: [UInt8]
    var position = 0
    /// Where the part that is being read ends; what follows (a zone) has been taken off.
    var end: Int

    init(_ text: String) throws(ExpressionError) {
        self.text = text
        bytes = Array(text.utf8)
        end = bytes.count
        guard bytes.count <= Self.limit else {
            throw ExpressionError(
                expression: String(text.prefix(40)) + "…", column: 1,
                problem: "the expression has \(bytes.count) bytes",
                remedy: "at most \(Self.limit)")
        }
    }

    var isAtEnd: Bool { position >= end }
    var next: UInt8? { position < end ? bytes[position] : nil }

    func peek(_ offset: Int) -> UInt8? {
        position + offset < end ? bytes[position + offset] : nil
    }

    func isNext(_ character: Unicode.Scalar) -> Bool { next == UInt8(ascii: character) }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard isNext(character) else { return false }
        position += 1
        return true
    }

    mutating func skipSpaces() {
        while isNext(" ") { position += 1 }
    }

    /// What comes at the offset, for a message: "“x”", or "the end".
    func shown(at offset: Int) -> String {
        guard offset < end else { return "the end" }
        let rest = String(decoding: bytes[offset..<end], as: UTF8.self)
        return "“\(rest.first.map(String.init) ?? "")”"
    }

    func slice(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    func error(at offset: Int, _ problem: String, _ remedy: String) -> ExpressionError {
        let before = String(decoding: bytes[..<min(offset, bytes.count)], as: UTF8.self)
        return ExpressionError(expression: text, column: before.count + 1, problem: problem, remedy: remedy)
    }

    /// Decimal digits at the position; nil where there is none. Held at Int.max on overflow.
    mutating func digits() -> Int? {
        guard let first = next, Self.isDigit(first) else { return nil }
        var value = 0
        while let byte = next, Self.isDigit(byte) {
            let (product, isTooBig) = value.multipliedReportingOverflow(by: 10)
            let (sum, carries) = product.addingReportingOverflow(Int(byte - 0x30))
            value = isTooBig || carries ? .max : sum
            if value == .max { while let byte = next, Self.isDigit(byte) { position += 1 } } else { position += 1 }
        }
        return value
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    @inline(__always)
    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A }
}
