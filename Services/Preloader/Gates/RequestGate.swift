import DatasetFiles
import Linux
import Logging
import MillraceProtocol
import Preloading
import Resilience

/// What each request of a dataset passes: its tries, its breaker, the pause that the source has asked for, and the permit of
/// its resource.
final class RequestGate: SourceGate {
    private let name: String
    private let attempts: Int
    private let breaker: Breaker?
    private let resource: DatasetDefinition.Resource?
    private let permits: PermitOffice
    private let time: any TimeSource
    /// Until when the source wants to be left alone, on the boot clock.
    private let notBefore = Locked(Duration.zero)

    /// A longer `Retry-After` is not waited for by the gate; the callers are told of it.
    static let longestPause = Duration.seconds(86_400)

    init(_ definition: DatasetDefinition, permits: PermitOffice, time: any TimeSource, log: Logger) {
        name = definition.name
        attempts = definition.attempts
        resource = definition.resource
        self.permits = permits
        self.time = time
        breaker = definition.breaker.map { breaker in
            Breaker(
                definition.name, CircuitBreaker(threshold: breaker.failures, pause: breaker.pause), time: time,
                judge: Self.judge)
        }
    }

    /// Nil without a breaker.
    var breakerState: BreakerState? {
        breaker.map { breaker in
            switch breaker.current {
            case .closed: .closed
            case .open: .open
            case .halfOpen: .halfOpen
            case .forcedOpen: .forcedOpen
            case .forcedClosed: .forcedClosed
            }
        }
    }

    func pass<R: Sendable>(until deadline: Deadline, _ body: @Sendable () async throws -> R) async throws -> R {
        do {
            return try await withRetry(
                attempts: attempts, backoff: Backoff(base: .milliseconds(200), cap: .seconds(10)), deadline: deadline,
                time: time, isTransient: Self.isTransient, retryAfter: Self.retryAfter
            ) { _ in
                try await self.waitForPause(deadline)
                guard let breaker = self.breaker else { return try await self.permitted(deadline, body) }
                return try await breaker.call { try await self.permitted(deadline, body) }
            }
        } catch let error as Resilience.BreakerOpen {
            var refusal = error.rpcError
            refusal.message = "the source of \(error)"
            throw refusal
        } catch let error as RateLimited {
            throw RPCError(
                .resourceExhausted, "\(error)", reason: "permit.full",
                retryAfterMs: error.retryAfter.map { Int($0.milliseconds) })
        } catch let error as PermitRefused {
            throw error.error
        }
    }

    private func permitted<R: Sendable>(
        _ deadline: Deadline, _ body: @Sendable () async throws -> R
    ) async throws -> R {
        do {
            guard let resource else { return try await body() }
            return try await permits.with(resource, until: deadline, body)
        } catch {
            // One that said when to come again is left alone until then by all of the dataset.
            if !(error is PermitRefused), let pause = Self.retryAfter(error), pause > .zero {
                let until = time.boot() + min(pause, Self.longestPause)
                notBefore.withLock { $0 = max($0, until) }
            }
            throw error
        }
    }

    /// Waits for the end of a pause that lies before the deadline; refuses at once otherwise.
    private func waitForPause(_ deadline: Deadline) async throws {
        let until = notBefore.withLock { $0 }
        let now = time.boot()
        guard until > now else { return }
        guard until < deadline.instant else {
            throw PermitRefused(
                RPCError(
                    .resourceExhausted, "the source of \(name) has asked to be left alone for a while",
                    reason: "source.pause", retryAfterMs: Int((until - now).milliseconds) + 1))
        }
        try await time.sleep(until: until)
    }

    private static func judge(_ error: any Error) -> Breaker.Verdict {
        switch error {
        case is CancellationError, is PermitRefused, is RateLimited: .unknown
        case let error as any RPCErrorConvertible where error.rpcError.status?.isTransient == false: .healthy
        default: .failed
        }
    }

    private static func isTransient(_ error: any Error) -> Bool {
        switch error {
        case is CancellationError, is Resilience.BreakerOpen, is RateLimited, is PermitRefused: false
        case let error as any RPCErrorConvertible: error.rpcError.status?.isTransient ?? true
        default: true
        }
    }

    private static func retryAfter(_ error: any Error) -> Duration? {
        ((error as? any RPCErrorConvertible)?.rpcError.retryAfterMs).map { .milliseconds($0) }
    }
}

/// The request was not made, because something of ours refused it: that says nothing of the source.
struct PermitRefused: Error {
    var error: RPCError

    init(_ error: RPCError) {
        self.error = error
    }
}
