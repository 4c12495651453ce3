import JSONCodec

/// The parameters of a method that takes none: `{}`.
public struct Empty: JSONCodable, Hashable, Sendable {
    public init() {}

    public init(from json: inout JSONReader) throws(JSONError) {
        try json.object { key, json throws(JSONError) in try json.unknownMember(key) }
    }

    public func encode(to json: inout JSONWriter) {
        json.object { _ in }
    }
}

/// The result of a method that gives none: `{}`. Unlike ``Empty`` it passes over what a newer peer adds.
public struct Done: JSONCodable, Hashable, Sendable {
    public init() {}

    public init(from json: inout JSONReader) throws(JSONError) {
        try json.object { _, json throws(JSONError) in try json.skip() }
    }

    public func encode(to json: inout JSONWriter) {
        json.object { _ in }
    }
}
