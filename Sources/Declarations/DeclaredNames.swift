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

    public func contains(_ name: String) -> Bool { places[name] != nil }

    /// Where the name was declared first.
    public func place(of name: String) -> SourcePlace? { places[name] }

    /// ", did you mean notion?", or nothing.
    public func hint(_ name: String) -> String { NearMiss.hint(name, among: places.keys.sorted()) }
}
