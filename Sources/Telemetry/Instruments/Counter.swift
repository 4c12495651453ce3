public import Synchronization

/// Counts upwards. Whole numbers are exact up to 2^53.
public final class Counter: Instrument {
    @usableFromInline let whole = Atomic<UInt64>(0)
    @usableFromInline let fraction = Atomic<UInt64>(0)
    let exemplars: ExemplarSlots?

    init(exemplars: ExemplarSlots? = nil) {
        self.exemplars = exemplars
    }

    @inlinable
    public func increment(by amount: UInt64 = 1) {
        whole.wrappingAdd(amount, ordering: .relaxed)
    }

    /// Adds a number that is not whole. What is negative or not finite is passed over: a counter only grows.
    @inlinable
    public func add(_ amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        fraction.add(amount)
    }

    /// Counts, and keeps which request it was that counted last.
    public func increment(by amount: UInt64 = 1, correlation: String) {
        whole.wrappingAdd(amount, ordering: .relaxed)
        exemplars?.put(Double(amount), correlation, at: 0)
    }

    public var value: Double {
        Double(whole.load(ordering: .relaxed)) + Double(bitPattern: fraction.load(ordering: .relaxed))
    }

    public func read() -> SeriesValue {
        .counter(CounterValue(value, exemplar: exemplars?.all()[0]))
    }

    public var activity: UInt64 { value.bitPattern }
}
