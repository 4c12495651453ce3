import MillraceProtocol

/// What the runner's rules refuse.
enum JobError: RPCErrorConvertible, Hashable {
    case notFound(JobID)
    case invalid(field: String, String)
    /// A value that could not be passed on; see ``Payload``.
    case unpassable(RPCError)
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
        case .unpassable(let error):
            error
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
                .failedPrecondition,
                "job \(id) is \(state.rawValue); only a failed, partial or cancelled job is retried",
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
    var isLossOfConnection: Bool {
        (reason == Reason.connectionLost || reason == Reason.connectionGone) && correlationId == nil
    }
}
