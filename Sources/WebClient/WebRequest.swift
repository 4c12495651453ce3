/// One request to a web service.
public struct WebRequest: Sendable {
    public enum Method: String, Sendable { case get, head, post, put, patch, delete }

    /// What is wanted of the answer.
    public enum Answer: Hashable, Sendable {
        /// Status, headers and the whole body; one longer than so many bytes is ``WebError/tooLarge(_:limit:)``.
        case whole(limit: Int)
        /// Status and headers. They stand once they have come, whatever becomes of the body, which is read up to so many
        /// bytes, to keep the connection for the next request, and thrown away.
        case head(skipping: Int)
    }

    /// A longer whole timeout is held at this.
    public static let longestTimeout = Duration.seconds(3600)

    public var method: Method
    public var url: WebURL
    /// `Host` and `Content-Length` are set by the client.
    public var headers: WebHeaders
    public var body: [UInt8]
    /// For all of it: the wait for a place, the connection, the request, the answer to its last byte.
    public var timeout: Duration
    public var answer: Answer
    /// What the system is called in figures: "notion"; not its address, of which there may be many.
    public var system = "web"

    public init(
        _ method: Method, _ url: WebURL, headers: WebHeaders = WebHeaders(), body: [UInt8] = [],
        timeout: Duration = .seconds(30), answer: Answer = .whole(limit: 1 << 20)
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.answer = answer
    }
}

/// What a web service answered, whatever its status; ``failure(of:now:)`` judges it.
public struct WebResponse: Hashable, Sendable {
    public var status: Int
    public var headers: WebHeaders
    public var body: [UInt8]

    public init(status: Int, headers: WebHeaders = WebHeaders(), body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    public var isSuccess: Bool { (200...299).contains(status) }
}
