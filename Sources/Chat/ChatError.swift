public import MillraceProtocol

/// Why the chat service gave no text.
public enum ChatError: RPCErrorConvertible, Hashable, Sendable, CustomStringConvertible {
    /// Nobody has a key, so nobody was asked.
    case noKey(String)
    case noModels
    /// What each model that was asked had instead of a text, in their order.
    case noAnswer([Attempt])

    public struct Attempt: Hashable, Sendable {
        public var model: String
        /// `blank`, or what went wrong.
        public var fault: String

        public init(model: String, fault: String) {
            self.model = model
            self.fault = fault
        }
    }

    public var rpcError: RPCError {
        switch self {
        case .noKey, .noModels: RPCError(.failedPrecondition, description, reason: "chat.settings")
        case .noAnswer: RPCError(.unavailable, description, reason: "chat.noAnswer")
        }
    }

    public var description: String {
        switch self {
        case .noKey(let why): "the chat service is not asked: \(why)"
        case .noModels: "the chat service is not asked: no model is set"
        case .noAnswer(let attempts):
            "no model had an answer: " + attempts.map { "\($0.model): \($0.fault)" }.joined(separator: "; ")
        }
    }
}
