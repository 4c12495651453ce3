public import Decimals
import JSONCodec
import MillraceProtocol
import WebClient

/// What a chat service is asked, and what sort of answer is wanted.
public struct ChatQuestion: Hashable, Sendable {
    public var system: String
    public var user: String
    /// Of the answer, at most.
    public var tokens: Int
    /// 0 for the likeliest words, up to 2 for more and more surprising ones.
    public var temperature: ExactDecimal

    public init(system: String, user: String, tokens: Int, temperature: ExactDecimal) {
        self.system = system
        self.user = user
        self.tokens = tokens
        self.temperature = temperature
    }

    func body(model: String) -> [UInt8] {
        var json = JSONWriter(reserving: 1024)
        json.object { json in
            json.member("model", model)
            json.member("temperature", temperature)
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
    var use = ChatUse.told(cost: nil, prompt: nil, completion: nil)

    /// - Throws: ``ChatFault``: also for an error that comes with the status 200.
    init(reading response: WebResponse) throws(ChatFault) {
        let body: Body
        do throws(JSONError) {
            body = try JSON.decode(Body.self, from: response.body)
        } catch {
            throw ChatFault(text: "its answer does not read: \(error)")
        }
        if let usage = body.usage { use = usage.use }
        if let error = body.error { throw ChatFault(text: error.description, use: use) }
        guard let choices = body.choices, !choices.isEmpty else {
            throw ChatFault(text: "its answer has no choices", use: use)
        }
        if choices[0].isError { throw ChatFault(text: "it broke off", use: use) }
        text = choices[0].content
    }

    struct Body: JSONDecodable {
        var choices: [Choice]?
        var error: Fault?
        var usage: Usage?

        init(from json: inout JSONReader) throws(JSONError) {
            var choices: [Choice]?, error: Fault?, usage: Usage?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "choices": choices = try json.value()
                case "error": error = try json.value()
                case "usage": usage = try json.value()
                default: try json.skip()
                }
            }
            self.choices = choices
            self.error = error
            self.usage = usage
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

    /// What the answer has used; OpenRouter names a price too.
    struct Usage: JSONDecodable {
        var use: ChatUse

        init(from json: inout JSONReader) throws(JSONError) {
            var cost: ExactDecimal?, prompt: Int?, completion: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "cost": cost = try Self.number(&json).flatMap(Self.price)
                case "prompt_tokens": prompt = try Self.number(&json).flatMap { Int($0) }
                case "completion_tokens": completion = try Self.number(&json).flatMap { Int($0) }
                default: try json.skip()
                }
            }
            use = .told(cost: cost, prompt: prompt, completion: completion)
        }

        /// Nil for what is no number: nobody loses an answer for its bill.
        private static func number(_ json: inout JSONReader) throws(JSONError) -> String? {
            guard try json.kind() == .number else {
                try json.skip()
                return nil
            }
            return try json.numberText()
        }

        /// Exactly; one with more than 18 places, as binary fractions have them, is rounded up to 12.
        private static func price(_ text: String) -> ExactDecimal? {
            if let exact = ExactDecimal(text) { return exact < 0 ? nil : exact }
            guard let binary = Double(text), (0...1e9).contains(binary) else { return nil }
            return ExactDecimal(coefficient: Int128((binary * 1e12).rounded(.up)), scale: 12)
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
    var use: ChatUse

    init(text: String, use: ChatUse = .unknown) {
        self.text = text
        self.use = use
    }

    init(reading response: WebResponse) {
        let said = (try? JSON.decode(ChatAnswer.Body.self, from: response.body))?.error
        text = "answered \(response.status)" + (said.map { " (\($0))" } ?? "")
        status = response.status
        // Who refuses charges nothing; what an intermediary lost may have been answered.
        use = status < 500 ? .nothing : .unknown
    }

    var rpcError: RPCError { RPCError(.unavailable, text, reason: "chat.fault") }
}
