import JSONCodec

/// A closed set of words on the wire; decoding names the words that would have been right.
public protocol WireWord: RawRepresentable, CaseIterable, Hashable, Sendable, JSONCodable where RawValue == String {}

extension WireWord {
    public init(from json: inout JSONReader) throws(JSONError) {
        let word = try json.string()
        guard let value = Self(rawValue: word) else {
            let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw json.invalid("\"\(word)\" is none of \(known)")
        }
        self = value
    }

    public func encode(to json: inout JSONWriter) {
        json.string(rawValue)
    }
}
