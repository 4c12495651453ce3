import Categorization

/// The reliability curve as a drawing: how often answers of a probability were right, against that probability.
struct ReliabilityPlot {
    private let run: EvaluationRun
    private static let side = 480.0, margin = 60.0
    private static let colours = [
        "#1f5fa8", "#c05020", "#3a8a3a", "#8a4a9a", "#a08020", "#207a80", "#b03060", "#606060",
    ]

    init(_ run: EvaluationRun) { self.run = run }

    var svg: String {
        let width = Int(Self.side + 2 * Self.margin + 160), height = Int(Self.side + 2 * Self.margin)
        var parts = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
            viewBox="0 0 \(width) \(height)" font-family="sans-serif" font-size="13">
            <rect width="100%" height="100%" fill="white"/>
            """
        ]
        for tenth in stride(from: 0, through: 10, by: 2) {
            let share = Double(tenth) / 10
            parts.append(line((0, share), (1, share), "#dddddd"))
            parts.append(line((share, 0), (share, 1), "#dddddd"))
            parts.append(text(Self.x(share), Self.y(0) + 20, "\(tenth * 10) %", anchor: "middle"))
            parts.append(text(Self.x(0) - 8, Self.y(share) + 4, "\(tenth * 10) %", anchor: "end"))
        }
        parts.append(line((0, 0), (1, 1), "#999999"))
        parts.append(text(Self.x(0.5), Self.y(0) + 45, "probability said", anchor: "middle"))
        parts.append(text(Self.x(0), Self.y(1) - 20, "share that was right", anchor: "start"))
        for (place, part) in ([run.whole] + run.groups).prefix(Self.colours.count).enumerated() {
            parts.append(curve(part, Self.colours[place], Double(place)))
        }
        return parts.joined(separator: "\n") + "\n</svg>\n"
    }

    private func curve(_ part: EvaluationRun.Part, _ colour: String, _ place: Double) -> String {
        let bins = part.evaluation.reliability.filter { $0.count > 0 }
        let points = bins.map { "\(Self.x($0.probability)),\(Self.y($0.accuracy))" }.joined(separator: " ")
        let dots = bins.map { bin in
            let share = Double(bin.count) / Double(max(part.evaluation.count, 1))
            return """
                <circle cx="\(Self.x(bin.probability))" cy="\(Self.y(bin.accuracy))" \
                r="\(Self.short(2 + 12 * share.squareRoot()))" fill="\(colour)" fill-opacity="0.4"/>
                """
        }
        let legend = Self.margin + Self.side + 20, row = Self.margin + 10 + place * 20
        return
            ([
                "<polyline points=\"\(points)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\"/>",
                "<rect x=\"\(legend)\" y=\"\(row - 10)\" width=\"12\" height=\"12\" fill=\"\(colour)\"/>",
                text(legend + 18, row, "\(part.name ?? "all"), \(part.evaluation.count)", anchor: "start"),
            ] + dots).joined(separator: "\n")
    }

    private func line(_ from: (Double, Double), _ to: (Double, Double), _ colour: String) -> String {
        """
        <line x1="\(Self.x(from.0))" y1="\(Self.y(from.1))" x2="\(Self.x(to.0))" y2="\(Self.y(to.1))" stroke="\(colour)"/>
        """
    }

    private func text(_ x: Double, _ y: Double, _ words: String, anchor: String) -> String {
        "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor)\">\(Self.escaped(words))</text>"
    }

    private static func x(_ share: Double) -> Double { short(margin + share * side) }
    private static func y(_ share: Double) -> Double { short(margin + (1 - share) * side) }
    private static func short(_ value: Double) -> Double { (value * 10).rounded() / 10 }

    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { escaped, scalar in
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            // XML has no other control characters.
            case _ where scalar.value < 0x20: escaped += " "
            default: escaped.unicodeScalars.append(scalar)
            }
        }
    }
}
