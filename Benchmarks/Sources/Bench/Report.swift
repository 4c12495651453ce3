import Foundation

/// Where figures go: a line of JSON each on standard output as soon as they are known, a table on standard error.
final class Report {
    private enum Row {
        case figure(Figure)
        case skipped(benchmark: String, figure: String, reason: String)
    }

    private let table: Bool
    private var rows: [Row] = []

    init(table: Bool) {
        self.table = table
    }

    var missed: [Figure] {
        rows.compactMap { row in
            guard case .figure(let figure) = row, figure.met == false else { return nil }
            return figure
        }
    }

    func add(_ figure: Figure) {
        rows.append(.figure(figure))
        writeLine(figure)
    }

    /// Says that a figure is missing and why, so that its absence is seen.
    func skip(_ benchmark: String, _ figure: String, _ reason: String) {
        rows.append(.skipped(benchmark: benchmark, figure: figure, reason: reason))
        writeLine(["benchmark": benchmark, "figure": figure, "skipped": reason])
    }

    func conditions(_ conditions: [(name: String, value: String)]) {
        var line = ["benchmark": "conditions"]
        for (name, value) in conditions { line[name] = value }
        writeLine(line)
        guard table else { return }
        for (name, value) in conditions { note("\(name): \(value)") }
    }

    func note(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    func printTable() {
        guard table else { return }
        var lines = [["", "figure", "value", "floor", "ratio", "goal", ""]]
        var benchmark = ""
        for row in rows {
            switch row {
            case .figure(let it):
                lines.append([
                    it.benchmark == benchmark ? "" : it.benchmark, it.figure, "\(it.value.short) \(it.unit)",
                    it.floor?.short ?? "", it.ratio?.short ?? "", it.goal?.description ?? "",
                    it.met.map { $0 ? "met" : "MISSED" } ?? "",
                ])
                benchmark = it.benchmark
            case .skipped(let name, let figure, let reason):
                lines.append([name == benchmark ? "" : name, figure, "skipped: \(reason)"])
                benchmark = name
            }
        }
        let widths = (0..<7).map { column in
            lines.filter { $0.count == 7 }.map { $0[column].count }.max() ?? 0
        }
        for line in lines {
            let cells = line.enumerated().map { column, text in
                let padding = String(repeating: " ", count: max(0, widths[column] - text.count))
                return 2...4 ~= column && line.count == 7 ? padding + text : text + padding
            }
            note(cells.joined(separator: "  "))
        }
    }

    private func writeLine(_ value: some Encodable) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { return }
        FileHandle.standardOutput.write(data + Data("\n".utf8))
    }
}
