import Linux
public import Telemetry

/// Writes families of series for Prometheus.
///
/// Families stand in the order of the calls and each only once; their series likewise.
public struct ExpositionWriter: Sendable {
    public let format: ExpositionFormat
    private var bytes: [UInt8] = []

    public init(_ format: ExpositionFormat, reserving capacity: Int = 1 << 16) {
        self.format = format
        bytes.reserveCapacity(capacity)
    }

    /// The text of the families alone.
    public static func bytes(_ families: [FamilySnapshot], _ format: ExpositionFormat) -> [UInt8] {
        var writer = ExpositionWriter(format)
        for family in families { writer.write(family) }
        return writer.finish()
    }

    /// The whole text; OpenMetrics ends in `# EOF`, by which a cut text is known.
    public consuming func finish() -> [UInt8] {
        if format == .openMetrics { bytes.append(contentsOf: "# EOF\n".utf8) }
        return bytes
    }

    public mutating func write(_ family: FamilySnapshot) {
        guard !family.series.isEmpty else { return }
        let description = family.description
        head(description)
        let name = description.name
        let names = description.labels.map { Array($0.utf8) }
        for series in family.series {
            let labels = Self.labels(names, series.labels)
            series.numbers(of: description) { write($0, name, labels) }
            switch description.kind {
            case .counter, .histogram, .distribution: created(name, labels, series.created)
            case .gauge, .info, .stateSet: break
            }
        }
    }

    private mutating func head(_ description: FamilyDescription) {
        let name: String
        let type: String
        switch (description.kind, format) {
        case (.counter, .text): (name, type) = (description.name + "_total", "counter")
        case (.counter, .openMetrics): (name, type) = (description.name, "counter")
        case (.gauge, _): (name, type) = (description.name, "gauge")
        case (.histogram, _): (name, type) = (description.name, "histogram")
        case (.distribution, _): (name, type) = (description.name, "summary")
        case (.info, .text): (name, type) = (description.name + "_info", "gauge")
        case (.info, .openMetrics): (name, type) = (description.name, "info")
        case (.stateSet, .text): (name, type) = (description.name, "gauge")
        case (.stateSet, .openMetrics): (name, type) = (description.name, "stateset")
        }
        text("# HELP \(name) ")
        escaped(description.help, quotes: format == .openMetrics)
        text("\n# TYPE \(name) \(type)\n")
        if format == .openMetrics, !description.unit.isEmpty { text("# UNIT \(name) \(description.unit)\n") }
    }

    /// When the series began to count, which only OpenMetrics tells.
    private mutating func created(_ name: String, _ labels: [UInt8], _ time: Timestamp) {
        guard format == .openMetrics else { return }
        sample(name, "_created", labels)
        seconds(time)
        endLine()
    }

    private mutating func exemplar(_ exemplar: Exemplar?) {
        guard format == .openMetrics, let exemplar, exemplar.value.isFinite else { return }
        text(" # {correlation_id=\"")
        escaped(exemplar.correlation, quotes: true)
        text("\"} ")
        number(exemplar.value)
        text(" ")
        seconds(exemplar.time)
    }

    // MARK: - Parts of a line

    private mutating func write(_ one: SeriesNumber, _ name: String, _ labels: [UInt8]) {
        sample(name, one.suffix, labels, one.part)
        number(one.value)
        exemplar(one.exemplar)
        endLine()
    }

    /// Name and labels of a sample, and the blank behind.
    private mutating func sample(
        _ name: String, _ suffix: String, _ labels: [UInt8], _ part: SeriesNumber.Part? = nil
    ) {
        text(name)
        text(suffix)
        if !labels.isEmpty || part != nil {
            bytes.append(UInt8(ascii: "{"))
            bytes.append(contentsOf: labels)
            if let part {
                if !labels.isEmpty { bytes.append(UInt8(ascii: ",")) }
                text(part.label)
                text("=\"")
                escaped(part.value, quotes: true)
                bytes.append(UInt8(ascii: "\""))
            }
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: " "))
    }

    /// `a="x",b="y"`
    private static func labels(_ names: [[UInt8]], _ values: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in zip(names, values) {
            if !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: name)
            bytes.append(contentsOf: "=\"".utf8)
            append(value, quotes: true, to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        }
        return bytes
    }

    private mutating func escaped(_ value: String, quotes: Bool) { Self.append(value, quotes: quotes, to: &bytes) }

    private static func append(_ value: String, quotes: Bool, to bytes: inout [UInt8]) {
        var value = value
        // Nearly always there is nothing to escape.
        let isPlain = value.withUTF8 { text in
            let isPlain = text.allSatisfy { byte in
                byte != UInt8(ascii: "\\") && byte != UInt8(ascii: "\n") && (byte != UInt8(ascii: "\"") || !quotes)
            }
            if isPlain { bytes.append(contentsOf: text) }
            return isPlain
        }
        guard !isPlain else { return }
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
            case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
            case UInt8(ascii: "\"") where quotes: bytes.append(contentsOf: "\\\"".utf8)
            default: bytes.append(byte)
            }
        }
    }

    /// Whole numbers without a fraction, all others in the shortest form that reads back as the same.
    private mutating func number(_ value: Double) {
        if value.magnitude < 0x1p63, value == value.rounded(.towardZero) {
            if value < 0 { bytes.append(UInt8(ascii: "-")) }
            digits(UInt64(value.magnitude), width: 1)
        } else if value.isFinite {
            text(value.description)
        } else {
            text(value.isNaN ? "NaN" : value > 0 ? "+Inf" : "-Inf")
        }
    }

    private mutating func seconds(_ time: Timestamp) {
        let milliseconds = UInt64(max(0, time.milliseconds))
        digits(milliseconds / 1000, width: 1)
        bytes.append(UInt8(ascii: "."))
        digits(milliseconds % 1000, width: 3)
    }

    private mutating func digits(_ number: UInt64, width: Int) {
        var buffer = InlineArray<20, UInt8>(repeating: UInt8(ascii: "0"))
        var first = 20
        var rest = number
        while rest > 0 || first > 20 - width {
            first -= 1
            buffer[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        for index in first..<20 { bytes.append(buffer[index]) }
    }

    private mutating func text(_ text: String) {
        var text = text
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    private mutating func endLine() { bytes.append(UInt8(ascii: "\n")) }
}
