import JSONCodec

/// The parameters of a method that takes none and the result of one that gives none: `{}`.
public struct Empty: JSONCodable, Hashable, Sendable {
    public init() {}

    public init(from json: inout JSONReader) throws(JSONError) {
        try json.object { key, json throws(JSONError) in try json.unknownMember(key) }
    }

    public func encode(to json: inout JSONWriter) {
        json.object { _ in }
    }
}
