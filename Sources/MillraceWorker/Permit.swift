import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import Synchronization

/// Leave to call something that is limited: so many tokens of a resource, out of the one budget that the runner keeps
/// for all workers.
///
/// Whoever has one says once how the call went, by ``succeeded()``, ``failed()`` or ``abandoned()``, or gives it back
/// unused by ``release()``; later words are passed over. One that is dropped without a word is released. None of these
/// waits.
public final class Permit: Sendable {
    public let resource: String
    /// How long it took to get.
    public let waited: Duration

    private let number: Int64
    private let desk: PermitDesk?
    private let isSettled = Atomic(false)

    init(_ granted: PermitAcquire.Result, from desk: PermitDesk?) {
        resource = granted.resource
        waited = .milliseconds(granted.waitedMs)
        number = granted.permit
        self.desk = desk
    }

    deinit { release() }

    /// The resource answered, even if it refused the request as such: its breaker stays closed.
    public func succeeded() { settle { $0.report(number, succeeded: true) } }

    /// The resource did not answer or could not serve: enough of these in a row open its breaker.
    public func failed() { settle { $0.report(number, succeeded: false) } }

    /// The call was given up, and may have been made: its tokens stay taken, and nobody knows how the resource is.
    public func abandoned() { settle { $0.report(number, succeeded: nil) } }

    /// The call was not made: others may have the tokens.
    public func release() { settle { $0.release(number) } }

    private func settle(_ body: (PermitDesk) -> Void) {
        guard !isSettled.exchange(true, ordering: .relaxed), let desk else { return }
        body(desk)
    }
}

/// Where permits come from: the runner, asked on the worker's own connection.
struct PermitDesk: Sendable {
    let session: RPCSession
    let options: CallOptions
    let log: Logger

    func acquire(_ resource: String, count: Int, timeout: Duration?) async throws -> Permit {
        var options = options
        options.timeout = [options.timeout, timeout].compactMap { $0 }.min()
        let params = PermitAcquire.Params(resource: resource, count: count == 1 ? nil : count)
        return Permit(try await session.call(PermitAcquire.self, params, options: options), from: self)
    }

    func report(_ number: Int64, succeeded: Bool?) {
        session.send(PermitReport.self, .init(permit: number, succeeded: succeeded), options: late, completion: done)
    }

    func release(_ number: Int64) {
        session.send(PermitRelease.self, .init(permit: number), options: late, completion: done)
    }

    /// The time of the call that the permit was for may be over.
    private var late: CallOptions { CallOptions(timeout: .seconds(30), correlationId: options.correlationId) }

    /// A permit that the runner no longer knows ended with its connection.
    private func done(_ answer: Result<Done, RPCError>) {
        if case .failure(let error) = answer { log.debug("a permit was not taken back: \(error)") }
    }
}

extension JobRun {
    /// Takes tokens of a resource, waiting for them in the order of arrival.
    ///
    /// - Parameters:
    ///   - count: tokens, 1–1,000.
    ///   - timeout: how long to wait at most; never longer than the call it is for may take. Nil has no bound of its own.
    /// - Throws: `RPCError`: `RESOURCE_EXHAUSTED` (`permit.full`), `UNAVAILABLE` (`breaker.open`, with `retryAfterMs`),
    ///   `DEADLINE_EXCEEDED`. Passed on as they are they make the item run again later. `CancellationError`.
    /// - Returns: the permit. A run that no runner started, as in a test, gets it at once.
    public func permit(_ resource: String, count: Int = 1, timeout: Duration? = nil) async throws -> Permit {
        guard let desk else {
            return Permit(PermitAcquire.Result(permit: 0, resource: resource, waitedMs: 0), from: nil)
        }
        return try await desk.acquire(resource, count: count, timeout: timeout)
    }

    /// Calls `body` with a permit and says how it went.
    ///
    /// An error counts against the resource unless its status says that trying again is no use: then the resource has
    /// answered. After a cancellation nobody knows; the tokens stay taken then, for the call may have been made.
    public func withPermit<Value>(
        _ resource: String, count: Int = 1, timeout: Duration? = nil,
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
    ) async throws -> Value {
        let permit = try await permit(resource, count: count, timeout: timeout)
        do {
            let value = try await body()
            permit.succeeded()
            return value
        } catch {
            switch error {
            case is CancellationError: permit.abandoned()
            case is Snooze: permit.succeeded()
            case let error as any RPCErrorConvertible where error.rpcError.status?.isTransient == false:
                permit.succeeded()
            default: permit.failed()
            }
            throw error
        }
    }
}
