import Linux

/// What systemd says of a unit, by the names of its properties.
struct UnitProperties: Hashable, Sendable {
    private let values: [String: String]

    /// Empty for what it was not asked for, or does not know.
    subscript(name: String) -> String { values[name] ?? "" }

    /// Asks for properties of units; one answer for each, units that are not installed included.
    ///
    /// - Throws: as ``ProgramAnswer/output(of:input:within:time:)``, where systemd is not there for instance.
    static func ask(_ properties: [String], of units: [String]) async throws -> [UnitProperties] {
        let words = ["systemctl", "show", "--property=" + properties.joined(separator: ",")] + units
        return all(in: try await ProgramAnswer.output(of: words, within: Doctor.patience))
    }

    /// What `systemctl show` printed: a line for each property, an empty one between units.
    static func all(in text: String) -> [UnitProperties] {
        text.split(separator: "\n\n").map { unit in
            let pairs = unit.split(separator: "\n").compactMap { line in
                line.firstIndex(of: "=").map { (String(line[..<$0]), String(line[line.index(after: $0)...])) }
            }
            return UnitProperties(values: Dictionary(pairs) { first, _ in first })
        }
    }
}
