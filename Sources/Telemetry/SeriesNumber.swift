/// One number of a series, as Prometheus shows it: a counter is one, a histogram many.
public struct SeriesNumber: Sendable, Hashable {
    /// A label beside those of the family: the bound of a bucket, a share, a state.
    public struct Part: Sendable, Hashable {
        public var label: String
        public var value: String
    }

    /// What stands behind the family's name: "_total", "_bucket"; empty where the name stands alone.
    public var suffix = ""
    public var part: Part?
    public var value: Double
    public var exemplar: Exemplar?
    /// Whether it only grows, from zero at the beginning of the series.
    public var grows = false
}

extension DistributionValue {
    /// The shares of all values that are shown of a distribution.
    public static let shares = [0.5, 0.95, 0.99]
}

extension SeriesSnapshot {
    /// Gives the numbers of the series in the order in which they are shown. The quantiles of an empty distribution are NaN.
    public func numbers(of family: FamilyDescription, _ give: (SeriesNumber) -> Void) {
        switch value {
        case .counter(let counter):
            give(SeriesNumber(suffix: "_total", value: counter.value, exemplar: counter.exemplar, grows: true))
        case .gauge(let gauge): give(SeriesNumber(value: gauge))
        case .histogram(let histogram):
            var total: UInt64 = 0
            for (bucket, count) in histogram.counts.enumerated() {
                total &+= count
                let bound = bucket < family.bounds.count ? family.bounds[bucket].description : "+Inf"
                give(
                    SeriesNumber(
                        suffix: "_bucket", part: .init(label: "le", value: bound), value: Double(total),
                        exemplar: histogram.exemplars[bucket], grows: true))
            }
            Self.totals(histogram.sum, total, give)
        case .distribution(let distribution):
            for share in DistributionValue.shares {
                give(
                    SeriesNumber(
                        part: .init(label: "quantile", value: share.description),
                        value: distribution.quantile(share, scale: family.scale) ?? .nan))
            }
            Self.totals(distribution.sum, distribution.count, give)
        case .info: give(SeriesNumber(suffix: "_info", value: 1))
        case .states(let states):
            for (state, holds) in zip(family.states, states) {
                give(SeriesNumber(part: .init(label: family.name, value: state), value: holds ? 1 : 0))
            }
        }
    }

    private static func totals(_ sum: Double, _ count: UInt64, _ give: (SeriesNumber) -> Void) {
        give(SeriesNumber(suffix: "_sum", value: sum, grows: true))
        give(SeriesNumber(suffix: "_count", value: Double(count), grows: true))
    }
}
