import Synchronization

/// What a server holds over all connections: each may hold many bytes, but not all of them at once.
final class ByteBudget: Sendable {
    let limit: Int
    private let taken = Atomic(0)

    init(_ limit: Int) {
        self.limit = limit
    }

    var held: Int { taken.load(ordering: .relaxed) }

    /// A connection holds so many bytes more, or fewer; false when that is more than all may hold together.
    @discardableResult
    func add(_ bytes: Int) -> Bool {
        let now = taken.add(bytes, ordering: .relaxed).newValue
        return bytes <= 0 || now <= limit
    }
}
