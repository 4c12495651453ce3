/// One JSON value kept as it is written: checked, not decoded.
///
/// Two are equal when they are written alike, byte for byte.
public struct JSONRaw: Hashable, Sendable {
    /// The value in UTF-8, without white space around it.
    public let bytes: [UInt8]

    public static let null = JSONRaw(unchecked: Array("null".utf8))
    public static let emptyObject = JSONRaw(unchecked: Array("{}".utf8))

    /// Checks that `bytes` are one JSON value; members that appear twice inside it are not noticed.
    public init(validating bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
        var reader = try JSONReader(bytes.span, limits: limits)
        let range = try reader.rawRange()
        try reader.finish()
        self.bytes = range.count == bytes.count ? bytes : Array(bytes[range])
    }

    /// Takes the caller's word that `bytes` are one JSON value, without white space around it.
    public init(unchecked bytes: [UInt8]) {
        self.bytes = bytes
    }

    public init(_ value: some JSONEncodable) {
        self.bytes = JSON.encode(value)
    }

    /// The value as text.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    @inlinable
    public func decode<T: JSONDecodable>(_ type: T.Type = T.self) throws(JSONError) -> T {
        try JSON.decode(T.self, from: bytes)
    }
}

extension JSONRaw: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) { self = try json.raw() }
    public func encode(to json: inout JSONWriter) { json.raw(self) }
}

extension JSONRaw: CustomStringConvertible {
    public var description: String { text }
}
