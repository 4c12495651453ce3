import JSONCodec
import MillraceProtocol

/// What the runner's rules refuse.
enum JobError: RPCErrorConvertible, Hashable {
    case notFound(JobID, field: String = "id")
    /// - Parameter field: nil where the parameters contradict each other.
    case invalid(field: String?, String)
    /// A value that could not be passed on; see ``Payload``.
    case unpassable(RPCError)
    /// What is wrong with one of several jobs, whose members stand at that path.
    indirect case placed(String, JobError)
    /// - Parameter troubles: what keeps workers that may know it from serving.
    case unknownKind(String, known: [String], troubles: [String] = [])
    case keyReused(String, by: JobID)
    case notRetryable(JobID, JobState)
    /// The job runs or is over.
    case notWaiting(JobID, JobState)
    /// A live job of the kind bears the unique key.
    case uniqueTaken(String, by: JobID)
    /// The line of a key is as long as it may be.
    case keyFull(String, limit: KeyLimit)
    /// A job to come after does not exist.
    case noPredecessor(JobID, at: Int = 0)
    case alreadyRegistered
    case draining
    case queueFull(limit: Int)
    /// As many jobs of a kind, queue or user wait as may.
    case tooManyWait(LimitScope, String, limit: Int)
    /// A queue or kind takes nothing new in.
    case drained(Gate.Scope, String)
    /// The runner does the work of this kind itself.
    case reservedKind(String)
    /// Only processes of that pool of the runner's serve the kind.
    case pooledKind(String, String)
    /// As many kinds as can be known are in use.
    case tooManyKinds(limit: Int)
    case notRunning(JobID)
    case noBreaker(String)
    case noPermit(ResourceRefusal, retryAfter: Duration?)
    /// It was never given on this connection, or was reported already.
    case unknownPermit(Int64)

    /// What somebody is told who asked for a permit in vain.
    static func permit(_ refusal: ResourceRefusal, now: Duration) -> JobError {
        switch refusal.refusal {
        case .breaker(let until): .noPermit(refusal, retryAfter: until.map { max($0 - now, .zero) })
        case .rate(let until, _): .noPermit(refusal, retryAfter: max(until - now, .zero))
        case .full: .noPermit(refusal, retryAfter: .seconds(1))
        case .overBurst: .noPermit(refusal, retryAfter: nil)
        }
    }

