import Linux

/// A settings file: `[Section]`, `Key=Value`, comments from `#` or `;` at the start of a line.
struct IniFile {
    struct Entry: Equatable {
        let section: String
        let key: String
        let value: String
        let line: Int
    }

    let path: String
    private(set) var entries: [Entry] = []
    /// Sections with the line where each first begins, also empty ones.
    private(set) var sections: [(name: String, line: Int)] = []
    /// Each with its place.
    private(set) var mistakes: [String] = []

    /// A file that is not there has no entries, and is a mistake only when it `isRequired`.
    init(path: String, isRequired: Bool) {
        self.path = path
        if !isRequired, !Files.exists(path) { return }
        do {
            parse(try Files.readText(path, limit: 1 << 20))
        } catch {
            mistakes.append("\(error)")
        }
    }

    init(path: String, text: String) {
        self.path = path
        parse(text)
    }

    private mutating func parse(_ text: String) {
        var section: String?
        var isKnown = true
        // "\r\n" is one character, so an end of line of either kind is found.
        for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = trimmed(raw)
            let place = "\(path):\(index + 1)"
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if line.hasPrefix("[") {
                section = begin(line, place, index + 1)
                isKnown = section != nil
            } else if let equals = line.firstIndex(of: "="), equals > line.startIndex {
                guard let section else {
                    // After a broken section line nobody can tell where its keys belong.
                    if isKnown { mistakes.append("\(place): \(line) stands before any [Section]") }
                    continue
                }
                let key = trimmed(line[..<equals])
                let value = trimmed(line[line.index(after: equals)...])
                if let first = entries.first(where: { $0.section == section && $0.key == key }) {
                    mistakes.append("\(place): \(key) is given twice, first in line \(first.line); keep one")
                } else {
                    entries.append(Entry(section: section, key: key, value: value, line: index + 1))
                }
            } else {
                mistakes.append("\(place): \"\(line)\" is neither [Section] nor Key=Value nor a # comment")
            }
        }
    }

    private mutating func begin(_ line: String, _ place: String, _ number: Int) -> String? {
        let name = trimmed(line.dropFirst().dropLast())
        guard line.hasSuffix("]"), !name.isEmpty, !name.contains("["), !name.contains("]") else {
            mistakes.append("\(place): \"\(line)\" is not a section; it has to be like [Section]")
            return nil
        }
        if !sections.contains(where: { $0.name == name }) { sections.append((name, number)) }
        return name
    }
}
