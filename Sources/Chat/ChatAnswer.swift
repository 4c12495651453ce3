import JSONCodec
import MillraceProtocol
import WebClient

/// What a chat service is asked.
struct ChatQuestion {
    var system: String
    var user: String
    var tokens: Int

    func body(model: String) -> [UInt8] {
        var json = JSONWriter(reserving: 1024)
        json.object { json in
            json.member("model", model)
            json.member("temperature", 0)
            json.member("max_tokens", tokens)
            json.member("messages") { json in
                json.array { json in
                    for (role, content) in [("system", system), ("user", user)] {
                        json.object { json in
                            json.member("role", role)
                            json.member("content", content)
                        }
                    }
                }
            }
        }
        return json.bytes
    }
}

/// What it answers, as far as anybody here asks.
struct ChatAnswer {
    /// Nil where a model refuses, or calls a tool, instead of speaking.
    var text: String?

    /// - Throws: ``ChatFault``: also for an error that comes with the status 200.
    init(reading response: WebResponse) throws(ChatFault) {
        let body: Body
        do throws(JSONError) {
            body = try JSON.decode(Body.self, from: response.body)
        } catch {
            throw ChatFault(text: "its answer does not read: \(error)")
        }
        if let error = body.error { throw ChatFault(text: error.description) }
        guard let choices = body.choices, !choices.isEmpty else { throw ChatFault(text: "its answer has no choices") }
        if choices[0].isError { throw ChatFault(text: "it broke off") }
        text = choices[0].content
    }

    struct Body: JSONDecodable {
        var choices: [Choice]?
        var error: Fault?

        init(from json: inout JSONReader) throws(JSONError) {
            var choices: [Choice]?, error: Fault?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "choices": choices = try json.value()
                case "error": error = try json.value()
                default: try json.skip()
                }
            }
            self.choices = choices
            self.error = error
        }
    }

    struct Choice: JSONDecodable {
        var content: String?
        var isError = false

        init(from json: inout JSONReader) throws(JSONError) {
            var content: String?, isError = false
            try json.object { key, json throws(JSONError) in
                switch key {
                case "message":
                    try json.object { key, json throws(JSONError) in
                        if key == "content" { content = try json.value() } else { try json.skip() }
                    }
                case "finish_reason": isError = try json.value(String?.self) == "error"
                default: try json.skip()
                }
            }
            self.content = content
            self.isError = isError
        }
    }

    /// OpenAI's code is a text or null, OpenRouter's a number.
    struct Fault: JSONDecodable, CustomStringConvertible {
        var code: String?
        var message = ""

        init(from json: inout JSONReader) throws(JSONError) {
            var code: String?, message = ""
            try json.object { key, json throws(JSONError) in
                switch key {
                case "code":
                    switch try json.kind() {
                    case .string: code = try json.string()
                    case .number: code = try json.numberText()
                    default: try json.skip()
                    }
                case "message": message = try json.string()
                default: try json.skip()
                }
            }
            self.code = code
            self.message = message
        }

        var description: String {
            let words = String(message.prefix(200))
            return code.map { "error \($0): \(words)" } ?? words
        }
    }
}

/// Why one model gave no text.
struct ChatFault: RPCErrorConvertible, Hashable {
    var text: String
    var status = 200

    init(text: String) { self.text = text }

    init(reading response: WebResponse) {
        let said = (try? JSON.decode(ChatAnswer.Body.self, from: response.body))?.error
        text = "answered \(response.status)" + (said.map { " (\($0))" } ?? "")
        status = response.status
    }

    var rpcError: RPCError { RPCError(.unavailable, text, reason: "chat.fault") }
}
