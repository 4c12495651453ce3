/// The sample as Foundation's coders want it.
struct FoundationEnvelope: Codable {
    struct Params: Codable {
        var kind: String
        var key: String
        var payload: Payload
    }

    struct Payload: Codable {
        var month: String
        var contractor: String
        var project: String
        var force: Bool
        var batch: Int
        var hours: String
        var attempt: Int
        var note: String
        var channel: String?
        var entries: Int
    }

    var jsonrpc: String
    var id: Int64
    var method: String
    var params: Params
}
