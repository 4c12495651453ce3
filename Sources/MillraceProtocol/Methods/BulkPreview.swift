import Decimals
import JSONCodec

/// Says what putting expenses into a category would change.
public enum BulkPreview: RPCMethod {
    public static let name = "bulk.preview"
    public static let access = AccessClass.read

    public struct Params: Sendable, Hashable, JSONCodable {
        /// 1 to 1,000.
        public var ids: [String]
        public var category: String

        public init(ids: [String], category: String) {
            self.ids = ids
            self.category = category
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var ids: [String]?
            var category: String?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "ids": ids = try json.value()
                case "category": category = try json.string()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                ids: try json.require(ids, "ids"), category: try json.require(category, "category"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("ids", ids)
                $0.member("category", category)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var expenses: Int
        /// Of all together; missing where they are of several currencies.
        public var amount: ExactDecimal?
        public var amounts: [CurrencyAmount]
        /// By the level of what would be answered.
        public var confidence: [BulkCount]
        /// Expenses for which the category would be answered too.
        public var agree: Int
        public var recategorized: Int
        public var missing: [String]
        public var warnings: [String]

        public init(
            expenses: Int, amount: ExactDecimal? = nil, amounts: [CurrencyAmount] = [], confidence: [BulkCount] = [],
            agree: Int, recategorized: Int, missing: [String] = [], warnings: [String] = []
        ) {
            self.expenses = expenses
            self.amount = amount
            self.amounts = amounts
            self.confidence = confidence
            self.agree = agree
            self.recategorized = recategorized
            self.missing = missing
            self.warnings = warnings
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var expenses: Int?
            var amount: ExactDecimal?
            var amounts: [CurrencyAmount] = []
            var confidence: [BulkCount] = []
            var agree: Int?
            var recategorized: Int?
            var missing: [String] = []
            var warnings: [String] = []
            try json.object { key, json throws(JSONError) in
                switch key {
                case "expenses": expenses = try json.int()
                case "amount": amount = try json.decimal()
                case "amounts": amounts = try json.value()
                case "confidence": confidence = try json.value()
                case "agree": agree = try json.int()
                case "recategorized": recategorized = try json.int()
                case "missing": missing = try json.value()
                case "warnings": warnings = try json.value()
                default: try json.skip()
                }
            }
            self.init(
                expenses: try json.require(expenses, "expenses"), amount: amount, amounts: amounts,
                confidence: confidence, agree: try json.require(agree, "agree"),
                recategorized: try json.require(recategorized, "recategorized"), missing: missing, warnings: warnings)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("expenses", expenses)
                $0.member("amount", ifPresent: amount)
                $0.member("amounts", amounts)
                $0.member("confidence", confidence)
                $0.member("agree", agree)
                $0.member("recategorized", recategorized)
                $0.member("missing", missing)
                $0.member("warnings", warnings)
            }
        }
    }
}

/// What expenses of one currency come to.
public struct CurrencyAmount: Sendable, Hashable {
    /// Missing where the expenses do not say theirs.
    public var currency: String?
    public var amount: ExactDecimal

    public init(currency: String? = nil, amount: ExactDecimal) {
        self.currency = currency
        self.amount = amount
    }
}

extension CurrencyAmount: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var currency: String?
        var amount: ExactDecimal?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "currency": currency = try json.string()
            case "amount": amount = try json.decimal()
            default: try json.skip()
            }
        }
        self.init(currency: currency, amount: try json.require(amount, "amount"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("currency", ifPresent: currency)
            $0.member("amount", amount)
        }
    }
}
