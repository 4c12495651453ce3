/// The texts that are made from a table of settings.
extension Settings {
    /// Each effective value and where it came from, section by section.
    var listing: String {
        var lines: [String] = []
        let shown = keys.map { "\($0.name)=\($0.show(values))" }
        let width = min(40, shown.map(\.count).max() ?? 0)
        for section in Self.sections(keys) {
            if !lines.isEmpty { lines.append("") }
            lines.append("[\(section)]")
            for (index, key) in keys.enumerated() where key.section == section {
                let padding = String(repeating: " ", count: max(0, width - shown[index].count))
                lines.append("\(shown[index])\(padding)  # \(sources[index])")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What `--help` says of the settings, with the defaults of these values.
    ///
    /// - Parameter asOptions: whether the program takes each as an option as well.
    static func reference(
        _ keys: [ConfigurationKey<Configuration>], defaults: Configuration, service: String, asOptions: Bool = true
    ) -> String {
        var lines: [String] = []
        for section in sections(keys) {
            lines.append("[\(section)]")
            for key in keys where key.section == section {
                lines.append(asOptions ? "  \(key.flag) \(key.placeholder)" : "  \(key.name)=\(key.placeholder)")
                lines.append("      \(key.summary) \(key.expectation.capitalizedFirst).")
                let also = key.alsoReads.map { "; also $\($0)" } ?? ""
                lines.append("      \(key.name)=\(key.show(defaults)); $\(key.variable(of: service))\(also)")
            }
            lines.append("")
        }
        return lines.joined(separator: "\n")
    }
}

extension Settings {
    /// The sections of a table in the order of their first keys.
    private static func sections(_ keys: [ConfigurationKey<Configuration>]) -> [String] {
        keys.reduce(into: []) { sections, key in
            if !sections.contains(key.section) { sections.append(key.section) }
        }
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
