import JSONCodec
public import Linux
public import MillraceProtocol

/// An answer that is no success, as an error with a status word.
public struct WebFailure: RPCErrorConvertible, Hashable, Sendable, CustomStringConvertible {
    /// Who answered: scheme, host and port.
    public var origin: String
    /// The HTTP status.
    public var status: Int
    /// What `Retry-After` said, at most ``RetryAfter/longest``; only where another try can help.
    public var retryAfter: Duration?

    public init(origin: String, status: Int, retryAfter: Duration? = nil) {
        self.origin = origin
        self.status = status
        self.retryAfter = retryAfter
    }

    /// | status | word | another try |
    /// | --- | --- | --- |
    /// | 400 | `INVALID_ARGUMENT` | |
    /// | 401, 403 | `PERMISSION_DENIED` | |
    /// | 404 | `NOT_FOUND` | |
    /// | 408, 504 | `DEADLINE_EXCEEDED` | yes |
    /// | 409 | `ABORTED` | yes |
    /// | 429 | `RESOURCE_EXHAUSTED` | yes |
    /// | other 5xx | `UNAVAILABLE` | yes |
    /// | 410 and any other, redirections too | `FAILED_PRECONDITION` | |
    public var word: StatusWord {
        switch status {
        case 400: .invalidArgument
        case 401, 403: .permissionDenied
        case 404: .notFound
        case 408, 504: .deadlineExceeded
        case 409: .aborted
        case 429: .resourceExhausted
        case 500...599: .unavailable
        default: .failedPrecondition
        }
    }

    public var rpcError: RPCError {
        var error = RPCError(
            word, description, reason: "http.status", retryAfterMs: retryAfter.map { Int($0.milliseconds) })
        var details = JSONWriter(reserving: 24)
        details.object { $0.member("httpStatus", status) }
        error.details = JSONRaw(unchecked: details.bytes)
        return error
    }

    public var description: String {
        switch status {
        case 300...399: "\(origin) answered \(status); redirections are not followed, give the final address"
        default: "\(origin) answered \(status)"
        }
    }
}

extension WebResponse {
    /// What the answer is as an error; nil for a success.
    ///
    /// - Parameter now: against which a date in `Retry-After` counts.
    public func failure(of request: WebRequest, now: Timestamp) -> WebFailure? {
        guard !isSuccess else { return nil }
        var failure = WebFailure(origin: request.url.origin, status: status)
        if failure.word.isTransient {
            failure.retryAfter = headers["Retry-After"].flatMap { RetryAfter.read($0, now: now) }
        }
        return failure
    }
}
