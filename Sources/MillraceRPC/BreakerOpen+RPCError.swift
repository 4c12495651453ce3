public import MillraceProtocol
public import Resilience

extension Resilience.BreakerOpen: RPCErrorConvertible {
    /// What a caller of a service is told that leaves a dependency of its own alone.
    public var rpcError: RPCError {
        RPCError(
            .unavailable, description, reason: "breaker.open", retryAfterMs: retryAfter.map { Int($0.milliseconds) })
    }
}
