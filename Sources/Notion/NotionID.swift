public import JSONCodec

/// The id of a page, database or data source: a UUID, written with or without hyphens.
public struct NotionID: Hashable, Comparable, Sendable, CustomStringConvertible {
    private let high: UInt64
    private let low: UInt64

    /// Nil for what is no UUID. Hyphens stand where they belong or not at all; case does not matter.
    public init?(_ text: some StringProtocol) {
        var value: (high: UInt64, low: UInt64) = (0, 0)
        var digits = 0
        let bytes = Array(text.utf8)
        guard bytes.count == 32 || bytes.count == 36 else { return nil }
        for (place, byte) in bytes.enumerated() {
            if bytes.count == 36, [8, 13, 18, 23].contains(place) {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Self.digit(byte) else { return nil }
            if digits < 16 { value.high = value.high << 4 | digit } else { value.low = value.low << 4 | digit }
            digits += 1
        }
        (high, low) = value
    }

    /// In lower case, with hyphens, as Notion answers.
    public var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for place in 0..<32 {
            if [8, 12, 16, 20].contains(place) { text.append(UInt8(ascii: "-")) }
            let word = place < 16 ? high : low
            let digit = UInt8(word >> UInt64(60 - place % 16 * 4) & 15)
            text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// As their texts compare.
    public static func < (left: NotionID, right: NotionID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    private static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}

extension NotionID: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        guard let id = NotionID(try json.string()) else { throw json.invalid("is no id of Notion, a UUID") }
        self = id
    }

    public func encode(to json: inout JSONWriter) { json.string(description) }
}
