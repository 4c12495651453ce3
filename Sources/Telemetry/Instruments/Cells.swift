public import Synchronization

/// A row of atomic counts in one allocation.
@usableFromInline
final class Cells: @unchecked Sendable {
    @usableFromInline let start: UnsafeMutablePointer<Atomic<UInt64>>
    @usableFromInline let count: Int

    init(_ count: Int) {
        self.count = count
        start = .allocate(capacity: count)
        for index in 0..<count { (start + index).initialize(to: Atomic(0)) }
    }

    @inlinable
    func add(_ amount: UInt64, at index: Int) {
        precondition(index >= 0 && index < count, "no such cell")
        start[index].wrappingAdd(amount, ordering: .relaxed)
    }

    func load(_ index: Int) -> UInt64 {
        precondition(index >= 0 && index < count, "no such cell")
        return start[index].load(ordering: .relaxed)
    }

    deinit {
        start.deinitialize(count: count)
        start.deallocate()
    }
}

extension Atomic where Value == UInt64 {
    /// Adds to a number that is kept as the bits of a double.
    @inlinable
    func add(_ amount: Double) {
        var current = load(ordering: .relaxed)
        while true {
            let next = (Double(bitPattern: current) + amount).bitPattern
            let (exchanged, original) = weakCompareExchange(expected: current, desired: next, ordering: .relaxed)
            if exchanged { return }
            current = original
        }
    }

    /// Raises a maximum.
    @inlinable
    func raise(to value: UInt64) {
        var current = load(ordering: .relaxed)
        while value > current {
            let (exchanged, original) = weakCompareExchange(expected: current, desired: value, ordering: .relaxed)
            if exchanged { return }
            current = original
        }
    }
}
