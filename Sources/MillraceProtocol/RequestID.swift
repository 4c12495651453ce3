import JSONCodec

/// The id by which an answer finds its request: a whole number of 64 bits, a string of at most ``maximumLength`` bytes,
/// or null.
public enum RequestID: Hashable, Sendable, CustomStringConvertible {
    case number(Int64)
    case string(String)
    case null

    /// UTF-8 bytes a string id may have.
    public static let maximumLength = 1024

    public var description: String {
        switch self {
        case .number(let number): String(number)
        case .string(let string): "\"\(string)\""
        case .null: "null"
        }
    }
}

extension RequestID: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        switch try json.kind() {
        case .string:
            let string = try json.string()
            guard string.utf8.count <= Self.maximumLength else {
                throw json.invalid("an id has at most \(Self.maximumLength) bytes")
            }
            self = .string(string)
        case .number: self = .number(try json.int64())
        case .null:
            _ = try json.null()
            self = .null
        default: throw json.invalid("an id is a number, a string or null")
        }
    }

    public func encode(to json: inout JSONWriter) {
        switch self {
        case .number(let number): json.integer(number)
        case .string(let string): json.string(string)
        case .null: json.null()
        }
    }
}
