import Synchronization

/// What all connections of a server may hold together, in bytes or in descriptors: each may hold many, but not all at once.
final class SharedBudget: Sendable {
    let limit: Int
    private let taken = Atomic(0)
    /// The most since ``hasEbbed(from:)`` last said so.
    private let most = Atomic(0)

    init(_ limit: Int) {
        self.limit = limit
    }

    var held: Int { taken.load(ordering: .relaxed) }

    /// A connection holds so many more, or fewer; false when that is more than all may hold together.
    @discardableResult
    func add(_ amount: Int) -> Bool {
        let now = taken.add(amount, ordering: .relaxed).newValue
        // Of two at once the lower may stay: that is near enough.
        if now > most.load(ordering: .relaxed) { most.store(now, ordering: .relaxed) }
        return amount <= 0 || now <= limit
    }

    /// Whether `much` or more was held and no more than a quarter of it is left; said once for each such flood.
    func hasEbbed(from much: Int) -> Bool {
        let (most, now) = (most.load(ordering: .relaxed), held)
        guard most >= much, now <= most / 4 else { return false }
        return self.most.compareExchange(expected: most, desired: now, ordering: .relaxed).exchanged
    }
}
