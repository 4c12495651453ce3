/// Runs `body` and returns what it returns, or fails when it has not ended in time.
///
/// At the deadline the body's task is cancelled and left behind, so a body that hangs fails its test and no more.
/// - Throws: what `body` throws, or ``TestFailure`` naming `what`.
public func within<Result: Sendable>(
    _ limit: Duration = .seconds(10), _ what: String = "the awaited event",
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    let outcome = Watched<Swift.Result<Result, any Error>?>(nil)
    let task = Task {
        do {
            let result = try await body()
            outcome.update { $0 = .success(result) }
        } catch {
            outcome.update { $0 = .failure(error) }
        }
    }
    do {
        return try await outcome.wait(within: limit, for: what) { $0 != nil }!.get()
    } catch {
        task.cancel()
        throw error
    }
}

/// Runs `body` and returns what it returns, or fails when it has not ended in so many seconds.
public func within<Result: Sendable>(
    seconds: Double, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await within(.seconds(seconds), "the awaited event", body)
}

/// Waits until a condition holds that no event tells of: the state of another process, a file on disk.
///
/// This polls, every few milliseconds and only until the deadline. Where there is an event, await that instead
/// (``Watched``, ``within(_:_:_:)``).
public func eventually(
    _ what: String, within limit: Duration = .seconds(10), every interval: Duration = .milliseconds(5),
    _ condition: () async throws -> Bool
) async throws {
    let slice = max(interval, Patience.slice(of: limit))
    var left = limit
    var begin = ContinuousClock.now
    while try await !condition() {
        guard left > .zero else { throw TestFailure("not within \(limit): \(what)") }
        try await Task.sleep(for: interval)
        let now = ContinuousClock.now
        left -= min(now - begin, slice)
        begin = now
    }
}

/// Runs blocking work on a thread of its own, so that it takes none of the few threads of Swift's tasks.
public func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        startThread { continuation.resume(with: Swift.Result { try body() }) }
    }
}
