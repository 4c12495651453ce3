import JSONCodec
import WebClient

/// One call as it goes over the wire.
struct NotionCall: Sendable {
    /// What a repeat can do.
    enum Effect: Sendable {
        /// Nothing: it may be sent again whatever happened. A query is one, though it is a POST.
        case reads
        /// It may have happened although no answer came.
        case writes
    }

    var method: WebRequest.Method
    /// Below the base, without a slash first.
    var path: String
    var query: [(String, String)] = []
    var body: [UInt8] = []
    var effect: Effect

    /// Method and path with ids left out: `POST data_sources/*/query`.
    var name: String {
        let parts = path.split(separator: "/").map { NotionID($0) == nil ? String($0) : "*" }
        let words = parts.count == 4 && parts[2] == "properties" ? Array(parts[..<3]) + ["*"] : parts
        return "\(method.rawValue.uppercased()) \(words.joined(separator: "/"))"
    }

    /// Method and path, for errors.
    var description: String { "\(method.rawValue.uppercased()) \(path)" }

    func url(at base: WebURL) throws(WebError) -> WebURL {
        var target = base.text
        while target.hasSuffix("/") { target.removeLast() }
        target += "/\(path)"
        for (index, item) in query.enumerated() {
            target += "\(index == 0 ? "?" : "&")\(item.0)=\(WebURL.escaped(item.1))"
        }
        return try WebURL(target)
    }
}

/// The body of an answer that is an error.
struct NotionErrorBody: JSONDecodable {
    var code = ""
    var message = ""

    init(from json: inout JSONReader) throws(JSONError) {
        var code = "", message = ""
        try json.object { key, json throws(JSONError) in
            switch key {
            case "code": code = try json.string()
            case "message": message = try json.string()
            default: try json.skip()
            }
        }
        self.code = code
        self.message = message
    }
}
