import JSONCodec

extension RPCError: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var code: Int?
        var message: String?
        var data: JSONRaw?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "code": code = try json.int()
            case "message": message = try json.string()
            case "data": data = try json.raw()
            default: try json.skip()
            }
        }
        self.init(code: try json.require(code, "code"), message: try json.require(message, "message"))
        if let data { read(data) }
    }

    public func encode(to json: inout JSONWriter) {
        json.object { json in
            json.member("code", code)
            json.member("message", message)
            if hasKnownData || details != nil { json.member("data") { json in encodeData(to: &json) } }
        }
    }

    private var hasKnownData: Bool {
        status != nil || reason != nil || field != nil || retryAfterMs != nil || correlationId != nil || detail != nil
    }

    private func encodeData(to json: inout JSONWriter) {
        if let details, !hasKnownData { return json.value(details) }
        json.object { json in
            json.member("status", ifPresent: status?.rawValue)
            json.member("reason", ifPresent: reason)
            json.member("detail", ifPresent: detail)
            json.member("field", ifPresent: field)
            json.member("retryAfterMs", ifPresent: retryAfterMs)
            json.member("correlationId", ifPresent: correlationId)
            guard let details else { return }
            for (name, value) in Self.members(of: details) ?? [("data", details)] { json.member(name, value) }
        }
    }

    /// Takes what it knows out of `data`; the rest, and known names with values of another type, stay in ``details``.
    private mutating func read(_ data: JSONRaw) {
        guard let members = Self.members(of: data) else {
            details = data
            return
        }
        var rest = JSONWriter()
        var remains = false
        rest.object { rest in
            for (name, value) in members where !take(name, value) {
                rest.member(name, value)
                remains = true
            }
        }
        if remains { details = JSONRaw(unchecked: rest.bytes) }
    }

    private mutating func take(_ name: String, _ value: JSONRaw) -> Bool {
        switch name {
        case "status": take(value, into: \.status) { StatusWord(rawValue: $0) }
        case "reason": take(value, into: \.reason) { $0 }
        case "detail": take(value, into: \.detail) { $0 }
        case "field": take(value, into: \.field) { $0 }
        case "correlationId": take(value, into: \.correlationId) { $0 }
        case "retryAfterMs": take(value, into: \.retryAfterMs) { (number: Int) in number }
        default: false
        }
    }

    private mutating func take<Read: JSONDecodable, Value>(
        _ value: JSONRaw, into path: WritableKeyPath<RPCError, Value?>, _ make: (Read) -> Value
    ) -> Bool {
        guard let read = try? JSON.decode(Read.self, from: value.bytes) else { return false }
        self[keyPath: path] = make(read)
        return true
    }

    /// The members of a raw object; nil when it is none, or names one member twice.
    private static func members(of raw: JSONRaw) -> [(String, JSONRaw)]? {
        var members: [(String, JSONRaw)] = []
        do throws(JSONError) {
            var json = try JSONReader(raw.bytes.span)
            try json.object { key, json throws(JSONError) in members.append((key, try json.raw())) }
            try json.finish()
        } catch {
            return nil
        }
        return members
    }
}
