public import Synchronization

/// Counts values in buckets with fixed upper bounds; a value on a bound belongs to the bucket below it.
public final class Histogram: Instrument {
    /// In ticks, rising.
    @usableFromInline let bounds: [UInt64]
    /// One for each bound, one for what is greater than all.
    @usableFromInline let cells: Cells
    @usableFromInline let sum = Atomic<UInt64>(0)
    let scale: Double
    let exemplars: ExemplarSlots?

    /// - Parameters:
    ///   - bounds: upper bounds in the unit that is told, rising.
    ///   - scale: what a tick is worth in that unit.
    init(bounds: [Double], scale: Double, exemplars: ExemplarSlots? = nil) {
        self.bounds = bounds.map { Self.ticks($0, scale: scale) }
        self.scale = scale
        self.exemplars = exemplars
        cells = Cells(bounds.count + 1)
    }

    /// Counts a value in ticks.
    @inlinable
    public func record(ticks: UInt64) {
        cells.add(1, at: bucket(of: ticks))
        sum.wrappingAdd(ticks, ordering: .relaxed)
    }

    /// Counts a duration where ticks are nanoseconds; a negative one counts as none.
    @inlinable
    public func record(_ duration: Duration) {
        record(ticks: duration.ticks)
    }

    /// Counts a value in the unit that is told; negative values and NaN count as zero.
    public func record(_ value: Double) {
        record(ticks: Self.ticks(value, scale: scale))
    }

    /// Counts, and keeps which request it was that fell into this bucket last.
    public func record(ticks: UInt64, correlation: String) {
        let bucket = bucket(of: ticks)
        cells.add(1, at: bucket)
        sum.wrappingAdd(ticks, ordering: .relaxed)
        exemplars?.put(Double(ticks) * scale, correlation, at: bucket)
    }

    /// ``record(_:)-(Duration)`` with the request's correlation id.
    public func record(_ duration: Duration, correlation: String) {
        record(ticks: duration.ticks, correlation: correlation)
    }

    @inlinable
    func bucket(of ticks: UInt64) -> Int {
        // A dozen bounds: a walk in order is quicker than a search by halves.
        var index = 0
        bounds.withUnsafeBufferPointer { bounds in
            while index < bounds.count, ticks > bounds[index] { index += 1 }
        }
        return index
    }

    static func ticks(_ value: Double, scale: Double) -> UInt64 {
        guard value > 0 else { return 0 }
        let ticks = (value / scale).rounded()
        return ticks < 0x1p63 ? UInt64(ticks) : 1 << 63
    }

    public func read() -> SeriesValue { .histogram(histogram) }

    public var histogram: HistogramValue {
        HistogramValue(
            counts: (0..<cells.count).map(cells.load), sum: Double(sum.load(ordering: .relaxed)) * scale,
            exemplars: exemplars?.all() ?? [:])
    }

    public var activity: UInt64 { (0..<cells.count).reduce(0) { $0 &+ cells.load($1) } }
}

extension Duration {
    /// In nanoseconds; 0 for what is negative, at most 292 years.
    @inlinable
    var ticks: UInt64 {
        let attoseconds = self.attoseconds
        guard attoseconds >= 0 else { return 0 }
        // Up to 18 seconds, a division of 64 bits does; one of 128 costs more than all the rest of counting.
        guard attoseconds >> 64 != 0 else { return UInt64(truncatingIfNeeded: attoseconds) / 1_000_000_000 }
        return UInt64(clamping: min(attoseconds / 1_000_000_000, 1 << 63))
    }
}
