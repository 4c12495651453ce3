import MillraceProtocol
import MillraceService
import Monitoring

/// What the metrics service refuses.
enum MetricsError: RPCErrorConvertible, Hashable {
    case invalid(field: String, String, reason: String)
    case instances(limit: Int)
    case silences(limit: Int)
    case stopping

    init(_ refusal: Collector.Refusal) {
        switch refusal {
        case .instances(let limit): self = .instances(limit: limit)
        case .series(let limit):
            self = .invalid(
                field: "snapshot", "the snapshot holds more than \(limit) series; count by fewer labels",
                reason: "metrics.series")
        }
    }

    var rpcError: RPCError {
        switch self {
        case .invalid(let field, let message, let reason):
            RPCError(.invalidArgument, message, reason: reason, field: field)
        case .instances(let limit):
            RPCError(
                .resourceExhausted, "\(limit) instances publish already, which is the limit",
                reason: "metrics.instances",
                retryAfterMs: 60_000)
        case .silences(let limit):
            RPCError(
                .resourceExhausted, "\(limit) silences hold already, which is the limit; end some with alert.unsilence",
                reason: "alert.silences")
        case .stopping:
            RPCError(
                .unavailable, "the metrics service is stopping", reason: RPCError.Reason.stopping, retryAfterMs: 1000)
        }
    }
}
