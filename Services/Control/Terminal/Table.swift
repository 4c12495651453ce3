/// Aligned columns, made to fit the width of the terminal.
struct Table: Sendable {
    struct Column: Sendable {
        var title: String
        /// Numbers stand on the right.
        var right = false
        /// The column may be shortened to this many columns where the table does not fit; nil: never.
        var shrinksTo: Int?
        /// Left out when all its cells are empty.
        var optional = false
        /// Left out where the table does not fit even so, the lowest first; nil: never.
        var leaves: Int?

        static func text(
            _ title: String, shrinksTo: Int? = nil, optional: Bool = false, leaves: Int? = nil
        ) -> Column {
            Column(title: title, shrinksTo: shrinksTo, optional: optional, leaves: leaves)
        }

        static func number(_ title: String, optional: Bool = false, leaves: Int? = nil) -> Column {
            Column(title: title, right: true, optional: optional, leaves: leaves)
        }
    }

    struct Cell: Sendable, ExpressibleByStringLiteral {
        var text: String
        var tone: Tone

        init(_ text: String, _ tone: Tone = .plain) {
            self.text = DisplayText.harmless(text)
            self.tone = tone
        }

        init(stringLiteral value: String) { self.init(value) }
        init(_ number: some BinaryInteger) { self.init(String(number)) }
    }

    var columns: [Column]
    private(set) var rows: [[Cell]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// A row has a cell for each column.
    mutating func add(_ cells: [Cell]) {
        precondition(
            cells.count == columns.count, "a row of \(cells.count) cells in a table of \(columns.count) columns")
        rows.append(cells)
    }

    /// Header and rows without line ends and without blanks at the end. A width of nil shortens nothing.
    func lines(for terminal: Terminal) -> [String] {
        let aligned = Self.aligned(rows, columns.indices.filter { columns[$0].right })
        var shown = columns.indices.filter { index in
            !columns[index].optional || rows.contains { !$0[index].text.isEmpty }
        }
        var widths = fitted(aligned, shown, to: terminal.width)
        while let width = terminal.width, Self.total(widths) > width, let least = leastNeeded(of: shown) {
            shown.removeAll { $0 == least }
            widths = fitted(aligned, shown, to: width)
        }
        func line(_ cells: [Cell]) -> String {
            var line = ""
            for (place, index) in shown.enumerated() {
                let text = DisplayText.shortened(cells[index].text, to: widths[place], unicode: terminal.isUnicode)
                let blanks = String(repeating: " ", count: widths[place] - DisplayText.width(text))
                let painted = terminal.paint(text, cells[index].tone)
                if place > 0 { line += Self.gap }
                line += columns[index].right ? blanks + painted : painted + blanks
            }
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
        return [line(columns.map { Cell($0.title, .strong) })] + aligned.map(line)
    }

    private static let gap = "  "

    private static func total(_ widths: [Int]) -> Int {
        widths.reduce(0, +) + gap.utf8.count * max(0, widths.count - 1)
    }

    private func leastNeeded(of shown: [Int]) -> Int? {
        shown.filter { columns[$0].leaves != nil }.min { columns[$0].leaves! < columns[$1].leaves! }
    }

    /// The rows with blanks after the decimals of these columns, so that the points stand below each other.
    private static func aligned(_ rows: [[Cell]], _ columns: [Int]) -> [[Cell]] {
        var rows = rows
        for column in columns {
            let fractions = rows.map { fraction($0[column].text) }
            guard let longest = fractions.compactMap(\.self).max(), longest > 0 else { continue }
            for (row, fraction) in fractions.enumerated() {
                guard let fraction else { continue }
                rows[row][column].text += String(repeating: " ", count: longest - fraction)
            }
        }
        return rows
    }

    /// How many characters a number has from its point on, commas at its thousands or not; nil for what is no number.
    private static func fraction(_ text: String) -> Int? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, Int128(whole.filter { $0 != "," }) != nil,
            parts.count == 1 || parts[1].allSatisfy(\.isNumber)
        else {
            return nil
        }
        return parts.count == 1 ? 0 : parts[1].utf8.count + 1
    }

    /// The widths of the shown columns; the widest of those that may shrink gives way first.
    private func fitted(_ rows: [[Cell]], _ shown: [Int], to width: Int?) -> [Int] {
        var widths = shown.map { index in
            rows.reduce(DisplayText.width(columns[index].title)) { max($0, DisplayText.width($1[index].text)) }
        }
        guard let width else { return widths }
        var excess = Self.total(widths) - width
        while excess > 0 {
            let candidates = shown.indices.filter { place in
                columns[shown[place]].shrinksTo.map { widths[place] > $0 } ?? false
            }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }
}
