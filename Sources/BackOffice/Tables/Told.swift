/// What a record of a file says of a value. A field that the record does not have stays as the books have it.
///
/// Fields are set one by one, each under its name in the file, so that none is taken over that the record says nothing of.
struct Told<Value: Sendable>: Sendable {
    /// The value where the books have none yet.
    private(set) var fresh: Value
    private var changes: [@Sendable (inout Value) -> Void] = []
    private let fields: Set<String>

    /// - Parameter fresh: With its id, and with defaults that the fields replace.
    init(_ fresh: Value, by reader: RecordReader) {
        self.fresh = fresh
        fields = reader.told
    }

    /// Sets what the record gives under any of these names. Where it has none of them the field is the default of a value
    /// that is new.
    mutating func set<Field: Sendable>(
        _ names: String..., as path: WritableKeyPath<Value, Field> & Sendable, to field: Field
    ) {
        fresh[keyPath: path] = field
        if names.contains(where: fields.contains) { set(path, to: field) }
    }

    /// Sets what is told outside of the record's fields.
    mutating func set<Field: Sendable>(_ path: WritableKeyPath<Value, Field> & Sendable, to field: Field) {
        fresh[keyPath: path] = field
        changes.append { $0[keyPath: path] = field }
    }

    /// Whether the record has this field.
    func tells(_ name: String) -> Bool { fields.contains(name) }

    /// The value as it is to be in the books.
    /// - Parameter old: As they have it; nil for one that is new.
    func merged(with old: Value?) -> Value {
        guard var value = old else { return fresh }
        for change in changes { change(&value) }
        return value
    }
}
