/// A type that reads itself; it takes exactly one value.
public protocol JSONDecodable {
    init(from json: inout JSONReader) throws(JSONError)
}

/// A type that writes itself; it writes exactly one value.
public protocol JSONEncodable {
    func encode(to json: inout JSONWriter)
}

public typealias JSONCodable = JSONDecodable & JSONEncodable

/// The short way in and out, for a whole text at once.
public enum JSON {
    /// Reads the one value that `bytes` are.
    @inlinable
    public static func decode<T: JSONDecodable>(
        _ type: T.Type = T.self, from bytes: [UInt8], limits: JSONLimits = JSONLimits()
    ) throws(JSONError) -> T {
        try decode(T.self, span: bytes.span, limits: limits)
    }

    /// Offsets in errors count from the start of the slice.
    @inlinable
    public static func decode<T: JSONDecodable>(
        _ type: T.Type = T.self, from bytes: ArraySlice<UInt8>, limits: JSONLimits = JSONLimits()
    ) throws(JSONError) -> T {
        try decode(T.self, span: bytes.span, limits: limits)
    }

    @inlinable
    public static func decode<T: JSONDecodable>(
        _ type: T.Type = T.self, from text: String, limits: JSONLimits = JSONLimits()
    ) throws(JSONError) -> T {
        try decode(T.self, from: Array(text.utf8), limits: limits)
    }

    @inlinable
    public static func decode<T: JSONDecodable>(
        _ type: T.Type = T.self, span: Span<UInt8>, limits: JSONLimits = JSONLimits()
    ) throws(JSONError) -> T {
        var reader = try JSONReader(span, limits: limits)
        let value = try T(from: &reader)
        try reader.finish()
        return value
    }

    @inlinable
    public static func encode(_ value: some JSONEncodable) -> [UInt8] {
        var writer = JSONWriter()
        value.encode(to: &writer)
        return writer.bytes
    }

    @inlinable
    public static func text(_ value: some JSONEncodable) -> String {
        String(decoding: encode(value), as: UTF8.self)
    }
}
