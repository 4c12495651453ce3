/// What a family of series is called and means, the same for all of them.
public struct FamilyDescription: Sendable, Hashable {
    /// As the exposition has it, but without the `_total` of counters and the `_info` of facts.
    public var name: String
    /// One sentence.
    public var help: String
    /// "seconds", "bytes"; the name has to end in it. Empty where there is none.
    public var unit: String
    public var kind: MetricKind
    public var labels: [String]
    public var merging: Merging
    /// The upper bounds of a histogram's buckets, rising, in the unit; +Inf is not among them.
    public var bounds: [Double]
    /// The states of a state set, in order.
    public var states: [String]
    /// What one counted tick of a histogram or distribution is worth in the unit: 1e-9 where nanoseconds are counted and seconds
    /// are told.
    public var scale: Double

    public init(
        _ name: String, _ help: String, _ kind: MetricKind, unit: String = "", labels: [String] = [],
        merging: Merging = .sum, bounds: [Double] = [], states: [String] = [], scale: Double = 1
    ) {
        self.name = name
        self.help = help
        self.kind = kind
        self.unit = unit
        self.labels = labels
        self.merging = merging
        self.bounds = bounds
        self.states = states
        self.scale = scale
    }

    /// Why no exposition could show it; nil when all is well.
    public var problem: String? {
        if !Self.isMetricName(name) { return "\"\(name)\" is no metric name; use [a-zA-Z_:][a-zA-Z0-9_:]*" }
        // A gauge may be called browser_pool_total: earlier systems have such names, and nothing is added to a gauge's.
        if let suffix = Self.reserved.first(where: name.hasSuffix), kind != .gauge || suffix != "_total" {
            return "\(name) ends in \(suffix), which the exposition adds itself"
        }
        if !unit.isEmpty, !name.hasSuffix("_\(unit)") { return "\(name) has to end in its unit, _\(unit)" }
        for label in labels {
            if !Self.isLabelName(label) { return "\(name): \"\(label)\" is no label name; use [a-zA-Z_][a-zA-Z0-9_]*" }
            if Self.ownLabels.contains(label) || label == name {
                return "\(name): the label \(label) is set by the exposition itself"
            }
        }
        if Set(labels).count != labels.count { return "\(name) has a label twice" }
        switch kind {
        case .histogram:
            guard !bounds.isEmpty, bounds.allSatisfy(\.isFinite), zip(bounds, bounds.dropFirst()).allSatisfy(<) else {
                return "\(name): the bounds of a histogram have to rise, and there has to be one"
            }
        case .stateSet:
            guard !states.isEmpty, Set(states).count == states.count else {
                return "\(name): a state set has states, none twice"
            }
        default: break
        }
        guard scale > 0, scale.isFinite else { return "\(name): the scale has to be a positive number" }
        return nil
    }

    /// Whether series of both can stand side by side in one family.
    public func fits(_ other: Self) -> Bool {
        name == other.name && kind == other.kind && labels == other.labels && bounds == other.bounds
            && states == other.states && scale == other.scale && merging == other.merging
    }

    /// Endings that the exposition adds itself.
    public static let reserved = ["_total", "_created", "_bucket", "_count", "_sum", "_info"]
    /// Labels that the exposition sets itself.
    public static let ownLabels: Set<String> = ["service", "instance", "le", "quantile"]

    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`
    public static func isMetricName(_ text: String) -> Bool {
        isName(text) { $0 == UInt8(ascii: ":") }
    }

    /// `[a-zA-Z_][a-zA-Z0-9_]*`, but not with two underscores in front.
    public static func isLabelName(_ text: String) -> Bool {
        isName(text) { _ in false } && !text.hasPrefix("__")
    }

    private static func isName(_ text: String, _ isMore: (UInt8) -> Bool) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): true
            default: isMore(byte)
            }
        }
    }
}

/// Bounds of buckets that serve for most.
public enum Bounds {
    /// Of timed operations, in seconds: 10 ms to a minute.
    public static let operations: [Double] = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60]
    /// The same and further, for what an alert expects beyond a minute: a percentile is never told above the last bound.
    public static let long: [Double] = operations + [120, 300, 600]
    /// Of what begins at a time, in seconds: 5 ms to ten minutes late.
    public static let lateness: [Double] = [0.005, 0.015, 0.05, 0.1, 0.5, 1, 5, 15, 60, 120, 300, 600]
    /// Of answers to requests, in seconds: 100 µs to 10 s, with the limits of the alerts among them.
    public static let requests: [Double] = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
}
