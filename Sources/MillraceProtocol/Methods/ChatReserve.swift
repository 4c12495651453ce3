import Decimals
import JSONCodec

/// Asks for leave to ask a chat service about merchants that nobody knows, of expenses that are kept.
///
/// What it may cost is counted against the month's budget before it is asked, on disk, until ``ChatSettle`` says what it has
/// cost. A merchant of whom an answer is kept, or who is being asked about, is not among the questions.
public enum ChatReserve: RPCMethod {
    public static let name = "chat.reserve"
    public static let access = AccessClass.admin

    public static let limit = 1000

    public struct Params: Sendable, Hashable, JSONCodable {
        /// Of expenses that are kept; 1 to 1,000.
        public var ids: [String]
        /// The highest price of one question.
        public var cost: ExactDecimal

        public init(ids: [String], cost: ExactDecimal) {
            self.ids = ids
            self.cost = cost
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var ids: [String]?
            var cost: ExactDecimal?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "ids": ids = try json.value()
                case "cost": cost = try json.decimal()
                default: try json.unknownMember(key)
                }
            }
            self.init(ids: try json.require(ids, "ids"), cost: try json.require(cost, "cost"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("ids", ids)
                $0.member("cost", cost)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        /// May be asked now.
        public var questions: [ChatQuestionView]
        /// Merchants others are asking about at this moment.
        public var pending: Int
        /// Merchants for whom the budget is not enough.
        public var refused: Int

        public init(questions: [ChatQuestionView], pending: Int, refused: Int) {
            self.questions = questions
            self.pending = pending
            self.refused = refused
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var questions: [ChatQuestionView]?
            var pending: Int?
            var refused: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "questions": questions = try json.value()
                case "pending": pending = try json.int()
                case "refused": refused = try json.int()
                default: try json.skip()
                }
            }
            self.init(
                questions: try json.require(questions, "questions"), pending: try json.require(pending, "pending"),
                refused: try json.require(refused, "refused"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("questions", questions)
                $0.member("pending", pending)
                $0.member("refused", refused)
            }
        }
    }
}

/// A question that may be asked.
public struct ChatQuestionView: Sendable, Hashable, JSONCodable {
    public var id: Int64
    /// As bookings name it, without tags and numbers.
    public var merchant: String

    public init(id: Int64, merchant: String) {
        self.id = id
        self.merchant = merchant
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var id: Int64?
        var merchant: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.int64()
            case "merchant": merchant = try json.string()
            default: try json.skip()
            }
        }
        self.init(id: try json.require(id, "id"), merchant: try json.require(merchant, "merchant"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("id", id)
            $0.member("merchant", merchant)
        }
    }
}
