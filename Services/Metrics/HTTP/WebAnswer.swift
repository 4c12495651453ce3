import JSONCodec
import NIOHTTP1

/// A request as the site sees it.
struct WebAsk: Sendable {
    var method: HTTPMethod
    /// Without what follows a question mark.
    var path: String
    var query: [String: String]
    var accept: String?

    /// Takes a request's target apart; nil for one that is none of ours, such as `*`.
    init?(_ head: HTTPRequestHead) {
        method = head.method
        let accepts = head.headers["Accept"]
        accept = accepts.isEmpty ? nil : accepts.joined(separator: ",")
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, first.hasPrefix("/"), first.utf8.count <= 1000 else { return nil }
        path = String(first)
        query = [:]
        for pair in (parts.count > 1 ? parts[1] : "").split(separator: "&").prefix(20) {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            query[String(sides[0])] = sides.count > 1 ? String(sides[1]) : ""
        }
    }
}

/// What is answered.
struct WebAnswer: Sendable {
    enum Body: Sendable {
        case bytes([UInt8])
        /// Goes on for as long as the other side listens: each element is written as it comes.
        case stream(@Sendable (WebStream) async -> Void)
    }

    var status: HTTPResponseStatus
    var type: String
    var body: Body
    var headers: [(String, String)] = []

    init(_ status: HTTPResponseStatus = .ok, type: String, _ bytes: [UInt8]) {
        self.status = status
        self.type = type
        body = .bytes(bytes)
    }

    init(stream: @escaping @Sendable (WebStream) async -> Void) {
        status = .ok
        type = "text/event-stream"
        body = .stream(stream)
    }

    static func text(_ status: HTTPResponseStatus, _ text: String) -> WebAnswer {
        WebAnswer(status, type: "text/plain; charset=utf-8", Array("\(text)\n".utf8))
    }

    static func json(_ status: HTTPResponseStatus, _ value: some JSONEncodable) -> WebAnswer {
        WebAnswer(status, type: "application/json", JSON.encode(value))
    }

    static func html(_ status: HTTPResponseStatus, _ page: String, policy: String) -> WebAnswer {
        var answer = WebAnswer(status, type: "text/html; charset=utf-8", Array(page.utf8))
        answer.headers = [("Content-Security-Policy", policy)]
        return answer
    }
}

/// The other side of an answer that goes on.
struct WebStream: Sendable {
    /// Writes, and waits until there is room for more; false once nobody listens.
    let write: @Sendable ([UInt8]) async -> Bool
}
