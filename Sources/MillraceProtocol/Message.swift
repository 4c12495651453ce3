/// One JSON-RPC message. Parameters and results stay where they are in the frame: a range of its bytes.
public enum Message: Hashable, Sendable {
    case request(Request)
    case notification(Notification)
    case response(Response)
}

public struct Request: Hashable, Sendable {
    public var id: RequestID
    public var method: String
    /// Where the parameters lie in the frame, an object or an array; nil when there are none.
    public var params: Range<Int>?
    public var meta: Meta

    public init(id: RequestID, method: String, params: Range<Int>? = nil, meta: Meta = Meta()) {
        self.id = id
        self.method = method
        self.params = params
        self.meta = meta
    }
}

public struct Notification: Hashable, Sendable {
    public var method: String
    public var params: Range<Int>?
    public var meta: Meta

    public init(method: String, params: Range<Int>? = nil, meta: Meta = Meta()) {
        self.method = method
        self.params = params
        self.meta = meta
    }
}

public struct Response: Hashable, Sendable {
    /// Null in an answer to something whose id could not be read.
    public var id: RequestID
    public var outcome: Result<Range<Int>, RPCError>

    public init(id: RequestID, outcome: Result<Range<Int>, RPCError>) {
        self.id = id
        self.outcome = outcome
    }
}

/// Something that is no message, and the error it is answered with.
public struct InvalidMessage: Error, Hashable, Sendable {
    /// What it was meant to be, as far as it could be read.
    public enum Kind: Hashable, Sendable {
        case request
        /// The answer to the request with this id; null where the id could not be read.
        case answer(RequestID)
        case unknown
    }

    /// Of the request that is to be answered by the error: null where it could not be read; nil when no answer is due.
    public var id: RequestID?
    public var error: RPCError
    public var kind: Kind

    public init(id: RequestID?, error: RPCError, kind: Kind = .unknown) {
        self.id = id
        self.error = error
        self.kind = kind
    }
}
