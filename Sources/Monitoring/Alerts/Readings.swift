import Linux
import Telemetry

/// What the series that alerts look at stood at, now and before.
///
/// Every reading of the last 15 minutes is kept, of those before that one a minute, as far back as an expression looks.
public struct Readings: Sendable {
    static let fine = Duration.seconds(900)
    static let coarse = Duration.seconds(60)

    struct Series: Sendable {
        var labels: [String: String]
        var value: SeriesValue
    }

    struct Reading: Sendable {
        var at: Duration
        /// By the series' labels in their order.
        var series: [[String]: Series]
    }

    struct Family: Sendable {
        var scale = 1.0
        var bounds: [Double] = []
        var readings: [Reading] = []
    }

    private let needs: [String: Duration]
    private(set) var families: [String: Family] = [:]
    /// Families that were not looked for yet: nobody knows since when they count.
    private var unseen: Set<String>
    private(set) var now = Duration.zero
    private(set) var wall = Timestamp.epoch

    /// - Parameter needs: names of families, and how far back each is looked at.
    public init(_ needs: [String: Duration]) {
        self.needs = needs
        unseen = Set(needs.keys)
    }

    /// What is needed from now on, with what is known of it.
    init(_ needs: [String: Duration], after known: Readings) {
        self.init(needs)
        families = known.families.filter { needs[$0.key] != nil }
        unseen.formIntersection(known.unseen.union(Set(needs.keys).subtracting(known.needs.keys)))
        (now, wall) = (known.now, known.wall)
    }

    /// Takes down what is needed. The time must not go back.
    public mutating func add(_ all: [FamilySnapshot], now: Duration, wall: Timestamp) {
        let before = self.now
        self.now = now
        self.wall = wall
        var present: Set<String> = []
        for snapshot in all {
            guard let window = needs[snapshot.description.name] else { continue }
            present.insert(snapshot.description.name)
            var family = families[snapshot.description.name] ?? Family()
            // What comes up later began at nothing.
            if family.readings.isEmpty, !unseen.contains(snapshot.description.name) {
                family.readings.append(Reading(at: before, series: [:]))
            }
            family.scale = snapshot.description.scale
            if family.bounds != snapshot.description.bounds {
                family.bounds = snapshot.description.bounds
                family.readings = []
            }
            family.readings.append(Reading(at: now, series: Self.series(snapshot)))
            Self.thin(&family.readings, now: now, window: window)
            families[snapshot.description.name] = family
        }
        for name in families.keys where !present.contains(name) {
            families[name]?.readings.append(Reading(at: now, series: [:]))
            Self.thin(&families[name]!.readings, now: now, window: needs[name] ?? .zero)
        }
        unseen = []
    }

    private static func series(_ snapshot: FamilySnapshot) -> [[String]: Series] {
        let names = snapshot.description.labels
        var series: [[String]: Series] = [:]
        for one in snapshot.series {
            let labels = Dictionary(zip(names, one.labels)) { first, _ in first }
            guard case .states(let states) = one.value else {
                series[one.labels] = Series(labels: labels, value: one.value)
                continue
            }
            for (state, holds) in zip(snapshot.description.states, states) {
                var labels = labels
                labels[snapshot.description.name] = state
                series[one.labels + [state]] = Series(labels: labels, value: .gauge(holds ? 1 : 0))
            }
        }
        return series
    }

    /// Leaves the last reading at or before the window's start, and of the old ones one a minute.
    private static func thin(_ readings: inout [Reading], now: Duration, window: Duration) {
        while readings.count > 1, readings[1].at <= now - window { readings.removeFirst() }
        guard let place = readings.firstIndex(where: { $0.at > now - fine }), place >= 3 else { return }
        // The one before the last old one is superfluous when those beside it are no more than a minute apart.
        if readings[place - 1].at - readings[place - 3].at <= coarse { readings.remove(at: place - 2) }
    }
}

extension Readings {
    typealias Vector = [[String: String]: Double]

    /// What the expression comes to, for each set of labels; infinite and undefined values are left out.
    public func evaluate(_ expression: Expression) -> [[String: String]: Double] {
        vector(expression).filter { $0.value.isFinite }
    }

