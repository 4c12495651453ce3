/// A line as high as a word, without axes: the course of a figure beside the figure.
public enum Sparkline {
    /// Missing values are gaps. The lower edge is 0, or the least value where that is negative.
    public static func svg(_ values: [Double?], name: String, width: Double = 120, height: Double = 24) -> String {
        let known = values.compactMap { $0 }.filter(\.isFinite)
        let (low, high) = (min(0, known.min() ?? 0), max(known.max() ?? 1, 1e-12))
        let last = known.last.map(ShortText.number) ?? "nothing yet"
        let title = "\(name): \(last)\(known.isEmpty ? "" : " now, at most \(ShortText.number(high))")"
        var svg = Markup.svg(width: width, height: height, title: title, class: "spark")
        let step = values.count > 1 ? (width - 4) / Double(values.count - 1) : 0
        var path = ""
        var isOpen = false
        for (index, value) in values.enumerated() {
            guard let value, value.isFinite else {
                isOpen = false
                continue
            }
            let place = (value - low) / (high - low)
            let (x, y) = (Markup.short(2 + Double(index) * step), Markup.short(height - 2 - place * (height - 4)))
            path += "\(isOpen ? "L" : "M")\(x) \(y)"
            isOpen = true
        }
        if !path.isEmpty { svg += #"<path class="plot-line plot-0" d="\#(path)\#(known.count == 1 ? "h2" : "")"/>"# }
        return svg + "</svg>"
    }

    /// The same for a terminal, one character for each value: "▁▂▅█", a blank where there is none.
    public static func text(_ values: [Double?]) -> String {
        let blocks = Array("▁▂▃▄▅▆▇█")
        let high = values.compactMap { $0 }.filter(\.isFinite).max() ?? 0
        return String(
            values.map { value -> Character in
                guard let value, value.isFinite else { return " " }
                guard high > 0, value > 0 else { return blocks[0] }
                return blocks[min(7, Int(value / high * 7.999))]
            })
    }
}
