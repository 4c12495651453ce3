/// How figures are written for Prometheus and its kin.
public enum ExpositionFormat: Sendable, Hashable, CaseIterable {
    /// Prometheus text format 0.0.4.
    case text
    /// OpenMetrics 1.0.
    case openMetrics

    public var contentType: String {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// What a request's `Accept` asks for (RFC 9110, 12.5.1): of what is acceptable the one with the greatest weight, and
    /// OpenMetrics where it was named with the same weight. Without the field: text. Nil where neither is acceptable.
    public static func negotiated(accept: String?) -> ExpositionFormat? {
        guard let accept, accept.contains(where: { !$0.isWhitespace }) else { return .text }
        let ranges = accept.split(separator: ",").prefix(100).compactMap { MediaRange($0) }
        let weights = allCases.map { format in (format, MediaRange.weight(of: format, in: ranges)) }
        guard let best = weights.map(\.1.weight).max(), best > 0 else { return nil }
        let equals = weights.filter { $0.1.weight == best }
        return equals.max { $0.1.precision < $1.1.precision }.map(\.0)
    }
}

/// "text/plain;version=0.0.4;q=0.5"
private struct MediaRange {
    var type: Substring
    var subtype: Substring
    var version: Substring?
    var weight = 1.0

    /// Nil for what is no media range.
    init?(_ text: Substring) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false).map(Self.trimmed)
        let names = parts[0].lowercased().split(separator: "/", omittingEmptySubsequences: false)
        guard names.count == 2, !names[0].isEmpty, !names[1].isEmpty else { return nil }
        (type, subtype) = (names[0], names[1])
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1).map(Self.trimmed)
            guard pair.count == 2 else { continue }
            switch pair[0].lowercased() {
            case "q":
                guard let q = Double(pair[1]), (0...1).contains(q) else { return nil }
                weight = q
            case "version": version = pair[1].first == "\"" ? pair[1].dropFirst().dropLast() : pair[1]
            default: break
            }
        }
    }

    /// How precisely the range names a format; nil where it does not.
    private func precision(_ format: ExpositionFormat) -> Int? {
        let (type, subtype, version) =
            switch format {
            case .text: ("text", "plain", "0.0.4")
            case .openMetrics: ("application", "openmetrics-text", "1.0.0")
            }
        if self.type == "*", self.subtype == "*" { return format == .text ? 1 : 0 }
        guard self.type == type else { return nil }
        if self.subtype == "*" { return 2 }
        guard self.subtype == subtype else { return nil }
        guard let asked = self.version else { return 3 }
        return asked == version ? 4 : nil
    }

    /// The most precise range decides.
    static func weight(
        of format: ExpositionFormat, in ranges: [MediaRange]
    ) -> (weight: Double, precision: Int) {
        var best: (weight: Double, precision: Int) = (0, -1)
        for range in ranges {
            guard let precision = range.precision(format) else { continue }
            if precision > best.precision || precision == best.precision && range.weight > best.weight {
                best = (range.weight, precision)
            }
        }
        // Named with the same weight, the richer format is taken.
        if format == .openMetrics, best.precision > 1 { best.precision += 10 }
        return best
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
