/// Values over time as an SVG picture.
///
/// Colours come from classes, so that a page can set them for light and dark; a picture that stands alone brings them along.
public struct LinePlot: Sendable {
    public struct Line: Sendable {
        public var name: String
        /// Rising in time. What is missing in between is a gap in the line when it is longer than ``LinePlot/gap``.
        public var points: [Point]

        public init(_ name: String, _ points: [Point]) {
            self.name = name
            self.points = points
        }
    }

    public struct Point: Sendable {
        /// Since 1970.
        public var seconds: Double
        public var value: Double
        /// The least and the greatest within the step, drawn as a band.
        public var range: ClosedRange<Double>?

        public init(_ seconds: Double, _ value: Double, range: ClosedRange<Double>? = nil) {
            self.seconds = seconds
            self.value = value
            self.range = range
        }
    }

    public enum Unit: String, Sendable {
        case none, seconds, bytes

        func text(_ value: Double) -> String {
            switch self {
            case .none: ShortText.number(value)
            case .seconds: ShortText.seconds(value)
            case .bytes: ShortText.bytes(value)
            }
        }
    }

    public var title: String
    public var lines: [Line]
    public var unit = Unit.none
    /// Values that must not be passed, each with its name.
    public var limits: [(name: String, value: Double)] = []
    public var width = 640.0
    public var height = 220.0
    /// Seconds without a point after which a line is interrupted.
    public var gap = 180.0
    /// From when to when; nil for that of the points.
    public var span: ClosedRange<Double>?

    public init(_ title: String, _ lines: [Line]) {
        self.title = title
        self.lines = lines
    }

    /// - Parameter standsAlone: with colours of its own, for a file.
    public func svg(standsAlone: Bool = false) -> String {
        let points = lines.flatMap(\.points).filter(\.value.isFinite)
        let span = span ?? (points.map(\.seconds).min() ?? 0)...(points.map(\.seconds).max() ?? 60)
        let values = points.flatMap { [$0.value] + ($0.range.map { [$0.lowerBound, $0.upperBound] } ?? []) }
        let x = Scale(seconds: span.lowerBound, span.upperBound, ticks: Int(width / 110))
        let limits = points.isEmpty ? [] : limits.filter { $0.value <= 4 * (values.max() ?? 0) }
        let y = Scale(min(0, values.min() ?? 0), max(values.max() ?? 1, limits.map(\.value).max() ?? 0), ticks: 4)
        let canvas = Canvas(x: x, y: y, width: width, height: height)
        let rows = legendRows
        let below = rows.first?.y == Self.beside ? 0 : Double(rows.count) * Self.row
        var svg = Markup.svg(
            width: width, height: height + below, title: title + ": " + summary, standsAlone: standsAlone)
        svg += #"<text class="plot-title" x="0" y="14">\#(Markup.escaped(title))</text>"#
        for tick in y.ticks {
            let place = Markup.short(canvas.y(tick))
            svg +=
                #"<line class="plot-grid" x1="\#(Markup.short(canvas.left))" x2="\#(Markup.short(width))" y1="\#(place)" y2="\#(place)"/>"#
            svg +=
                #"<text class="plot-tick" text-anchor="end" x="\#(Markup.short(canvas.left - 6))" y="\#(Markup.short(canvas.y(tick) + 4))">\#(Markup.escaped(unit.text(tick)))</text>"#
        }
        for tick in x.ticks {
            let text = ShortText.time(tick, over: span.upperBound - span.lowerBound)
            // One at the edge ends there instead of being cut.
            let anchor = canvas.x(tick) > width - 18 ? "end" : "middle"
            svg +=
                #"<text class="plot-tick" text-anchor="\#(anchor)" x="\#(Markup.short(canvas.x(tick)))" y="\#(Markup.short(height - 6))">\#(text)</text>"#
        }
        for limit in limits {
            let place = Markup.short(canvas.y(limit.value))
            svg +=
                #"<line class="plot-limit" x1="\#(Markup.short(canvas.left))" x2="\#(Markup.short(width))" y1="\#(place)" y2="\#(place)"><title>\#(Markup.escaped(limit.name))</title></line>"#
        }
        for (index, line) in lines.enumerated() {
            let parts = line.parts(gap: gap, within: span)
            for part in parts where part.contains(where: { $0.range != nil }) {
                svg += #"<path class="plot-band plot-\#(index % 6)" d="\#(canvas.band(part))"/>"#
            }
            for part in parts {
                svg += #"<path class="plot-line plot-\#(index % 6)" d="\#(canvas.path(part))"/>"#
            }
        }
        if points.isEmpty {
            svg +=
                #"<text class="plot-empty" text-anchor="middle" x="\#(Markup.short(width / 2))" y="\#(Markup.short(height / 2))">nothing yet</text>"#
        }
        return svg + legend(rows) + "</svg>"
    }

