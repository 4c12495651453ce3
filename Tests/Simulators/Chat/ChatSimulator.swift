import JSONCodec
import Linux
import Watching

/// A chat service of the OpenAI kind at 127.0.0.1: a real HTTP server with latency and faults, that counts its calls.
///
/// Unless told otherwise it answers with the log's texts as bullet points, so the same question has the same answer.
public final class ChatSimulator: Simulator {
    /// How it answers; may be changed while it runs.
    public struct Settings: SimulatorSettings {
        /// The key that is asked for; nil: any.
        public var key: String?
        public var latency = Duration.zero
        /// Paths are those of the service: `"chat/completions"`.
        public var faults: [FaultRule] = []
        public var seed: UInt64 = 1
        /// What a model says instead, by its name.
        public var models: [String: Behaviour] = [:]

        public init() {}
    }

    public enum Behaviour: Hashable, Sendable {
        case says(String)
        /// The same with a bill: a price (JSON, of a service that names one) and tokens of question and answer.
        case bills(String, price: String?, prompt: Int, completion: Int)
        /// `content` is null.
        case null
        /// An error although the status is 200.
        case errorInside(Int, String)
        case status(Int, String)
        /// It began, broke off, and says so.
        case brokenOff
        /// It reached the limit of tokens.
        case cutOff(String)
    }

    /// One call that came.
    public struct Question: Hashable, Sendable {
        public var model: String
        public var system: String
        public var user: String
        public var tokens: Int?
        public var temperature: String?
    }

    package struct System: SimulatedSystem {
        package var settings: Settings
        package var ledger: CallLedger
        /// The last thousand.
        var questions: [Question] = []
    }

    public let server: HTTPSimulator
    package let system: Watched<System>

    public init(_ settings: Settings = Settings(), port: Int = 0) async throws {
        system = Watched(System(settings: settings, ledger: CallLedger(settings)))
        server = try await Self.serve(system, port: port)
    }

    public var url: String { server.url("/api/v1/chat/completions") }
    public var questions: [Question] { system.value.questions }

    /// Runs `body` with a service, and closes it whatever happens.
    public static func run<Result: Sendable>(
        _ settings: Settings = Settings(), _ body: (ChatSimulator) async throws -> Result
    ) async throws -> Result {
        try await ChatSimulator(settings).use(body)
    }
}

extension ChatSimulator.System {
    /// Counted by model.
    package mutating func read(_ call: HTTPCall) -> (request: ChatSimulator.Question?, name: String, path: String) {
        let body = try? JSON.decode(JSONValue.self, from: call.body)
        let question = ChatSimulator.Question(body)
        questions.append(question)
        if questions.count > 1000 { questions.removeFirst() }
        return (body == nil ? nil : question, question.model, "chat/completions")
    }

    package mutating func forget() { questions = [] }

    package func judged(_ call: HTTPCall, _ question: ChatSimulator.Question?) -> HTTPAnswer {
        guard call.method == "POST", call.path.hasSuffix("/chat/completions") else {
            return Self.error(404, "not_found", "no such address")
        }
        guard let given = call["Authorization"], given.hasPrefix("Bearer "),
            settings.key == nil || given == "Bearer \(settings.key!)"
        else { return Self.error(401, "401", "No auth credentials found") }
        guard let question, !question.model.isEmpty else { return Self.error(400, "400", "the body is no question") }
        switch settings.models[question.model] {
        case nil: return Self.completion(question.model, Self.bullets(question.user))
        case .says(let text): return Self.completion(question.model, text)
        case .bills(let text, let price, let prompt, let completion):
            return Self.completion(question.model, text, bill: (price, prompt, completion))
        case .null: return Self.completion(question.model, nil)
        case .brokenOff: return Self.completion(question.model, "half a", reason: "error")
        case .cutOff(let text): return Self.completion(question.model, text, reason: "length")
        case .errorInside(let code, let message): return Self.error(200, "\(code)", message)
        case .status(let status, let message): return Self.error(status, "\(status)", message)
        }
    }

    /// The log's numbered texts as points, cut short, in an order that does not depend on theirs.
    private static func bullets(_ user: String) -> String {
        let texts = user.split(separator: "\n").compactMap { line -> String? in
            guard line.first?.isNumber == true, let end = line.firstIndex(of: "]") else { return nil }
            let words = line[line.index(after: end)...].split(separator: " ").prefix(4)
            return words.isEmpty ? nil : "• " + words.joined(separator: " ")
        }
        return texts.isEmpty ? "• " + String(user.prefix(40)) : Array(texts.sorted().prefix(8)).joined(separator: "\n")
    }

    private static func completion(
        _ model: String, _ content: String?, reason: String = "stop",
        bill: (price: String?, prompt: Int, completion: Int)? = nil
    ) -> HTTPAnswer {
        var json = JSONWriter()
        json.object { json in
            json.member("id", "gen-1")
            json.member("object", "chat.completion")
            json.member("created", 1_767_600_000)
            json.member("model", model)
            json.member("choices") { json in
                json.array { json in
                    json.object { json in
                        json.member("index", 0)
                        json.member("message") { json in
                            json.object { json in
                                json.member("role", "assistant")
                                json.member("content", content)
                                json.member("refusal", String?.none)
                            }
                        }
                        json.member("finish_reason", reason)
                    }
                }
            }
            if let bill {
                json.member("usage") { json in
                    json.object { json in
                        json.member("prompt_tokens", bill.prompt)
                        json.member("completion_tokens", bill.completion)
                        if let price = bill.price { json.member("cost", JSONRaw(unchecked: Array(price.utf8))) }
                    }
                }
            }
        }
        return HTTPAnswer(200, headers: [("Content-Type", "application/json")], body: json.bytes)
    }

    package static func error(_ status: Int, _ code: String, _ message: String) -> HTTPAnswer {
        var json = JSONWriter()
        json.object { json in
            json.member("error") { json in
                json.object { json in
                    if let number = Int(code) { json.member("code", number) } else { json.member("code", code) }
                    json.member("message", message)
                }
            }
        }
        return HTTPAnswer(status, headers: [("Content-Type", "application/json")], body: json.bytes)
    }
}

extension ChatSimulator.Question {
    init(_ body: JSONValue?) {
        func content(_ role: String) -> String {
            body?["messages"]?.elements?.first { $0["role"]?.stringValue == role }?["content"]?.stringValue ?? ""
        }
        self.init(
            model: body?["model"]?.stringValue ?? "", system: content("system"), user: content("user"),
            tokens: body?["max_tokens"]?.intValue, temperature: body?["temperature"]?.numberText)
    }
}
