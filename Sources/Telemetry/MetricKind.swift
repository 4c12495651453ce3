/// What a family of series measures; it decides how the values of several instances become one.
public enum MetricKind: String, Sendable, Hashable, CaseIterable {
    /// Only grows, from zero at the start of the instance.
    case counter
    /// Goes up and down.
    case gauge
    /// How many values fell into each of a few fixed buckets.
    case histogram
    /// The same in buckets of a high dynamic range, for percentiles. Read as a summary by Prometheus.
    case distribution
    /// Facts that do not change while the instance lives, carried by the labels.
    case info
    /// Which of some states hold.
    case stateSet
}

/// How the gauges of several instances of a service are shown.
public enum Merging: String, Sendable, Hashable, CaseIterable {
    /// One series: their sum.
    case sum
    /// One series: the greatest.
    case max
    /// One series: the least.
    case min
    /// A series each, told apart by the label `instance`.
    case each
}
