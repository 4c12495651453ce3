import JSONCodec

/// An error as it stands on the wire. Callers match `code`, `status` and `reason`, never the message.
public struct RPCError: Error, Hashable, Sendable {
    /// The JSON-RPC code; codes this version does not know survive a round trip.
    public var code: Int
    /// Lower case, names the thing, says what is wrong and what can be done; the protocol's own failures
    /// (−32700, −32600, −32601) have the fixed words of the JSON-RPC specification, with the rest in ``detail``.
    public var message: String
    public var status: StatusWord?
    /// A stable name for the cause: "queue.full".
    public var reason: String?
    /// The parameter the error is about: "policy.attempts".
    public var field: String?
    public var retryAfterMs: Int?
    public var correlationId: String?
    /// What the fixed message of a protocol failure cannot say.
    public var detail: String?
    /// Members of `data` beside those above, as one object; or the whole `data` when it is no object.
    public var details: JSONRaw?

    public init(
        _ status: StatusWord, _ message: String, reason: String, field: String? = nil, retryAfterMs: Int? = nil
    ) {
        self.init(code: status.code, message: message, status: status, reason: reason)
        self.field = field
        self.retryAfterMs = retryAfterMs
    }

    public init(code: Int, message: String, status: StatusWord? = nil, reason: String? = nil, detail: String? = nil) {
        self.code = code
        self.message = message
        self.status = status
        self.reason = reason
        self.detail = detail
    }

    /// Codes of JSON-RPC itself; ``StatusWord/code`` has the others.
    public enum Code {
        public static let parseError = -32700
        public static let invalidRequest = -32600
        public static let methodNotFound = -32601
        public static let invalidParams = -32602
        public static let internalError = -32603
    }

    /// Reasons the protocol itself gives, each stable.
    public enum Reason {
        public static let json = "json.invalid"
        public static let request = "request.invalid"
        public static let method = "method.unknown"
        public static let params = "params.invalid"
        public static let access = "access.denied"
        /// The peer's answer is none, or not the one that the method gives.
        public static let answerInvalid = "answer.invalid"
        public static let deadline = "deadline.exceeded"
        public static let cancelled = "request.cancelled"
        public static let `internal` = "internal"
        public static let stopping = "service.stopping"
        /// The service will not start before somebody mends what the error names.
        public static let notStarted = "service.notStarted"
        public static let connectionLost = "connection.lost"
        /// Unlike ``connectionLost``: the request was not sent, so it was not carried out.
        public static let connectionGone = "connection.gone"
        public static let connectionRefused = "connection.refused"
        public static let frameLimit = "limit.frame"
        public static let depthLimit = "limit.depth"
        public static let batchLimit = "limit.batch"
        public static let inFlightLimit = "limit.inFlight"
        public static let inputLimit = "limit.input"
        public static let outputLimit = "limit.output"
        public static let connectionLimit = "limit.connections"
        public static let userConnectionLimit = "limit.connectionsPerUser"
    }
}

/// An error that knows its face on the wire.
public protocol RPCErrorConvertible: Error {
    var rpcError: RPCError { get }
}

extension RPCError: RPCErrorConvertible {
    public var rpcError: RPCError { self }
}

extension RPCError: CustomStringConvertible {
    /// For people: the message, the detail, the field and the status.
    public var description: String {
        var text = message
        if let detail { text += ": \(detail)" }
        if let field, !field.isEmpty { text += " (\(field))" }
        return "\(text) [\(status?.rawValue ?? String(code))\(reason.map { " \($0)" } ?? "")]"
    }
}

extension RPCError {
    public static func parseError(_ detail: String) -> RPCError {
        RPCError(
            code: Code.parseError, message: "Parse error", status: .invalidArgument, reason: Reason.json,
            detail: detail)
    }

    public static func invalidRequest(_ detail: String, reason: String = Reason.request) -> RPCError {
        RPCError(
            code: Code.invalidRequest, message: "Invalid Request", status: .invalidArgument, reason: reason,
            detail: detail)
    }

    public static func methodNotFound(_ method: String) -> RPCError {
        RPCError(
            code: Code.methodNotFound, message: "Method not found", status: .unimplemented, reason: Reason.method,
            detail: "there is no method \(method.prefix(200))")
    }

    /// Parameters that could not be read; the field is the place within them.
    public static func invalidParams(_ error: JSONError) -> RPCError {
        let message = error.path.isEmpty ? error.message : "\(error.path): \(error.message)"
        return RPCError(.invalidArgument, message, reason: Reason.params, field: error.path.isEmpty ? nil : error.path)
    }
}
