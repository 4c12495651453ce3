import JSONCodec

/// Lists expenses that are kept, in the order of their ids.
public enum ExpenseList: RPCMethod {
    public static let name = "expense.list"
    public static let access = AccessClass.read

    public struct Params: Sendable, Hashable, JSONCodable {
        /// Only those without a category.
        public var uncategorized: Bool?
        public var owner: String?
        /// Only ids behind this one.
        public var after: String?
        public var limit: Int?

        public init(uncategorized: Bool? = nil, owner: String? = nil, after: String? = nil, limit: Int? = nil) {
            self.uncategorized = uncategorized
            self.owner = owner
            self.after = after
            self.limit = limit
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var uncategorized: Bool?
            var owner: String?
            var after: String?
            var limit: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "uncategorized": uncategorized = try json.bool()
                case "owner": owner = try json.string()
                case "after": after = try json.string()
                case "limit": limit = try json.int()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                uncategorized: uncategorized, owner: owner, after: after, limit: limit)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("uncategorized", ifPresent: uncategorized)
                $0.member("owner", ifPresent: owner)
                $0.member("after", ifPresent: after)
                $0.member("limit", ifPresent: limit)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var expenses: [StoredExpense]
        public var more: Bool

        public init(expenses: [StoredExpense] = [], more: Bool) {
            self.expenses = expenses
            self.more = more
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var expenses: [StoredExpense] = []
            var more: Bool?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "expenses": expenses = try json.value()
                case "more": more = try json.bool()
                default: try json.skip()
                }
            }
            self.init(
                expenses: expenses, more: try json.require(more, "more"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("expenses", expenses)
                $0.member("more", more)
            }
        }
    }
}

/// An expense the categorizer keeps.
public struct StoredExpense: Sendable, Hashable {
    public var expense: ExpenseRecord
    public var categoryName: String?
    /// A person said so.
    public var confirmed: Bool
    public var autoCategorized: Bool
    public var confidence: Double?
    public var method: String?
    public var categorizedAt: String?

    public init(
        expense: ExpenseRecord, categoryName: String? = nil, confirmed: Bool, autoCategorized: Bool,
        confidence: Double? = nil, method: String? = nil, categorizedAt: String? = nil
    ) {
        self.expense = expense
        self.categoryName = categoryName
        self.confirmed = confirmed
        self.autoCategorized = autoCategorized
        self.confidence = confidence
        self.method = method
        self.categorizedAt = categorizedAt
    }
}

extension StoredExpense: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var expense: ExpenseRecord?
        var categoryName: String?
        var confirmed: Bool?
        var autoCategorized: Bool?
        var confidence: Double?
        var method: String?
        var categorizedAt: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "expense": expense = try json.value()
            case "category_name": categoryName = try json.string()
            case "confirmed": confirmed = try json.bool()
            case "auto_categorized": autoCategorized = try json.bool()
            case "confidence": confidence = try json.double()
            case "method": method = try json.string()
            case "categorized_at": categorizedAt = try json.string()
            default: try json.skip()
            }
        }
        self.init(
            expense: try json.require(expense, "expense"), categoryName: categoryName,
            confirmed: try json.require(confirmed, "confirmed"),
            autoCategorized: try json.require(
                autoCategorized,
                "auto_categorized"), confidence: confidence, method: method, categorizedAt: categorizedAt)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("expense", expense)
            $0.member("category_name", ifPresent: categoryName)
            $0.member("confirmed", confirmed)
            $0.member("auto_categorized", autoCategorized)
            $0.member("confidence", ifPresent: confidence)
            $0.member("method", ifPresent: method)
            $0.member("categorized_at", ifPresent: categorizedAt)
        }
    }
}
