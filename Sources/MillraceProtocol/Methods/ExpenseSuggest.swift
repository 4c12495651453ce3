import JSONCodec

/// Proposes categories for an expense; nothing is stored.
public enum ExpenseSuggest: RPCMethod {
    public static let name = "expense.suggest"
    public static let access = AccessClass.read

    public struct Params: Sendable, Hashable, JSONCodable {
        public var expense: ExpenseRecord
        public var maxSuggestions: Int?

        public init(expense: ExpenseRecord, maxSuggestions: Int? = nil) {
            self.expense = expense
            self.maxSuggestions = maxSuggestions
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var expense: ExpenseRecord?
            var maxSuggestions: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "expense": expense = try json.value()
                case "max_suggestions": maxSuggestions = try json.int()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                expense: try json.require(expense, "expense"), maxSuggestions: maxSuggestions)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("expense", expense)
                $0.member("max_suggestions", ifPresent: maxSuggestions)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var suggestions: [Suggestion]

        public init(suggestions: [Suggestion] = []) {
            self.suggestions = suggestions
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var suggestions: [Suggestion] = []
            try json.object { key, json throws(JSONError) in
                switch key {
                case "suggestions": suggestions = try json.value()
                default: try json.skip()
                }
            }
            self.init(
                suggestions: suggestions)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("suggestions", suggestions)
            }
        }
    }
}

/// A category that is proposed.
public struct Suggestion: Sendable, Hashable {
    public var categoryID: Int64
    public var categoryName: String
    /// Three decimals.
    public var confidence: Double
    public var reason: String
    public var type: String

    public init(categoryID: Int64, categoryName: String, confidence: Double, reason: String, type: String) {
        self.categoryID = categoryID
        self.categoryName = categoryName
        self.confidence = confidence
        self.reason = reason
        self.type = type
    }
}

extension Suggestion: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var categoryID: Int64?
        var categoryName: String?
        var confidence: Double?
        var reason: String?
        var type: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "category_id": categoryID = try json.int64()
            case "category_name": categoryName = try json.string()
            case "confidence": confidence = try json.double()
            case "reason": reason = try json.string()
            case "type": type = try json.string()
            default: try json.skip()
            }
        }
        self.init(
            categoryID: try json.require(categoryID, "category_id"),
            categoryName: try json.require(
                categoryName,
                "category_name"), confidence: try json.require(confidence, "confidence"),
            reason: try json.require(
                reason,
                "reason"), type: try json.require(type, "type"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("category_id", categoryID)
            $0.member("category_name", categoryName)
            $0.member("confidence", confidence)
            $0.member("reason", reason)
            $0.member("type", type)
        }
    }
}