    /// The height of a row of names, and where the text of one beside the title stands.
    private static let (row, beside) = (18.0, 14.0)

    /// Where the names of the lines stand: beside the title, or in rows below where they are too long for that.
    private var legendRows: [(y: Double, x: [(line: Int, start: Double)])] {
        guard lines.count > 1 else { return [] }
        let lengths = lines.map { Double($0.name.count) * 7 + 22 }
        let all = lengths.reduce(0, +)
        if all + Double(title.count) * 8 <= width {
            var start = width - all
            return [
                (
                    Self.beside,
                    lengths.enumerated().map { index, length in
                        defer { start += length }
                        return (index, start)
                    }
                )
            ]
        }
        var rows: [(y: Double, x: [(line: Int, start: Double)])] = []
        var end = Double.infinity
        for (index, length) in lengths.enumerated() {
            if end + length > width {
                rows.append((height + Self.row * Double(rows.count) + 10, []))
                end = 0
            }
            rows[rows.count - 1].x.append((index, end))
            end += length
        }
        return rows
    }

    private func legend(_ rows: [(y: Double, x: [(line: Int, start: Double)])]) -> String {
        var svg = ""
        for (y, names) in rows {
            for (index, start) in names {
                let place = Markup.short(y - 4)
                svg +=
                    #"<g class="plot-\#(index % 6)"><line class="plot-line" x1="\#(Markup.short(start))" x2="\#(Markup.short(start + 12))" y1="\#(place)" y2="\#(place)"/>"#
                svg +=
                    #"<text class="plot-tick" x="\#(Markup.short(start + 16))" y="\#(Markup.short(y))">\#(Markup.escaped(lines[index].name))</text></g>"#
            }
        }
        return svg
    }

    /// For who cannot see it: "runner 3 now, at most 12".
    private var summary: String {
        let parts = lines.compactMap { line -> String? in
            guard let last = line.points.last(where: { $0.value.isFinite }) else { return nil }
            let most = line.points.map(\.value).filter(\.isFinite).max() ?? last.value
            return "\(line.name) \(unit.text(last.value)) now, at most \(unit.text(most))"
        }
        return parts.isEmpty ? "nothing yet" : parts.joined(separator: "; ")
    }
}

extension LinePlot.Line {
    /// Stretches without gaps.
    fileprivate func parts(gap: Double, within span: ClosedRange<Double>) -> [[LinePlot.Point]] {
        var parts: [[LinePlot.Point]] = []
        for point in points where point.value.isFinite && span.contains(point.seconds) {
            if let last = parts.last?.last, point.seconds - last.seconds <= gap {
                parts[parts.count - 1].append(point)
            } else {
                parts.append([point])
            }
        }
        return parts
    }
}

/// The area inside the axes.
private struct Canvas {
    let x: Scale
    let y: Scale
    let width: Double
    let height: Double
    let left = 56.0

    func x(_ value: Double) -> Double { left + x.place(value) * (width - left - 2) }

    func y(_ value: Double) -> Double { height - 24 - y.place(value) * (height - 24 - 26) }

    /// A single point is a short stroke.
    func path(_ points: [LinePlot.Point]) -> String {
        let path = points.enumerated().map { index, point in
            (index == 0 ? "M" : "L") + place(point.seconds, point.value)
        }.joined()
        return points.count == 1 ? path + "h2" : path
    }

    func band(_ points: [LinePlot.Point]) -> String {
        let upper = points.enumerated().map { index, point in
            (index == 0 ? "M" : "L") + place(point.seconds, point.range?.upperBound ?? point.value)
        }
        let lower = points.reversed().map { "L" + place($0.seconds, $0.range?.lowerBound ?? $0.value) }
        return (upper + lower).joined() + "Z"
    }

    private func place(_ seconds: Double, _ value: Double) -> String {
        "\(Markup.short(x(seconds))) \(Markup.short(y(value)))"
    }
}
