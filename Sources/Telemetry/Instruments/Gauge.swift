public import Synchronization

/// A value that goes up and down.
public final class Gauge: Instrument {
    @usableFromInline let bits = Atomic<UInt64>(0)

    init() {}

    @inlinable
    public func set(_ value: Double) {
        bits.store(value.bitPattern, ordering: .relaxed)
    }

    @inlinable
    public func set(_ value: Int) {
        set(Double(value))
    }

    /// Adds; a negative amount takes away.
    @inlinable
    public func add(_ amount: Double = 1) {
        bits.add(amount)
    }

    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    public func read() -> SeriesValue { .gauge(value) }

    public var activity: UInt64 { bits.load(ordering: .relaxed) }
}
