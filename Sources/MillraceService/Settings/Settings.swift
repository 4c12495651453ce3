import Linux

/// Where a value came from.
enum SettingSource: Equatable, CustomStringConvertible {
    case flag(String)
    case variable(String)
    case file(String, line: Int)
    case `default`

    var description: String {
        switch self {
        case .flag(let flag): flag
        case .variable(let name): "$\(name)"
        case .file(let path, let line): "\(path):\(line)"
        case .default: "default"
        }
    }
}

/// What came of reading all sources of settings, in the order flags > environment > file > default.
///
/// A wrong value is a mistake even where another source overrides it: it lies in wait.
struct Settings<Configuration: Sendable>: Sendable {
    var values: Configuration
    /// Parallel to the keys.
    var sources: [SettingSource]
    /// Passed over or mended; each with its place.
    var warnings: [String] = []
    /// Each with its place, what is wrong and what would be right.
    var mistakes: [String] = []
    let keys: [ConfigurationKey<Configuration>]

    /// - Parameter flags: by ``ConfigurationKey/flag``.
    init(
        _ defaults: Configuration, keys: [ConfigurationKey<Configuration>], service: String,
        flags: [String: String], environment: [String: String], file: IniFile?
    ) {
        values = defaults
        self.keys = keys
        sources = keys.map { _ in .default }
        Self.checkTable(keys)
        if let file {
            mistakes += file.mistakes
            read(file)
        }
        for (index, key) in keys.enumerated() {
            if let name = key.alsoReads, let text = environment[name].map(trimmed), !text.isEmpty {
                readLeniently(text, name, index)
            }
            let variable = key.variable(of: service)
            if let text = environment[variable] { read(text, .variable(variable), index) }
            if let text = flags[key.flag] { read(text, .flag(key.flag), index) }
        }
        warnAboutUnknownVariables(environment, service)
    }

    private mutating func read(_ file: IniFile) {
        for entry in file.entries {
            if let index = keys.firstIndex(where: { $0.section == entry.section && $0.name == entry.key }) {
                read(entry.value, .file(file.path, line: entry.line), index)
            } else if keys.contains(where: { $0.section == entry.section }) {
                warnings.append(
                    "\(file.path):\(entry.line): \(entry.key) is not known\(hint(entry)); it is passed over")
            }
        }
        let known = Set(keys.map(\.section))
        for section in file.sections where !known.contains(section.name) {
            let hint = NearMiss.hint(section.name, among: known.sorted())
            warnings.append("\(file.path):\(section.line): [\(section.name)] is not known\(hint); it is passed over")
        }
    }

    /// The right section of a key that stands in a wrong one, else a key with a similar name.
    private func hint(_ entry: IniFile.Entry) -> String {
        if let key = keys.first(where: { $0.name.lowercased() == entry.key.lowercased() }) {
            return ", did you mean \(key.name) in [\(key.section)]?"
        }
        return NearMiss.hint(entry.key, among: keys.map(\.name))
    }

    private mutating func read(_ text: String, _ source: SettingSource, _ index: Int) {
        let key = keys[index]
        if key.parse(trimmed(text), &values) {
            sources[index] = source
            return
        }
        let name = if case .file = source { ": \(key.name)" } else { "" }
        mistakes.append("\(source)\(name): \"\(trimmed(text))\" is not \(key.expectation)")
    }

    private mutating func readLeniently(_ text: String, _ name: String, _ index: Int) {
        let (isTaken, warning) = keys[index].parseLeniently(text, &values)
        if let warning { warnings.append("$\(name): \"\(text)\" \(warning)") }
        if isTaken { sources[index] = .variable(name) }
    }

    private mutating func warnAboutUnknownVariables(_ environment: [String: String], _ service: String) {
        let prefix = SettingName.variablePrefix(of: service)
        let known = keys.map { $0.variable(of: service) } + [prefix + "CONFIG"]
        for name in environment.keys.sorted() where name.hasPrefix(prefix) && !known.contains(name) {
            warnings.append("$\(name) is not known\(NearMiss.hint(name, among: known)); it is passed over")
        }
    }

    /// Two keys of one name would share flag and variable; that is a fault of the program.
    private static func checkTable(_ keys: [ConfigurationKey<Configuration>]) {
        var flags = Set(ServiceOptions.reserved)
        for key in keys {
            precondition(flags.insert(key.flag).inserted, "two settings share the flag \(key.flag)")
        }
    }
}
