/// What a series stood at when it was read.
public enum SeriesValue: Sendable, Hashable {
    case counter(CounterValue)
    case gauge(Double)
    case histogram(HistogramValue)
    case distribution(DistributionValue)
    case info
    /// In the order of the family's states.
    case states([Bool])

    public var kind: MetricKind {
        switch self {
        case .counter: .counter
        case .gauge: .gauge
        case .histogram: .histogram
        case .distribution: .distribution
        case .info: .info
        case .states: .stateSet
        }
    }
}

public struct CounterValue: Sendable, Hashable {
    public var value: Double
    public var exemplar: Exemplar?

    public init(_ value: Double, exemplar: Exemplar? = nil) {
        self.value = value
        self.exemplar = exemplar
    }
}

public struct HistogramValue: Sendable, Hashable {
    /// Of each bucket alone, in the order of the bounds; the last is of what is above them all.
    public var counts: [UInt64]
    public var sum: Double
    /// By bucket.
    public var exemplars: [Int: Exemplar]

    public init(counts: [UInt64], sum: Double, exemplars: [Int: Exemplar] = [:]) {
        self.counts = counts
        self.sum = sum
        self.exemplars = exemplars
    }

    public var count: UInt64 { counts.reduce(0, &+) }

    /// The value below which the share `quantile` of all values is, taken to lie evenly in its bucket; what lies above the
    /// last bound counts as that bound. Nil without values.
    public func quantile(_ quantile: Double, bounds: [Double]) -> Double? {
        let total = Double(count)
        guard total > 0, let last = bounds.last else { return nil }
        let wanted = quantile * total
        var below = 0.0
        for (index, bound) in bounds.enumerated() {
            let inside = Double(counts[index])
            if inside > 0, below + inside >= wanted {
                let start = index == 0 ? min(0, bound) : bounds[index - 1]
                return start + (bound - start) * max(0, wanted - below) / inside
            }
            below += inside
        }
        return last
    }
}

public struct DistributionValue: Sendable, Hashable {
    public struct Count: Sendable, Hashable {
        /// See ``LogLinear``.
        public var bucket: Int
        public var count: UInt64

        public init(bucket: Int, count: UInt64) {
            self.bucket = bucket
            self.count = count
        }
    }

    /// Buckets that are not empty, rising.
    public var counts: [Count]
    public var sum: Double
    /// The greatest value; 0 without one.
    public var max: Double

    public init(counts: [Count] = [], sum: Double = 0, max: Double = 0) {
        self.counts = counts
        self.sum = sum
        self.max = max
    }

    public var count: UInt64 { counts.reduce(0) { $0 &+ $1.count } }

    /// The greatest value of the bucket in which the share `quantile` of all values is reached, but no more than the
    /// greatest value of all. Nil without values.
    public func quantile(_ quantile: Double, scale: Double) -> Double? {
        let total = count
        guard total > 0 else { return nil }
        let wanted = Swift.max(1, (quantile * Double(total)).rounded(.up))
        var seen: UInt64 = 0
        for part in counts {
            seen &+= part.count
            if Double(seen) >= wanted {
                return Swift.min(Double(LogLinear.highest(part.bucket)) * scale, max > 0 ? max : .infinity)
            }
        }
        return max
    }
}

extension SeriesValue {
    /// Of counters and gauges.
    public var number: Double? {
        switch self {
        case .counter(let counter): counter.value
        case .gauge(let gauge): gauge
        default: nil
        }
    }

    public var histogram: HistogramValue? {
        if case .histogram(let value) = self { return value }
        return nil
    }

    public var distribution: DistributionValue? {
        if case .distribution(let value) = self { return value }
        return nil
    }
}
