import Linux

/// Lets many who want the same thing at once wait for one load of it.
final class LoadsUnderway<Value: Sendable>: Sendable {
    private let underway = Locked<[String: Task<Value, any Error>]>([:])

    /// The value of a load that is under way, or else of one that begins now. It goes on when its callers go.
    func value(_ key: String, _ load: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let task = underway.withLock { tasks in
            if let task = tasks[key] { return task }
            let task = Task {
                defer { self.underway.withLock { $0[key] = nil } }
                return try await load()
            }
            tasks[key] = task
            return task
        }
        return try await task.value
    }
}
