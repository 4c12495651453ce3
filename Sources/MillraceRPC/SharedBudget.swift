import Synchronization

/// What all connections of a server may hold together, in bytes or in descriptors: each may hold many, but not all at once.
final class SharedBudget: Sendable {
    let limit: Int
    private let taken = Atomic(0)

    init(_ limit: Int) {
        self.limit = limit
    }

    var held: Int { taken.load(ordering: .relaxed) }

    /// A connection holds so many more, or fewer; false when that is more than all may hold together.
    @discardableResult
    func add(_ amount: Int) -> Bool {
        let now = taken.add(amount, ordering: .relaxed).newValue
        return amount <= 0 || now <= limit
    }
}