    var rpcError: RPCError {
        switch self {
        case .notFound(let id, let field):
            RPCError(.notFound, "no job \(id)", reason: "job.notFound", field: field)
        case .invalid(let field, let message):
            RPCError(.invalidArgument, message, reason: "params.invalid", field: field)
        case .unpassable(let error):
            error
        case .placed(let path, let error):
            error.rpcError.at(path)
        case .unknownKind(let kind, let known, let troubles):
            RPCError(
                .notFound,
                "no worker has declared the kind \"\(kind)\"; "
                    + (known.isEmpty
                        ? "no kind is known yet" : "known are \(Payload.cut(known.joined(separator: ", ")))")
                    + troubles.map { "; \($0)" }.joined(),
                reason: "kind.unknown", field: "kind")
        case .keyReused(let key, let id):
            RPCError(
                .alreadyExists, "the idempotency key \"\(key)\" belongs to job \(id), which has another kind or params",
                reason: "job.keyReused", field: "idempotencyKey"
            ).naming(id)
        case .notRetryable(let id, let state):
            RPCError(
                .failedPrecondition,
                "job \(id) is \(state.rawValue); only a failed, partial or cancelled job is retried",
                reason: "job.notRetryable", field: "id")
        case .notWaiting(let id, let state):
            RPCError(
                .failedPrecondition, "job \(id) is \(state.rawValue); this can be done to a waiting job only",
                reason: "job.notWaiting", field: "id")
        case .uniqueTaken(let key, let id):
            RPCError(
                .alreadyExists, "the unique key \"\(key)\" belongs to job \(id), which is not over",
                reason: "job.uniqueTaken", field: "uniqueKey"
            ).naming(id)
        case .keyFull(let key, let limit):
            RPCError(
                .resourceExhausted,
                "\(limit.places) jobs of the key \"\(key)\" run or are about to and \(limit.waiting) wait already; "
                    + "submit again when some are over",
                reason: "key.full", field: "key", retryAfterMs: 1000)
        case .noPredecessor(let id, let index):
            RPCError(.notFound, "no job \(id) to come after", reason: "job.notFound", field: "after[\(index)]")
        case .alreadyRegistered:
            RPCError(.alreadyExists, "this connection has registered a worker already", reason: "worker.registered")
        case .draining:
            RPCError(.unavailable, "the runner is stopping", reason: "service.stopping", retryAfterMs: 1000)
        case .queueFull(let limit):
            RPCError(
                .resourceExhausted, "at most \(limit) jobs may be waiting or running; submit again when some are over",
                reason: "queue.full", retryAfterMs: 1000)
        case .tooManyWait(let scope, let name, let limit):
            RPCError(
                .resourceExhausted,
                "\(limit) jobs of the \(scope.rawValue) \(name) wait already, which is as many as may; "
                    + "submit again when some have begun",
                reason: "\(scope.rawValue).full", retryAfterMs: 1000)
        case .drained(let scope, let name):
            RPCError(
                .failedPrecondition,
                "the \(scope.rawValue) \(name) is being drained and takes no new jobs; "
                    + "millctl queue resume opens it again",
                reason: "\(scope.rawValue).draining", field: scope.rawValue)
        case .reservedKind(let kind):
            RPCError(
                .alreadyExists, "the runner itself does the work of the kind \(kind); no worker may register it",
                reason: "kind.reserved", field: "kinds")
        case .pooledKind(let kind, let pool):
            RPCError(
                .alreadyExists,
                "the kind \(kind) belongs to the runner's pool \(pool); no other worker may register it",
                reason: "kind.reserved", field: "kinds")
        case .tooManyKinds(let limit):
            RPCError(
                .resourceExhausted,
                "\(limit) kinds are known, as many as can be, and these would be more; "
                    + "register again when other workers have left", reason: "kind.tooMany", field: "kinds")
        case .notRunning(let id):
            RPCError(.failedPrecondition, "job \(id) does not run", reason: "job.notRunning", field: "job")
        case .noBreaker(let name):
            RPCError(.notFound, "there is no breaker \(name)", reason: "breaker.notFound", field: "name")
        case .unknownPermit(let permit):
            RPCError(
                .notFound, "this connection has no permit \(permit)", reason: "permit.notFound", field: "permit")
        case .noPermit(let refusal, let retryAfter):
            switch refusal.refusal {
            case .breaker:
                RPCError(
                    .unavailable, "the breaker of \(refusal.name) is open", reason: "breaker.open",
                    retryAfterMs: retryAfter.map { Int($0.milliseconds) })
            case .overBurst(let burst):
                RPCError(
                    .invalidArgument, "\(refusal.name) never has more than \(burst) tokens at once",
                    reason: "permit.overBurst", field: "count")
            case .rate, .full:
                RPCError(
                    .resourceExhausted,
                    "\(ResourceBook.lineLimit) wait for \(refusal.name) already, which is as many as may",
                    reason: "permit.full", retryAfterMs: retryAfter.map { Int($0.milliseconds) })
            }
        }
    }
}

extension RPCError {
    /// The same with the job that is in the way as `data.job`.
    fileprivate func naming(_ job: JobID) -> RPCError {
        var error = self
        var details = JSONWriter(reserving: 24)
        details.object { $0.member("job", job) }
        error.details = JSONRaw(unchecked: details.bytes)
        return error
    }

    /// The same of a field that stands there.
    fileprivate func at(_ path: String) -> RPCError {
        var error = self
        error.field = field.map { path + $0 }
        return error
    }

    /// Whether the error was made here because the connection ended; one that a peer sent bears a correlation id.
    var isLossOfConnection: Bool {
        (reason == Reason.connectionLost || reason == Reason.connectionGone) && correlationId == nil
    }
}
