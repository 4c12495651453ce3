/// Names and values below each other, the values aligned.
struct Facts {
    private(set) var rows: [(name: String, value: Table.Cell)]

    init(_ rows: [(String, String)] = []) {
        self.rows = rows.map { (name: DisplayText.harmless($0.0), value: Table.Cell($0.1)) }
    }

    /// Adds a fact; nil and an empty value add nothing.
    mutating func add(_ name: String, _ value: String?, _ tone: Tone = .plain) {
        guard let value, !value.isEmpty else { return }
        rows.append((name, Table.Cell(value, tone)))
    }

    func lines(for terminal: Terminal) -> [String] {
        let width = rows.map { DisplayText.width($0.name) }.max() ?? 0
        return rows.map { row in
            let name = DisplayText.padded(row.name, to: width, right: false)
            return terminal.paint(name, .quiet) + "  " + terminal.paint(row.value.text, row.value.tone)
        }
    }
}
