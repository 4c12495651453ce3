import Linux
import MillraceProtocol
import MillraceStore

/// What the runner's rules refuse.
enum JobError: RPCErrorConvertible, Hashable {
    case notFound(JobID)
    case invalid(field: String, String)
    case unknownKind(String, known: [String])
    case keyReused(String, by: JobID)
    case notRetryable(JobID, JobState)
    case alreadyRegistered
    case draining
    case queueFull(limit: Int)

    var rpcError: RPCError {
        switch self {
        case .notFound(let id):
            RPCError(.notFound, "no job \(id)", reason: "job.notFound", field: "id")
        case .invalid(let field, let message):
            RPCError(.invalidArgument, message, reason: "params.invalid", field: field)
        case .unknownKind(let kind, let known):
            RPCError(
                .notFound,
                "no worker has declared the kind \"\(kind)\"; "
                    + (known.isEmpty ? "no kind is known yet" : "known are \(known.joined(separator: ", "))"),
                reason: "kind.unknown", field: "kind")
        case .keyReused(let key, let id):
            RPCError(
                .alreadyExists, "the idempotency key \"\(key)\" belongs to job \(id), which has another kind or params",
                reason: "job.keyReused", field: "idempotencyKey")
        case .notRetryable(let id, let state):
            RPCError(
                .failedPrecondition, "job \(id) is \(state.rawValue); only a failed, partial or cancelled job is retried",
                reason: "job.notRetryable", field: "id")
        case .alreadyRegistered:
            RPCError(.alreadyExists, "this connection has registered a worker already", reason: "worker.registered")
        case .draining:
            RPCError(.unavailable, "the runner is stopping", reason: "service.stopping", retryAfterMs: 1000)
        case .queueFull(let limit):
            RPCError(
                .resourceExhausted, "at most \(limit) jobs may be waiting or running; submit again when some are over",
                reason: "queue.full", retryAfterMs: 1000)
        }
    }
}

extension RPCError {
    /// Whether the error was made here because the connection ended; one that a peer sent bears a correlation id.
    var isLossOfConnection: Bool { reason == Reason.connectionLost && correlationId == nil }
}

extension StoreError: RPCErrorConvertible {
    /// What a caller is told of a failure of the store.
    public var rpcError: RPCError {
        switch kind {
        case .busy:
            RPCError(.unavailable, "too much waits to be written", reason: "store.busy", retryAfterMs: 100)
        case .full:
            RPCError(
                .resourceExhausted, "the disk is full; nothing was taken in", reason: "store.full", retryAfterMs: 5000)
        case .closed:
            RPCError(.unavailable, "the runner is stopping", reason: "service.stopping", retryAfterMs: 1000)
        default:
            RPCError(.internal, "the store failed: \(message)", reason: "store.failed")
        }
    }
}
