import MillraceProtocol
import MillraceService
import MillraceStore
import Monitoring

/// What the metrics service refuses.
enum MetricsError: RPCErrorConvertible, Hashable {
    case invalid(field: String, String, reason: String)
    case instances(limit: Int)
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
        case .stopping:
            RPCError(
                .unavailable, "the metrics service is stopping", reason: RPCError.Reason.stopping, retryAfterMs: 1000)
        }
    }
}

extension StoreError: RPCErrorConvertible, ExitCodeConvertible {
    /// What a caller is told of a failure of the store.
    public var rpcError: RPCError {
        switch kind {
        case .busy: RPCError(.unavailable, "too much waits to be written", reason: "store.busy", retryAfterMs: 100)
        case .full: RPCError(.resourceExhausted, "the disk is full", reason: "store.full", retryAfterMs: 5000)
        case .closed: MetricsError.stopping.rpcError
        default: RPCError(.internal, "the store failed: \(message)", reason: "store.failed")
        }
    }

    /// How the service ends when its database keeps it from starting.
    public var exitCode: ExitCode {
        switch kind {
        case .inUse, .busy: .temporaryFailure
        case .cannotOpen, .readOnly: .cannotCreate
        case .full, .ioError, .corrupt: .ioError
        case .fromTheFuture, .migration: .configuration
        default: .software
        }
    }
}

/// Declarations of alerts that cannot be used; each mistake was logged with its place.
struct AlertFault: Error, Hashable, ExitCodeConvertible, CustomStringConvertible {
    var mistakes: Int

    var description: String {
        "the declarations of alerts have \(mistakes == 1 ? "a mistake" : "\(mistakes) mistakes"); mend them"
    }

    var exitCode: ExitCode { .configuration }
}
