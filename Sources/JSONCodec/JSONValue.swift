/// A JSON text as a tree, for tools and tests; services read into types of their own.
///
/// Equality is literal: numbers compare as they are written, members in their order.
public enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// The number as it is written, so that nothing is lost.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])
}

public struct JSONMember: Hashable, Sendable {
    public var name: String
    public var value: JSONValue

    public init(_ name: String, _ value: JSONValue) {
        self.name = name
        self.value = value
    }
}

extension JSONValue {
    /// The member's value; nil when there is none, or this is no object.
    public subscript(name: String) -> JSONValue? { members?.first { $0.name == name }?.value }

    /// The element; nil when there is none, or this is no array.
    public subscript(index: Int) -> JSONValue? {
        guard let elements, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    public var members: [JSONMember]? { if case .object(let members) = self { members } else { nil } }
    public var elements: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
    public var stringValue: String? { if case .string(let text) = self { text } else { nil } }
    public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var numberText: String? { if case .number(let text) = self { text } else { nil } }
    /// The number, if it is an integer that fits.
    public var intValue: Int? { numberText.flatMap { Int($0) } }
    public var doubleValue: Double? { numberText.flatMap { Double($0) } }
    public var isNull: Bool { self == .null }
}

extension JSONValue: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        switch try json.kind() {
        case .null:
            _ = try json.null()
            self = .null
        case .bool: self = .bool(try json.bool())
        case .number: self = .number(try json.numberText())
        case .string: self = .string(try json.string())
        case .array: self = .array(try [JSONValue](from: &json))
        case .object:
            var members: [JSONMember] = []
            try json.object { name, json throws(JSONError) in
                members.append(JSONMember(name, try JSONValue(from: &json)))
            }
            self = .object(members)
        }
    }

    public func encode(to json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .bool(let value): json.bool(value)
        case .number(let text): json.literal(text)
        case .string(let text): json.string(text)
        case .array(let elements): elements.encode(to: &json)
        case .object(let members):
            json.object { json in
                for member in members { json.member(member.name, member.value) }
            }
        }
    }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int) { self = .number(String(value)) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral members: (String, JSONValue)...) {
        self = .object(members.map { JSONMember($0.0, $0.1) })
    }
}
