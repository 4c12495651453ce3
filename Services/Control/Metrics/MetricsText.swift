import Linux
import MillraceProtocol
import Plots

/// Figures in lines and pictures.
enum MetricsText {
    static func table(_ families: [MetricFamily]) -> Table {
        var table = Table([
            .text("Name", shrinksTo: 30), .text("Type"), .number("Series"),
            .text("Labels", shrinksTo: 8, optional: true),
            .text("Meaning", shrinksTo: 20, optional: true),
        ])
        for family in families {
            table.add([
                Table.Cell(family.name), Table.Cell(family.type), Table.Cell(family.series),
                Table.Cell(family.labels.joined(separator: ", ")), Table.Cell(family.help),
            ])
        }
        return table
    }

    static func table(_ values: [MetricValue]) -> Table {
        var table = Table([.text("Series", shrinksTo: 20), .number("Value")])
        for value in values { table.add([Table.Cell(text(value.labels)), Table.Cell(ShortText.number(value.value))]) }
        return table
    }

    /// A line for each series: its course, what it stands at, the least and the most.
    static func courses(_ answer: MetricsRead.Result, _ terminal: Terminal) -> [String] {
        guard !answer.series.isEmpty else { return ["nothing: no such series in that time"] }
        var table = Table([
            .text("Series", shrinksTo: 20), .text("Course"), .number("Last"), .number("Least"), .number("Most"),
        ])
        for series in answer.series {
            let values = Self.gaps(series.points, step: answer.stepSeconds)
            table.add([
                Table.Cell(text(series.labels)),
                Table.Cell(terminal.isUnicode ? Sparkline.text(shortened(values, to: 40)) : ""),
                Table.Cell(series.points.last.map { ShortText.number($0.value) } ?? ""),
                Table.Cell(series.points.map(\.low).min().map(ShortText.number) ?? ""),
                Table.Cell(series.points.map(\.high).max().map(ShortText.number) ?? ""),
            ])
        }
        return table.lines(for: terminal)
    }

    /// As many lines as there are colours.
    private static let lines = 6

    static func plot(_ name: String, _ answer: MetricsRead.Result, from start: Timestamp, to end: Timestamp) -> LinePlot
    {
        // What is counted is drawn as so much a second.
        let isGrowth = answer.series.contains { $0.course == .growth }
        let scale = isGrowth ? 1 / Double(max(1, answer.stepSeconds)) : 1
        // What all have in common tells none apart.
        let common = answer.series.dropFirst().reduce(answer.series.first?.labels ?? [:]) { common, series in
            common.filter { series.labels[$0.key] == $0.value }
        }
        let isAlone = answer.series.count < 2
        let lines = answer.series.prefix(Self.lines).map { series in
            LinePlot.Line(
                text(isAlone ? series.labels : series.labels.filter { common[$0.key] == nil }),
                series.points.map { point in
                    LinePlot.Point(
                        Double(point.time.milliseconds) / 1000, point.value * scale,
                        range: isGrowth ? nil : point.low...max(point.low, point.high))
                })
        }
        let more = answer.series.count > Self.lines ? ", \(Self.lines) of \(answer.series.count)" : ""
        var plot = LinePlot((isGrowth ? "\(name), a second" : name) + more, Array(lines))
        plot.unit = name.contains("_seconds") && !isGrowth ? .seconds : name.contains("_bytes") ? .bytes : .none
        plot.gap = Double(answer.stepSeconds) * 3
        plot.span = Double(start.milliseconds) / 1000...Double(max(start, end).milliseconds) / 1000
        return plot
    }

    static func text(_ labels: [String: String]) -> String {
        labels.isEmpty
            ? "all" : labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    }

    /// One value for each step, nil where there is none.
    private static func gaps(_ points: [MetricPoint], step: Int) -> [Double?] {
        guard let first = points.first, let last = points.last, step > 0 else { return [] }
        let count = Int((last.time - first.time).milliseconds) / 1000 / step + 1
        var values = [Double?](repeating: nil, count: min(max(count, 1), 5000))
        for point in points {
            let place = Int((point.time - first.time).milliseconds) / 1000 / step
            if values.indices.contains(place) { values[place] = point.value }
        }
        return values
    }

    /// The means of as many parts.
    private static func shortened(_ values: [Double?], to count: Int) -> [Double?] {
        guard values.count > count else { return values }
        return (0..<count).map { part in
            let known = values[part * values.count / count..<(part + 1) * values.count / count].compactMap { $0 }
            return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
        }
    }
}
