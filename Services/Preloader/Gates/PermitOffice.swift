import DatasetFiles
import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import Resilience
import Synchronization

/// Permits of resources: always from a bucket of our own with the declared figures, and from the runner, which shares them
/// out among all processes, where one is. So nobody who waits here while the runner comes or goes has a budget twice.
final class PermitOffice: Sendable {
    private struct State: Sendable {
        var asksRunner = true
        var buckets: [String: (resource: DatasetDefinition.Resource, limiter: RateLimiter)] = [:]
        /// When the runner was last found absent; it is not asked again for a moment.
        var absentSince: Duration?
    }

    /// So long after a vain try the runner is not asked again.
    static let absence = Duration.seconds(1)

    private let runner: RPCClient
    private let log: Logger
    private let time: any TimeSource
    private let state = Locked(State())

    init(runner path: String, log: Logger, time: any TimeSource) {
        runner = RPCClient(socket: path, log: log, time: time, patience: .zero)
        self.log = log
        self.time = time
    }

    func change(asksRunner: Bool) { state.withLock { $0.asksRunner = asksRunner } }

    /// Forgets the buckets of other resources than these, and gives those that stay their figures.
    func keep(_ resources: Set<DatasetDefinition.Resource>) {
        let changed = state.withLock { state in
            state.buckets = state.buckets.filter { name, _ in resources.contains { $0.name == name } }
            return resources.compactMap { resource -> (RateLimiter, DatasetDefinition.Resource)? in
                guard let bucket = state.buckets[resource.name], bucket.resource != resource else { return nil }
                state.buckets[resource.name]?.resource = resource
                return (bucket.limiter, resource)
            }
        }
        for (limiter, resource) in changed { limiter.change(rate: resource.bucket.rate, burst: resource.bucket.burst) }
    }

    /// Makes a request under a permit and reports how it went.
    ///
    /// - Throws: what `body` throws; ``PermitRefused`` and `RateLimited` when it was not called.
    func with<R: Sendable>(
        _ resource: DatasetDefinition.Resource, until deadline: Deadline,
        _ body: @Sendable () async throws -> R
    ) async throws -> R {
        try await bucket(resource).acquire(deadline: deadline)
        guard let permit = try await ask(resource, deadline) else { return try await body() }
        do {
            let value = try await body()
            report(permit, succeeded: true)
            return value
        } catch {
            switch error {
            // It may have been made.
            case is CancellationError: report(permit, succeeded: nil)
            case let error as any RPCErrorConvertible where error.rpcError.status?.isTransient == false:
                report(permit, succeeded: true)
            default: report(permit, succeeded: false)
            }
            throw error
        }
    }

    /// A permit of the runner; nil when no runner is there.
    private func ask(_ resource: DatasetDefinition.Resource, _ deadline: Deadline) async throws -> Int64? {
        let now = time.boot()
        let asks = state.withLock { state in
            state.asksRunner && (state.absentSince.map { now - $0 >= Self.absence } ?? true)
        }
        guard asks else { return nil }
        do {
            let options = CallOptions(timeout: max(.milliseconds(1), deadline.remaining(time)))
            let permit = try await runner.call(PermitAcquire.self, .init(resource: resource.name), options: options)
            state.withLock { $0.absentSince = nil }
            return permit.permit
        } catch let error as RPCError {
            switch error.reason {
            case RPCError.Reason.connectionRefused, RPCError.Reason.connectionLost, RPCError.Reason.connectionGone,
                RPCError.Reason.stopping, RPCError.Reason.access:
                let isNews = state.withLock { state in
                    defer { state.absentSince = time.boot() }
                    return state.absentSince == nil
                }
                if isNews { log.notice("no permits from the runner, keeping to the declared rate alone: \(error)") }
                return nil
            default: throw PermitRefused(error)
            }
        }
    }

    private func bucket(_ resource: DatasetDefinition.Resource) -> RateLimiter {
        state.withLock { state in
            if let bucket = state.buckets[resource.name] { return bucket.limiter }
            let limiter = RateLimiter(
                resource.name, rate: resource.bucket.rate, burst: resource.bucket.burst, time: time)
            state.buckets[resource.name] = (resource, limiter)
            return limiter
        }
    }

    /// A permit that the runner no longer knows ended with its connection.
    private func report(_ permit: Int64, succeeded: Bool?) {
        guard let session = try? runner.session() else { return }
        let params = PermitReport.Params(permit: permit, succeeded: succeeded)
        session.send(PermitReport.self, params, options: CallOptions(timeout: .seconds(30))) { [log] answer in
            if case .failure(let error) = answer { log.debug("a permit was not taken back: \(error)") }
        }
    }

    func close() { runner.close() }
}
