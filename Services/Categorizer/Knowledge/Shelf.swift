import Linux

/// Values by a text, those asked for lately; at most twice as many as its capacity.
final class Shelf<Value: Sendable>: Sendable {
    private struct State: Sendable {
        var young: [String: Value] = [:]
        var old: [String: Value] = [:]
    }

    private let state = Locked(State())
    private let capacity: Int

    init(capacity: Int) { self.capacity = max(capacity, 1) }

    subscript(_ key: String) -> Value? {
        state.withLock { state in
            if let value = state.young[key] { return value }
            guard let value = state.old.removeValue(forKey: key) else { return nil }
            state.young[key] = value
            return value
        }
    }

    func put(_ value: Value, for key: String) {
        state.withLock { [capacity] state in
            if state.young.count >= capacity {
                state.old = state.young
                state.young = [:]
            }
            state.young[key] = value
        }
    }

    func forget(_ keys: some Sequence<String>) {
        state.withLock { state in
            for key in keys {
                state.young[key] = nil
                state.old[key] = nil
            }
        }
    }

    func clear() { state.withLock { $0 = State() } }

    var count: Int { state.withLock { $0.young.count + $0.old.count } }
}
