public import Linux
import MillraceProtocol
import Resilience
public import WebClient

/// A budget of this process alone: for where no runner is there to share one.
public struct BucketGate: CallGate {
    private let limiter: RateLimiter
    private let time: any TimeSource

    /// - Parameter rate: requests a second. Three is what Notion takes.
    public init(_ resource: String = "notion", rate: Double = 3, burst: Int = 3, time: any TimeSource = SystemTime()) {
        limiter = RateLimiter(resource, rate: rate, burst: burst, time: time)
        self.time = time
    }

    public func pass<Value: Sendable>(
        within limit: Duration, _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        do {
            try await limiter.acquire(deadline: Deadline(after: limit, time: time))
        } catch let error as RateLimited {
            throw RPCError(
                .resourceExhausted, "\(error)", reason: "notion.busy",
                retryAfterMs: error.retryAfter.map { Int($0.milliseconds) })
        }
        return try await body()
    }
}
