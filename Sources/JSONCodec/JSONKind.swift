/// What a JSON value is, told by its first byte.
public enum JSONKind: String, Hashable, Sendable, CaseIterable {
    case object, array, string, number, bool, null

    @inline(__always)
    init?(firstByte byte: UInt8) {
        switch byte {
        case .braceOpen: self = .object
        case .bracketOpen: self = .array
        case .quote: self = .string
        case .minus, .zero ... .nine: self = .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): self = .bool
        case UInt8(ascii: "n"): self = .null
        default: return nil
        }
    }
}

extension UInt8 {
    static var quote: UInt8 { 0x22 }
    static var comma: UInt8 { 0x2C }
    static var minus: UInt8 { 0x2D }
    static var point: UInt8 { 0x2E }
    static var zero: UInt8 { 0x30 }
    static var nine: UInt8 { 0x39 }
    static var colon: UInt8 { 0x3A }
    static var bracketOpen: UInt8 { 0x5B }
    static var backslash: UInt8 { 0x5C }
    static var bracketClose: UInt8 { 0x5D }
    static var braceOpen: UInt8 { 0x7B }
    static var braceClose: UInt8 { 0x7D }
}
