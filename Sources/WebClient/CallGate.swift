/// What lets the calls to an outside system through: a budget that several processes share, or nothing at all.
///
/// One pass is one request on the wire; a call that is made again passes again. The error that `body` throws says how the
/// system is: see ``CallGate/pass(within:_:)``.
public protocol CallGate: Sendable {
    /// Runs `body` once the budget has room for it.
    ///
    /// - Parameters:
    ///   - limit: how long to wait for room at most.
    ///   - body: one request. It throws when the system did not answer or could not serve, and `CancellationError` when it
    ///     was given up; an answer that refuses the request is returned, for then the system is well.
    /// - Throws: what `body` throws; else why there was no room.
    func pass<Value: Sendable>(
        within limit: Duration, _ body: @Sendable () async throws -> Value
    ) async throws -> Value
}

/// A gate without a budget.
public struct OpenGate: CallGate {
    public init() {}

    public func pass<Value: Sendable>(
        within limit: Duration, _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        try await body()
    }
}
