/// Header fields in their order; names count alike whatever their case.
public struct WebHeaders: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    public private(set) var fields: [(name: String, value: String)] = []

    public init() {}

    public init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { (name: $0.0, value: $0.1) }
    }

    /// The first value of a field; setting replaces all of them.
    public subscript(name: String) -> String? {
        get { fields.first { Self.same($0.name, name) }?.value }
        set {
            fields.removeAll { Self.same($0.name, name) }
            if let newValue { fields.append((name, newValue)) }
        }
    }

    /// Adds one value; those that are there stay.
    public mutating func add(_ name: String, _ value: String) { fields.append((name, value)) }

    /// All values of a field, in their order.
    public func values(_ name: String) -> [String] {
        fields.filter { Self.same($0.name, name) }.map(\.value)
    }

    /// Whether `value` can be sent: visible ASCII, with spaces and tabs within only.
    public static func isValue(_ value: String) -> Bool {
        let blank: Set<UInt8> = [0x20, 0x09]
        return value.utf8.allSatisfy { (0x20...0x7e).contains($0) || $0 == 0x09 }
            && !blank.contains(value.utf8.first ?? 0) && !blank.contains(value.utf8.last ?? 0)
    }

    public static func == (left: WebHeaders, right: WebHeaders) -> Bool {
        left.fields.elementsEqual(right.fields) { same($0.name, $1.name) && $0.value == $1.value }
    }

    public func hash(into hasher: inout Hasher) {
        for field in fields {
            hasher.combine(field.name.lowercased())
            hasher.combine(field.value)
        }
    }

    private static func same(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && left.lowercased() == right.lowercased()
    }
}
