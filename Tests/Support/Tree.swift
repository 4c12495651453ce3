import Foundation

/// A JSON value as a test looks at it: `reply["job"]["items"]["total"].int`. What is not there is `.absent`.
///
/// It is read by Foundation, not by the codec under test; numbers are exact decimals.
public enum Tree: Hashable, Sendable, Decodable, CustomStringConvertible {
    case absent
    case null
    case bool(Bool)
    case number(Decimal)
    case string(String)
    case array([Tree])
    case object([String: Tree])

    public init(_ text: String) throws {
        do {
            self = try JSONDecoder().decode(Tree.self, from: Data(text.utf8))
        } catch {
            throw TestFailure("not JSON (\(error)): \(text.prefix(2000))")
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode(Decimal.self) {
            self = .number(value)
        } else if let value = try? container.decode([Tree].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: Tree].self))
        }
    }

    public subscript(_ name: String) -> Tree {
        if case .object(let members) = self { members[name] ?? .absent } else { .absent }
    }

    public subscript(_ index: Int) -> Tree {
        if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { .absent }
    }

    public var string: String? { if case .string(let value) = self { value } else { nil } }
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var decimal: Decimal? { if case .number(let value) = self { value } else { nil } }
    /// A number without a fraction.
    public var int: Int? { decimal.flatMap { Int("\($0)") } }
    public var elements: [Tree] { if case .array(let elements) = self { elements } else { [] } }
    public var names: Set<String> { if case .object(let members) = self { Set(members.keys) } else { [] } }

    public var description: String {
        switch self {
        case .absent: "absent"
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): "\"\(value)\""
        case .array(let elements): "[" + elements.map(\.description).joined(separator: ", ") + "]"
        case .object(let members):
            "{" + members.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ") + "}"
        }
    }
}
