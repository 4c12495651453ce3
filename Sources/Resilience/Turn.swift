import Linux

/// One wait for one answer, which may come before the waiting starts.
///
/// Whoever takes the turn out of its line settles it, so it is settled once.
final class Turn<Value: Sendable>: Sendable {
    private enum State {
        case fresh
        case awaited(CheckedContinuation<Value, any Error>)
        case settled(Result<Value, any Error>)
    }

    private let state = Locked(State.fresh)

    func settle(_ result: Result<Value, any Error>) {
        let continuation: CheckedContinuation<Value, any Error>? = state.withLock { state in
            switch state {
            case .awaited(let continuation):
                state = .settled(result)
                return continuation
            case .fresh:
                state = .settled(result)
                return nil
            case .settled:
                preconditionFailure("a turn is settled once")
            }
        }
        continuation?.resume(with: result)
    }

    /// - Parameter abandon: called when the task is cancelled; it takes the turn out of its line and settles it, unless
    ///   somebody has done so already.
    func value(isolation: isolated (any Actor)? = #isolation, abandon: @Sendable () -> Void) async throws -> Value {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let settled: Result<Value, any Error>? = state.withLock { state in
                    if case .settled(let result) = state { return result }
                    state = .awaited(continuation)
                    return nil
                }
                if let settled { continuation.resume(with: settled) }
            }
        } onCancel: {
            abandon()
        }
    }
}
