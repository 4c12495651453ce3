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
        public var amount: ExactDecimal
        /// By the level of what would be answered.
        public var confidence: [BulkCount]
        /// Expenses for which the category would be answered too.
        public var agree: Int
        public var recategorized: Int
        public var missing: [String]
        public var warnings: [String]

        public init(
            expenses: Int, amount: ExactDecimal, confidence: [BulkCount] = [], agree: Int, recategorized: Int,
            missing:
                [String] = [], warnings: [String] = []
        ) {
            self.expenses = expenses
            self.amount = amount
            self.confidence = confidence
            self.agree = agree
            self.recategorized = recategorized
            self.missing = missing
            self.warnings = warnings
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var expenses: Int?
            var amount: ExactDecimal?
            var confidence: [BulkCount] = []
            var agree: Int?
            var recategorized: Int?
            var missing: [String] = []
            var warnings: [String] = []
            try json.object { key, json throws(JSONError) in
                switch key {
                case "expenses": expenses = try json.int()
                case "amount": amount = try json.decimal()
                case "confidence": confidence = try json.value()
                case "agree": agree = try json.int()
                case "recategorized": recategorized = try json.int()
                case "missing": missing = try json.value()
                case "warnings": warnings = try json.value()
                default: try json.skip()
                }
            }
            self.init(
                expenses: try json.require(expenses, "expenses"), amount: try json.require(amount, "amount"),
                confidence: confidence, agree: try json.require(agree, "agree"),
                recategorized: try json.require(recategorized, "recategorized"), missing: missing, warnings: warnings)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("expenses", expenses)
                $0.member("amount", amount)
                $0.member("confidence", confidence)
                $0.member("agree", agree)
                $0.member("recategorized", recategorized)
                $0.member("missing", missing)
                $0.member("warnings", warnings)
            }
        }
    }
}
