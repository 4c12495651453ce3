/// A figure that an alert looks at: one number for each set of labels.
public indirect enum Expression: Sendable, Hashable {
    case number(Double)
    /// Seconds since 1970.
    case now
    case select(Selector)
    /// The growth of what counts, within a time; per second where `perSecond`.
    case growth(Selector, window: Duration, perSecond: Bool)
    /// A percentile (0…1) of what was counted within a time.
    case quantile(Double, Selector, window: Duration)
    /// 1 where there is no such series, else nothing.
    case absent(Selector)
    case aggregate(Aggregate, by: [String], Expression)
    case binary(Operation, Expression, Expression)

    public enum Aggregate: String, Sendable, Hashable, CaseIterable {
        case sum, max, min, avg
    }

    public enum Operation: String, Sendable, Hashable, CaseIterable {
        case add = "+"
        case subtract = "-"
        case multiply = "*"
        case divide = "/"
        /// The lesser of both.
        case least
    }

    /// The names of the families it looks at, and how far back.
    public var needs: [String: Duration] {
        switch self {
        case .number, .now: [:]
        case .select(let selector), .absent(let selector): [selector.name: .zero]
        case .growth(let selector, let window, _), .quantile(_, let selector, let window): [selector.name: window]
        case .aggregate(_, _, let inner): inner.needs
        case .binary(_, let left, let right): left.needs.merging(right.needs) { max($0, $1) }
        }
    }
}

/// Series of a family, by some of their labels.
public struct Selector: Sendable, Hashable {
    /// As the family is called; the `_total` of counters may be left out or not.
    public var name: String
    public var labels: [String: String]

    public init(_ name: String, _ labels: [String: String] = [:]) {
        self.name = name.hasSuffix("_total") ? String(name.dropLast(6)) : name
        self.labels = labels
    }

    func matches(_ labels: [String: String]) -> Bool {
        self.labels.allSatisfy { labels[$0.key] == $0.value }
    }
}
