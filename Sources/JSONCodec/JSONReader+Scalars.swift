extension JSONReader {
    public mutating func string() throws(JSONError) -> String {
        guard try nextByte() == .quote else { throw wrongType("string") }
        let start = position &+ 1
        let (end, escaped) = try bytes.scanString(from: start)
        position = end
        return bytes.text(start..<(end &- 1), escaped: escaped, isASCII: isASCII)
    }

    /// Reads a string and appends its UTF-8, without making a text of it.
    public mutating func string(appendingTo output: inout [UInt8]) throws(JSONError) {
        guard try nextByte() == .quote else { throw wrongType("string") }
        let start = position &+ 1
        let (end, escaped) = try bytes.scanString(from: start)
        position = end
        if escaped {
            output.append(contentsOf: bytes.text(start..<(end &- 1), escaped: true, isASCII: isASCII).utf8)
        } else {
            bytes.extracting(start..<(end &- 1)).withUnsafeBufferPointer { output.append(contentsOf: $0) }
        }
    }

    public mutating func bool() throws(JSONError) -> Bool {
        switch try nextByte() {
        case UInt8(ascii: "t"):
            position = try bytes.scanLiteral(at: position)
            return true
        case UInt8(ascii: "f"):
            position = try bytes.scanLiteral(at: position)
            return false
        default: throw wrongType("bool")
        }
    }

    /// Takes a `null` if it comes next, and says whether it did.
    public mutating func null() throws(JSONError) -> Bool {
        guard try nextByte() == UInt8(ascii: "n") else { return false }
        position = try bytes.scanLiteral(at: position)
        return true
    }
}
