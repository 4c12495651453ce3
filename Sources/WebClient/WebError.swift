public import MillraceProtocol

/// Why there is no answer. Names the other side by scheme, host and port only.
public enum WebError: RPCErrorConvertible, Hashable, Sendable, CustomStringConvertible {
    /// What a wait was for when its time was over.
    public enum Phase: Hashable, Sendable { case connection, answer }

    /// The address cannot be used, and why.
    case badURL(String)
    /// A header cannot be sent: its name, or "" where that is what is wrong.
    case badHeader(String)
    case timedOut(String, Phase)
    /// No connection, or one that broke before the answer was whole.
    case unreachable(String, String)
    /// No connection that both sides trust.
    case untrusted(String, String)
    /// The body of the answer is longer than was asked for.
    case tooLarge(String, limit: Int)
    /// As many requests as may wait do so already.
    case busy(waiting: Int)
    /// The task was cancelled.
    case cancelled
    /// The client was closed.
    case closed
    /// The client cannot be made as it is set.
    case settings(String)

    public var rpcError: RPCError {
        let (status, reason): (StatusWord, String) =
            switch self {
            case .badURL: (.invalidArgument, "http.url")
            case .badHeader: (.invalidArgument, "http.header")
            case .timedOut: (.deadlineExceeded, "http.timeout")
            case .unreachable: (.unavailable, "http.connection")
            case .untrusted: (.failedPrecondition, "http.tls")
            case .tooLarge: (.failedPrecondition, "http.tooLarge")
            case .busy: (.resourceExhausted, "http.busy")
            case .cancelled: (.cancelled, RPCError.Reason.cancelled)
            case .closed: (.unavailable, "http.closed")
            case .settings: (.failedPrecondition, "http.settings")
            }
        return RPCError(status, description, reason: reason)
    }

    public var description: String {
        switch self {
        case .badURL(let why): "the address cannot be used: \(why)"
        case .badHeader(""): "a header has a name that cannot be sent"
        case .badHeader(let name): "the header \(name) cannot be sent: its value has to be visible ASCII"
        case .timedOut(let origin, .connection): "no connection to \(origin) in time"
        case .timedOut(let origin, .answer): "\(origin) did not answer in time"
        case .unreachable(let origin, let why): "\(origin): \(why)"
        case .untrusted(let origin, let why): "no trusted connection to \(origin): \(why)"
        case .tooLarge(let origin, let limit): "\(origin) answered with more than \(limit) bytes"
        case .busy(let waiting): "\(waiting) requests wait for a connection already; try again later"
        case .cancelled: "the request was cancelled"
        case .closed: "the web client is closed"
        case .settings(let why): "the web client cannot start: \(why)"
        }
    }
}
