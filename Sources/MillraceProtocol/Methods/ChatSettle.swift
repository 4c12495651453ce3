import Decimals
import JSONCodec

/// Says what questions of ``ChatReserve`` have cost and what was answered. What is said twice counts once.
public enum ChatSettle: RPCMethod {
    public static let name = "chat.settle"
    public static let access = AccessClass.admin

    /// What an answer of a chat service counts: as much as the least that is stored.
    public static let confidence = 0.7

    public struct Params: Sendable, Hashable, JSONCodable {
        /// 1 to 1,000.
        public var outcomes: [ChatOutcome]

        public init(outcomes: [ChatOutcome]) { self.outcomes = outcomes }

        public init(from json: inout JSONReader) throws(JSONError) {
            var outcomes: [ChatOutcome]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "outcomes": outcomes = try json.value()
                default: try json.unknownMember(key)
                }
            }
            self.init(outcomes: try json.require(outcomes, "outcomes"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object { $0.member("outcomes", outcomes) }
        }
    }

    public typealias Result = ChatBudgetView
}

/// What became of a question.
public struct ChatOutcome: Sendable, Hashable, JSONCodable {
    public var id: Int64
    public var cost: ExactDecimal
    /// Who answered; missing where nobody did, and then nothing but the price is kept.
    public var model: String?
    /// The name of a category; missing where the model does not know.
    public var category: String?

    public init(id: Int64, cost: ExactDecimal, model: String? = nil, category: String? = nil) {
        self.id = id
        self.cost = cost
        self.model = model
        self.category = category
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var id: Int64?
        var cost: ExactDecimal?
        var model: String?
        var category: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.int64()
            case "cost": cost = try json.decimal()
            case "model": model = try json.string()
            case "category": category = try json.string()
            default: try json.unknownMember(key)
            }
        }
        self.init(
            id: try json.require(id, "id"), cost: try json.require(cost, "cost"), model: model, category: category)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("id", id)
            $0.member("cost", cost)
            $0.member("model", ifPresent: model)
            $0.member("category", ifPresent: category)
        }
    }
}

/// Shows what asking a chat service has cost this month, and what it may.
public enum ChatShow: RPCMethod {
    public static let name = "chat.show"
    public static let access = AccessClass.read

    public typealias Params = Empty
    public typealias Result = ChatBudgetView
}

/// What asking a chat service has cost, and what it may.
public struct ChatBudgetView: Sendable, Hashable, JSONCodable {
    /// Of the company's zone, such as 2026-11.
    public var month: String
    /// 0 where the chat service is not asked at all.
    public var budget: ExactDecimal
    /// This month, with the highest price of questions whose price is not known.
    public var spent: ExactDecimal
    /// Questions of this month.
    public var questions: Int
    /// Merchants of whom an answer is kept.
    public var merchants: Int

    public init(month: String, budget: ExactDecimal, spent: ExactDecimal, questions: Int, merchants: Int) {
        self.month = month
        self.budget = budget
        self.spent = spent
        self.questions = questions
        self.merchants = merchants
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var month: String?
        var budget: ExactDecimal?
        var spent: ExactDecimal?
        var questions: Int?
        var merchants: Int?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "month": month = try json.string()
            case "budget": budget = try json.decimal()
            case "spent": spent = try json.decimal()
            case "questions": questions = try json.int()
            case "merchants": merchants = try json.int()
            default: try json.skip()
            }
        }
        self.init(
            month: try json.require(month, "month"), budget: try json.require(budget, "budget"),
            spent: try json.require(spent, "spent"), questions: try json.require(questions, "questions"),
            merchants: try json.require(merchants, "merchants"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("month", month)
            $0.member("budget", budget)
            $0.member("spent", spent)
            $0.member("questions", questions)
            $0.member("merchants", merchants)
        }
    }
}
