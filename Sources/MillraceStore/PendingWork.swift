import Synchronization

/// A body on its way to a connection. Exactly one of those who may answer for it, the thread that takes it up and the
/// caller who withdraws it, wins ``claim()``.
class PendingWork: @unchecked Sendable {
    private static let fresh: UInt8 = 0
    private static let waiting: UInt8 = 1
    private static let claimed: UInt8 = 2

    private let state = Atomic(PendingWork.fresh)
    private let stop = Atomic(false)
    /// What the caller was promised.
    let durability: Durability
    let turn: Turn
    /// Why this body was left out of a transaction that otherwise succeeded; used by the writer thread only.
    final var failure: (any Error)?

    init(_ durability: Durability, _ turn: Turn = .usual) {
        self.durability = durability
        self.turn = turn
    }

    /// False if the caller withdrew before.
    final func enqueue() -> Bool { exchange(Self.fresh, Self.waiting) }

    final func claim() -> Bool { exchange(Self.waiting, Self.claimed) }

    /// Whether the caller no longer wants a body that runs already.
    final var isUnwanted: Bool {
        get { stop.load(ordering: .relaxed) }
        set { stop.store(newValue, ordering: .relaxed) }
    }

    /// Withdraws work that was not taken up yet; true if the caller now has to fail it.
    final func withdraw() -> Bool {
        // Work that never was enqueued is failed by `enqueue`'s caller, the only one who knows its completion.
        if exchange(Self.fresh, Self.claimed) { return false }
        return exchange(Self.waiting, Self.claimed)
    }

    private func exchange(_ expected: UInt8, _ new: UInt8) -> Bool {
        state.compareExchange(expected: expected, desired: new, ordering: .acquiringAndReleasing).exchanged
    }

    func run(_ connection: Connection) throws { fatalError("abstract") }
    func succeed() { fatalError("abstract") }
    func fail(_ error: any Error) { fatalError("abstract") }
}

/// A body with its result and the closure that hears of it.
final class Work<T: Sendable>: PendingWork, @unchecked Sendable {
    private let body: @Sendable (Connection) throws -> T
    /// Set before the work is enqueued.
    var completion: (@Sendable (Result<T, any Error>) -> Void)?
    private var result: T?

    init(
        _ durability: Durability = .crash, turn: Turn = .usual,
        _ body: @escaping @Sendable (Connection) throws -> T,
        completion: (@Sendable (Result<T, any Error>) -> Void)? = nil
    ) {
        self.body = body
        self.completion = completion
        super.init(durability, turn)
    }

    override func run(_ connection: Connection) throws { result = try body(connection) }

    override func succeed() {
        guard let result else { return fail(StoreError(.misuse, "the body did not run")) }
        completion?(.success(result))
    }

    override func fail(_ error: any Error) { completion?(.failure(error)) }
}
