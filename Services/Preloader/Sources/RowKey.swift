import JSONCodec

/// The text of a key.
enum RowKey {
    /// Nil for what can be no key.
    static func text(_ value: JSONValue) -> String? { value.stringValue ?? value.numberText }
}
