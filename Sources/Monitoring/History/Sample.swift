import Telemetry

/// One figure of a series for a time step.
public struct Sample: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        /// How much was counted within the step; two steps add up.
        case growth
        /// What it stood at; of two steps the mean, the least and the greatest.
        case level
    }

    public var name: String
    public var labels: [String: String]
    public var kind: Kind
    public var value: Double

    public init(name: String, labels: [String: String], kind: Kind, value: Double) {
        self.name = name
        self.labels = labels
        self.kind = kind
        self.value = value
    }
}

/// Makes samples out of one reading of the families after the other.
public struct Sampler: Sendable {
    public static let quantiles = [0.5, 0.95, 0.99]

    /// Series whose samples are made at most; the rest of the families is passed over.
    public let limit: Int
    private var before: [String: [[String]: SeriesValue]] = [:]
    private var hasBegun = false
    /// Series that were passed over in the last reading.
    public private(set) var passedOver = 0

    public init(limit: Int = 5000) {
        self.limit = limit
    }

    /// What was counted since the last call, and what stands now. The first call yields no growth: nobody knows since when.
    public mutating func samples(_ families: [FamilySnapshot]) -> [Sample] {
        var samples: [Sample] = []
        var now: [String: [[String]: SeriesValue]] = [:]
        var count = 0
        passedOver = 0
        for family in families {
            let description = family.description
            guard description.kind != .info, count + family.series.count <= limit else {
                if description.kind != .info { passedOver += family.series.count }
                continue
            }
            count += family.series.count
            var values: [[String]: SeriesValue] = [:]
            for series in family.series {
                let labels = Dictionary(zip(description.labels, series.labels)) { first, _ in first }
                let earlier = before[description.name]?[series.labels]
                samples += self.samples(series.value, since: earlier, description, labels)
                values[series.labels] = series.value
            }
            now[description.name] = values
        }
        before = now
        hasBegun = true
        return samples
    }

    private func samples(
        _ value: SeriesValue, since earlier: SeriesValue?, _ description: FamilyDescription, _ labels: [String: String]
    ) -> [Sample] {
        let name = description.name
        switch value {
        case .gauge(let gauge):
            return gauge.isFinite ? [Sample(name: name, labels: labels, kind: .level, value: gauge)] : []
        case .states(let states):
            return zip(description.states, states).map { state, holds in
                Sample(
                    name: name, labels: labels.merging([name: state]) { $1 }, kind: .level, value: holds ? 1 : 0)
            }
        case .info: return []
        case .counter, .histogram, .distribution:
            guard let growth = earlier.map({ value.since($0) ?? value }) ?? (hasBegun ? value : nil) else { return [] }
            var samples: [Sample] = []
            func quantiles(_ quantile: (Double) -> Double?) {
                for share in Self.quantiles {
                    guard let value = quantile(share) else { continue }
                    samples.append(
                        Sample(
                            name: name, labels: labels.merging(["quantile": "\(share)"]) { $1 }, kind: .level,
                            value: value))
                }
            }
            switch growth {
            case .counter(let counter):
                samples.append(Sample(name: name, labels: labels, kind: .growth, value: counter.value))
            case .histogram(let histogram):
                samples.append(
                    Sample(name: name + "_count", labels: labels, kind: .growth, value: Double(histogram.count)))
                quantiles { histogram.quantile($0, bounds: description.bounds) }
            case .distribution(let distribution):
                samples.append(
                    Sample(name: name + "_count", labels: labels, kind: .growth, value: Double(distribution.count)))
                quantiles { distribution.quantile($0, scale: description.scale) }
            default: break
            }
            return samples
        }
    }
}
