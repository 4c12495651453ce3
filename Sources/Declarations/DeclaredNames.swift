import Linux

/// The names of one sort of thing over all files, none twice.
public struct DeclaredNames {
    /// "kind"
    public let noun: String
    private var places: [String: SourcePlace] = [:]

    public init(_ noun: String) {
        self.noun = noun
    }

    /// Takes a name; one that is taken already becomes a problem of the value and is answered false.
    public mutating func claim(_ name: String, by value: Declared) -> Bool {
        guard let first = places[name] else {
            places[name] = value.place
            return true
        }
        value.refuse(
            "\(noun) \(name) is declared in \(first.brief) and again in \(value.place.brief); remove one of them")
        return false
    }

    /// Reads the member `name` and takes it; nil when there is none, it is no name, or it is taken. One that begins with a
    /// reserved prefix is taken, so that nobody else is told it is missing, and becomes a problem.
    public mutating func claim(nameIn fields: DeclaredFields, reserved prefixes: [String] = []) -> String? {
        guard let value = fields.require("name", "give the \(noun) one"), let name = value.name() else { return nil }
        for prefix in prefixes where name.hasPrefix(prefix) {
            value.refuse("names that begin with \(prefix) are the suite's own; choose another")
        }
        return claim(name, by: value) ? name : nil
    }

    public func contains(_ name: String) -> Bool { places[name] != nil }

    /// Where the name was declared first.
    public func place(of name: String) -> SourcePlace? { places[name] }

    /// ", did you mean notion?", or nothing.
    public func hint(_ name: String) -> String { NearMiss.hint(name, among: places.keys.sorted()) }
}
