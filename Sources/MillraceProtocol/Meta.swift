import JSONCodec

/// What a request carries beside its method and parameters. Members this version does not know are ignored.
public struct Meta: Hashable, Sendable {
    /// Ties together every log line, row and answer that comes of one cause: 1 to 128 printable ASCII characters.
    public var correlationId: String?
    /// The caller waits so long, in milliseconds, at least 1; then the work is stopped.
    public var timeoutMs: Int?
    /// W3C trace context.
    public var traceparent: String?
    /// Two requests that change something and bear the same key are one.
    public var idempotencyKey: String?

    public static let maximumCorrelationLength = 128
    public static let maximumKeyLength = 256

    public init(
        correlationId: String? = nil, timeoutMs: Int? = nil, traceparent: String? = nil, idempotencyKey: String? = nil
    ) {
        self.correlationId = correlationId
        self.timeoutMs = timeoutMs
        self.traceparent = traceparent
        self.idempotencyKey = idempotencyKey
    }

    public var isEmpty: Bool {
        correlationId == nil && timeoutMs == nil && traceparent == nil && idempotencyKey == nil
    }
}

extension Meta: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var meta = Meta()
        try json.object { key, json throws(JSONError) in
            switch key {
            case "correlationId": meta.correlationId = try Self.text(&json, upTo: Self.maximumCorrelationLength)
            case "timeoutMs":
                if try json.null() { break }
                let timeout = try json.int()
                guard timeout >= 1 else { throw json.invalid("a time-out is at least 1 ms") }
                meta.timeoutMs = timeout
            case "traceparent": meta.traceparent = try Self.text(&json, upTo: Self.maximumKeyLength)
            case "idempotencyKey": meta.idempotencyKey = try Self.text(&json, upTo: Self.maximumKeyLength)
            default: try json.skip()
            }
        }
        self = meta
    }

    public func encode(to json: inout JSONWriter) {
        json.object { json in
            json.member("correlationId", ifPresent: correlationId)
            json.member("timeoutMs", ifPresent: timeoutMs)
            json.member("traceparent", ifPresent: traceparent)
            json.member("idempotencyKey", ifPresent: idempotencyKey)
        }
    }

    private static func text(_ json: inout JSONReader, upTo limit: Int) throws(JSONError) -> String? {
        if try json.null() { return nil }
        let text = try json.string()
        guard (1...limit).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw json.invalid("takes 1 to \(limit) printable ASCII characters")
        }
        return text
    }
}
