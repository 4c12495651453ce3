import Glibc

/// A value that tests wait for: each change wakes those whose condition it fulfils.
public final class Watched<Value: Sendable>: @unchecked Sendable {
    private struct Waiter {
        let condition: @Sendable (Value) -> Bool
        let continuation: CheckedContinuation<Value, any Error>
        let deadline: Task<Void, any Error>
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var current: Value
    private var waiters: [Int: Waiter] = [:]
    private var nextWaiter = 0

    public init(_ value: Value) {
        current = value
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    public var value: Value { locked { current } }

    /// Changes the value, then wakes everyone whose condition holds now.
    public func update(_ change: (inout Value) -> Void) {
        let (value, woken) = locked {
            change(&current)
            let woken = waiters.filter { $0.value.condition(current) }
            for id in woken.keys { waiters[id] = nil }
            return (current, woken)
        }
        for waiter in woken.values {
            waiter.deadline.cancel()
            waiter.continuation.resume(returning: value)
        }
    }

    /// Waits until the condition holds and returns the value that fulfilled it.
    ///
    /// - Throws: ``TestFailure`` with `what` when `limit` has passed before.
    @discardableResult
    public func wait(
        within limit: Duration = .seconds(10), for what: String,
        until condition: @escaping @Sendable (Value) -> Bool
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let already: Value? = locked {
                if condition(current) { return current }
                nextWaiter += 1
                let id = nextWaiter
                let deadline = Task {
                    try await Patience.spend(limit)
                    let late = locked { waiters.removeValue(forKey: id) }
                    late?.continuation.resume(throwing: TestFailure("not within \(limit): \(what)"))
                }
                waiters[id] = Waiter(condition: condition, continuation: continuation, deadline: deadline)
                return nil
            }
            if let already { continuation.resume(returning: already) }
        }
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}
