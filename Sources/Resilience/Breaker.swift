public import Linux
import Synchronization

/// The dependency failed too often lately, or somebody has shut it off; it was not called.
public struct BreakerOpen: RetryAfterError, Hashable, CustomStringConvertible {
    public let dependency: String
    /// Until a trial may pass; nil when only a hand opens it.
    public let retryAfter: Duration?

    public init(dependency: String, retryAfter: Duration?) {
        self.dependency = dependency
        self.retryAfter = retryAfter
    }

    public var description: String {
        guard let retryAfter else { return "\(dependency) is shut off by hand until its breaker is reset" }
        return "\(dependency) has failed repeatedly and is left alone; try again in \(retryAfter.milliseconds) ms"
    }
}

/// A ``CircuitBreaker`` around calls of one dependency, shared by any number of tasks.
public final class Breaker: Sendable {
    /// What a call says of the dependency.
    public enum Verdict: Hashable, Sendable {
        case healthy, failed
        /// It says nothing: the call was not made, or was given up by its caller.
        case unknown
    }

    public let dependency: String
    private let time: any TimeSource
    private let judge: @Sendable (any Error) -> Verdict
    private let state: Locked<CircuitBreaker>
    /// ``CircuitBreaker/calm``, or -1: while all is well, calls share no lock. Written under the lock.
    private let calm: Atomic<Int>

    /// - Parameters:
    ///   - breaker: with the threshold and the times wanted.
    ///   - judge: what an error says of the dependency. One that proves it alive (not found, invalid) is
    ///     ``Verdict/healthy``. Usually every error but a cancellation is a failure.
    public init(
        _ dependency: String, _ breaker: CircuitBreaker = CircuitBreaker(), time: any TimeSource,
        judge: @escaping @Sendable (any Error) -> Verdict = { $0 is CancellationError ? .unknown : .failed }
    ) {
        self.dependency = dependency
        self.time = time
        self.judge = judge
        state = Locked(breaker)
        calm = Atomic(breaker.calm ?? -1)
    }

    /// Runs `body` and notes what its end says.
    ///
    /// - Throws: ``BreakerOpen`` when it was not run; else what `body` throws.
    public func call<R: Sendable>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> R
    ) async throws -> R {
        let ticket = try admit()
        do {
            let result = try await body()
            report(ticket, .healthy)
            return result
        } catch {
            report(ticket, judge(error))
            throw error
        }
    }

    /// Leave to make one call; its end must be told with ``report(_:_:)``.
    public func admit() throws(BreakerOpen) -> CircuitBreaker.Ticket {
        try admit(at: time.boot())
    }

    func admit(at now: @autoclosure () -> Duration) throws(BreakerOpen) -> CircuitBreaker.Ticket {
        let generation = calm.load(ordering: .acquiring)
        if generation >= 0 { return CircuitBreaker.Ticket(generation: generation, isTrial: false) }
        let admitted: Result<CircuitBreaker.Ticket, BreakerOpen> = change { breaker in
            let now = now()
            if let ticket = breaker.admit(now) { return .success(ticket) }
            return .failure(BreakerOpen(dependency: dependency, retryAfter: breaker.retryAfter(now)))
        }
        return try admitted.get()
    }

    /// Tells what became of a call. One of an earlier state of the breaker changes nothing.
    public func report(_ ticket: CircuitBreaker.Ticket, _ verdict: Verdict) {
        if verdict == .healthy, ticket.generation == calm.load(ordering: .acquiring) { return }
        change { breaker in
            switch verdict {
            case .healthy: breaker.report(ticket, succeeded: true, time.boot())
            case .failed: breaker.report(ticket, succeeded: false, time.boot())
            case .unknown: breaker.withdraw(ticket, time.boot())
            }
        }
    }

    func verdict(_ error: any Error) -> Verdict { judge(error) }

    public var current: CircuitBreaker.State { state.withLock { $0.state } }

    /// Failures since the last success.
    public var failures: Int { state.withLock { $0.failures } }

    /// Shuts it, or lets everything pass, until ``reset()``.
    public func force(open: Bool) { change { $0.force(open: open) } }

    /// Closed, as if new.
    public func reset() { change { $0.reset() } }

    private func change<Result: Sendable>(_ body: (inout CircuitBreaker) -> Result) -> Result {
        state.withLock { breaker in
            defer { calm.store(breaker.calm ?? -1, ordering: .releasing) }
            return body(&breaker)
        }
    }
}
