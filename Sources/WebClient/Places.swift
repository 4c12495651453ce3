import Linux

/// Lets so many callers in at once and so many wait, first come first served.
final class Places: Sendable {
    private struct State: Sendable {
        var free: Int
        var waiting: [(id: Int, continuation: CheckedContinuation<Bool, Never>)] = []
        /// Callers that wait, or are about to.
        var waits = 0
        var lastID = 0
        /// Waits that were cancelled before they had begun.
        var cancelled: Set<Int> = []
    }

    private let state: Locked<State>
    private let waitingLimit: Int

    init(_ count: Int, waiting: Int) {
        state = Locked(State(free: count))
        waitingLimit = waiting
    }

    /// Returns when a place is the caller's, who gives it back with ``give()``.
    ///
    /// - Throws: ``WebError/busy(waiting:)``; ``WebError/cancelled`` as soon as the task is.
    func take() async throws(WebError) {
        enum Entry { case entered, refused, waits(Int) }
        let entry: Entry = state.withLock { state in
            if state.free > 0 {
                state.free -= 1
                return .entered
            }
            guard state.waits < waitingLimit else { return .refused }
            state.waits += 1
            state.lastID += 1
            return .waits(state.lastID)
        }
        switch entry {
        case .entered: return
        case .refused: throw .busy(waiting: waitingLimit)
        case .waits(let id): guard await wait(id) else { throw .cancelled }
        }
    }

    func give() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst().continuation }
            state.free += 1
            return nil
        }
        next?.resume(returning: true)
    }

    /// Whether the place is ours; false when the task was cancelled first.
    private func wait(_ id: Int) async -> Bool {
        defer {
            state.withLock { state in
                state.waits -= 1
                state.cancelled.remove(id)
            }
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if state.cancelled.contains(id) { return false }
                    if state.free > 0 {
                        state.free -= 1
                        return true
                    }
                    state.waiting.append((id, continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<Bool, Never>? in
                guard let index = state.waiting.firstIndex(where: { $0.id == id }) else {
                    state.cancelled.insert(id)
                    return nil
                }
                return state.waiting.remove(at: index).continuation
            }
            waiter?.resume(returning: false)
        }
    }
}
