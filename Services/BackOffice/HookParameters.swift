import JSONCodec
import Linux
import MillraceProtocol
import MillraceService
import WebClient

/// What an `http-callback` job is submitted with.
struct HookParameters: JSONDecodable, Sendable {
    /// Where to; `http` or `https`.
    var url: WebURL
    /// The name of the credential that the event is signed with; nil for an unsigned one.
    var secret: String?
    /// What is sent, byte for byte as it was submitted.
    var event: JSONRaw
    /// Sent beside our own, at most ``mostHeaders``.
    var headers: WebHeaders
    /// For the whole request, 1 ms to 10 min.
    var timeout: Duration

    static let mostHeaders = 32

    init(from json: inout JSONReader) throws(JSONError) {
        var url: WebURL?, secret: String?, event: JSONRaw?, headers = WebHeaders(), timeout = Duration.seconds(10)
        try json.object { key, json throws(JSONError) in
            switch key {
            case "url": url = try Self.url(&json)
            case "secret": secret = try Self.secret(&json)
            case "event": event = try json.raw()
            case "headers": headers = try Self.headers(&json)
            case "timeoutMs":
                let milliseconds = try json.int()
                guard (1...600_000).contains(milliseconds) else { throw json.invalid("must be from 1 to 600,000") }
                timeout = .milliseconds(milliseconds)
            default: try json.unknownMember(key)
            }
        }
        self.url = try json.require(url, "url")
        self.event = try json.require(event, "event")
        self.secret = secret
        self.headers = headers
        self.timeout = timeout
    }

    private static func url(_ json: inout JSONReader) throws(JSONError) -> WebURL {
        let text = try json.string()
        do throws(WebError) {
            return try WebURL(text)
        } catch {
            throw json.invalid(error.description)
        }
    }

    private static func secret(_ json: inout JSONReader) throws(JSONError) -> String {
        let name = try json.string()
        guard NameRule.isSecret(name) else {
            throw json.invalid(
                "the name of a credential has \(NameRule.secret)")
        }
        return name
    }

    private static func headers(_ json: inout JSONReader) throws(JSONError) -> WebHeaders {
        var headers = WebHeaders()
        try json.object { name, json throws(JSONError) in
            let value = try json.string()
            guard NameRule.isToken(name), WebHeaders.isValue(value) else {
                throw json.invalid("a header has a name without spaces and a value in visible ASCII")
            }
            let small = name.lowercased()
            guard !reserved.contains(small), !small.hasPrefix("millrace-") else {
                throw json.invalid("this header is set by millrace")
            }
            guard headers.fields.count < mostHeaders else { throw json.invalid("at most \(mostHeaders) headers") }
            headers.add(name, value)
        }
        return headers
    }

    private static let reserved: Set<String> = [
        "connection", "content-length", "content-type", "expect", "host", "keep-alive", "proxy-connection", "te",
        "trailer", "transfer-encoding", "upgrade", "user-agent",
    ]
}