    private func vector(_ expression: Expression) -> Vector {
        switch expression {
        case .number(let number): [[:]: number]
        case .now: [[:]: Double(wall.milliseconds) / 1000]
        case .select(let selector):
            collect(selector, window: .zero) { now, _, _, _ in
                if case .info = now { 1 } else { now.number }
            }
        case .absent(let selector):
            collect(selector, window: .zero) { _, _, _, _ in 1 }.isEmpty ? [selector.labels: 1] : [:]
        case .growth(let selector, let window, let perSecond):
            collect(selector, window: window) { now, then, time, _ in
                guard let growth = Self.count(now.since(then) ?? now) else { return nil }
                return perSecond ? growth / max(time / .seconds(1), 1e-9) : growth
            }
        case .quantile(let quantile, let selector, let window):
            collect(selector, window: window) { now, then, _, family in
                switch now.since(then) {
                case .histogram(let value): value.quantile(quantile, bounds: family.bounds)
                case .distribution(let value): value.quantile(quantile, scale: family.scale)
                default: nil
                }
            }
        case .aggregate(let aggregate, let labels, let inner): Self.aggregate(aggregate, labels, vector(inner))
        case .binary(let operation, let left, let right): Self.binary(operation, vector(left), vector(right))
        }
    }

    private static func count(_ value: SeriesValue) -> Double? {
        switch value {
        case .counter(let counter): counter.value
        case .histogram(let histogram): Double(histogram.count)
        case .distribution(let distribution): Double(distribution.count)
        default: nil
        }
    }

    /// The value of each series now, what it was when the window began (or when it was first seen since), and the time between.
    /// A series that was not there at the first reading of all began at nothing.
    private func collect(
        _ selector: Selector, window: Duration, _ value: (SeriesValue, SeriesValue, Duration, Family) -> Double?
    ) -> Vector {
        guard let family = families[selector.name], let last = family.readings.last else { return [:] }
        let start = family.readings.last { $0.at <= now - window } ?? family.readings[0]
        var vector: Vector = [:]
        for (key, series) in last.series where selector.matches(series.labels) {
            let then = start.series[key]?.value ?? Self.nothing(like: series.value)
            if let value = value(series.value, then, last.at - start.at, family) { vector[series.labels] = value }
        }
        return vector
    }

    private static func nothing(like value: SeriesValue) -> SeriesValue {
        switch value {
        case .counter: .counter(CounterValue(0))
        case .histogram(let histogram):
            .histogram(HistogramValue(counts: histogram.counts.map { _ in 0 }, sum: 0))
        case .distribution: .distribution(DistributionValue())
        default: value
        }
    }

    private static func aggregate(_ aggregate: Expression.Aggregate, _ labels: [String], _ inner: Vector) -> Vector {
        var groups: [[String: String]: [Double]] = [:]
        for (key, value) in inner where !value.isNaN {
            groups[key.filter { labels.contains($0.key) }, default: []].append(value)
        }
        return groups.compactMapValues { values in
            switch aggregate {
            case .sum: values.reduce(0, +)
            case .avg: values.reduce(0, +) / Double(values.count)
            case .max: values.max()
            case .min: values.min()
            }
        }
    }

    /// Numbers with the same labels meet; one without labels meets all.
    private static func binary(_ operation: Expression.Operation, _ left: Vector, _ right: Vector) -> Vector {
        func apply(_ one: Double, _ other: Double) -> Double {
            switch operation {
            case .add: one + other
            case .subtract: one - other
            case .multiply: one * other
            case .divide: one / other
            case .least: min(one, other)
            }
        }
        if right.count == 1, let other = right[[:]] { return left.mapValues { apply($0, other) } }
        if left.count == 1, let one = left[[:]] { return right.mapValues { apply(one, $0) } }
        var result: Vector = [:]
        for (key, one) in left { if let other = right[key] { result[key] = apply(one, other) } }
        return result
    }
}

extension Readings {
    /// How many are kept, of all families.
    public var count: Int { families.values.reduce(0) { $0 + $1.readings.count } }
}
