import JSONCodec

extension Envelope {
    public static func encodeRequest(
        id: RequestID, method: String, meta: Meta = Meta(), into json: inout JSONWriter,
        params: (inout JSONWriter) -> Void
    ) {
        json.object { json in
            json.member("jsonrpc", "2.0")
            json.member("id", id)
            json.member("method", method)
            json.member("params", params)
            if !meta.isEmpty { json.member("meta", meta) }
        }
    }

    public static func encodeNotification(
        method: String, meta: Meta = Meta(), into json: inout JSONWriter, params: (inout JSONWriter) -> Void
    ) {
        json.object { json in
            json.member("jsonrpc", "2.0")
            json.member("method", method)
            json.member("params", params)
            if !meta.isEmpty { json.member("meta", meta) }
        }
    }

    public static func encodeResult(
        id: RequestID, correlationId: String?, into json: inout JSONWriter, result: (inout JSONWriter) -> Void
    ) {
        json.object { json in
            json.member("jsonrpc", "2.0")
            json.member("id", id)
            json.member("result", result)
            if let correlationId {
                json.member("meta") { json in json.object { $0.member("correlationId", correlationId) } }
            }
        }
    }

    public static func encodeError(id: RequestID, _ error: RPCError, into json: inout JSONWriter) {
        json.object { json in
            json.member("jsonrpc", "2.0")
            json.member("id", id)
            json.member("error", error)
        }
    }
}
