import Linux

/// A login that may have to be made again, once for all who notice it at the same time.
final class Renewal: Sendable {
    private struct State: Sendable {
        /// Grows with each login.
        var generation = 0
        var under: Task<Void, any Error>?
    }

    private let state = Locked(State())

    /// Logs in, unless that was done since `generation`, or is being done: then that one's end is waited for.
    ///
    /// Whoever is cancelled meanwhile takes the login with him; the others make another.
    func renew(after generation: Int, _ logIn: @escaping @Sendable () async throws -> Void) async throws {
        while let task = task(after: generation, logIn) {
            do {
                return try await withTaskCancellationHandler {
                    try await task.value
                } onCancel: {
                    task.cancel()
                }
            } catch is CancellationError where !Task.isCancelled {
                continue
            }
        }
    }

    private func task(
        after generation: Int, _ logIn: @escaping @Sendable () async throws -> Void
    ) -> Task<Void, any Error>? {
        state.withLock { state in
            if let under = state.under { return under }
            guard state.generation == generation else { return nil }
            let under = Task {
                let result: Result<Void, any Error>
                do {
                    result = .success(try await logIn())
                } catch {
                    result = .failure(error)
                }
                self.end(result)
                try result.get()
            }
            state.under = under
            return under
        }
    }

    private func end(_ result: Result<Void, any Error>) {
        state.withLock { state in
            state.under = nil
            if case .success = result { state.generation += 1 }
        }
    }

    /// Runs `body`, and once more after a login where it said that the session is `unknown`.
    func use<Value: Sendable>(
        _ body: @Sendable () async throws -> Value, renewing logIn: @escaping @Sendable () async throws -> Void,
        unknown: (any Error) -> Bool, inVain: () -> any Error
    ) async throws -> Value {
        let generation = state.withLock { $0.generation }
        do {
            return try await body()
        } catch  where unknown(error) {
            try await renew(after: generation, logIn)
        }
        do {
            return try await body()
        } catch  where unknown(error) {
            throw inVain()
        }
    }
}
