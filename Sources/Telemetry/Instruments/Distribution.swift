public import Synchronization

/// Counts values so that any percentile of them is known to 1/64 of the value, and their sum to 1/128.
public final class Distribution: Instrument {
    /// Values above count as this one: 2^42 ticks, 73 minutes of nanoseconds.
    public static let greatest: UInt64 = 1 << 42

    /// The scale where ticks are nanoseconds and seconds are told.
    public static let nanosecond = 1e-9

    static let buckets = LogLinear.index(of: greatest) + 1

    @usableFromInline let cells = Cells(Distribution.buckets)
    @usableFromInline let max = Atomic<UInt64>(0)
    let scale: Double

    /// One that no registry keeps; whoever makes it tells of it.
    ///
    /// - Parameter scale: what a tick is worth in the unit that is told; as it stands, ticks are nanoseconds and seconds are told.
    public init(scale: Double = nanosecond) {
        self.scale = scale
    }

    /// Counts a value in ticks.
    @inlinable
    public func record(ticks: UInt64) {
        cells.add(1, at: LogLinear.index(of: Swift.min(ticks, Self.greatest)))
        max.raise(to: ticks)
    }

    /// Counts a duration where ticks are nanoseconds; a negative one counts as none.
    @inlinable
    public func record(_ duration: Duration) {
        record(ticks: duration.ticks)
    }

    /// Counts a value in the unit that is told; negative values and NaN count as zero.
    public func record(_ value: Double) {
        record(ticks: Histogram.ticks(value, scale: scale))
    }

    public func read() -> SeriesValue { .distribution(distribution) }

    public var distribution: DistributionValue {
        var counts: [DistributionValue.Count] = []
        // Each value counts as the middle of its bucket: a second atomic addition would double the cost of counting.
        var sum = 0.0
        for index in 0..<cells.count {
            let count = cells.load(index)
            guard count > 0 else { continue }
            counts.append(.init(bucket: index, count: count))
            sum += Double(count) * (Double(LogLinear.lowest(index)) + Double(LogLinear.highest(index))) / 2
        }
        return DistributionValue(counts: counts, sum: sum * scale, max: Double(max.load(ordering: .relaxed)) * scale)
    }

    public var activity: UInt64 { (0..<cells.count).reduce(0) { $0 &+ cells.load($1) } }
}
