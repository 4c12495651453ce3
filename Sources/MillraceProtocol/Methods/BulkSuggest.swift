import JSONCodec

/// Says which categories expenses together would be put into: the five that most of them would get or might get.
public enum BulkSuggest: RPCMethod {
    public static let name = "bulk.suggest"
    public static let access = AccessClass.read

    public struct Params: Sendable, Hashable, JSONCodable {
        /// 1 to 1,000.
        public var ids: [String]

        public init(ids: [String]) { self.ids = ids }

        public init(from json: inout JSONReader) throws(JSONError) {
            var ids: [String]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "ids": ids = try json.value()
                default: try json.unknownMember(key)
                }
            }
            self.init(ids: try json.require(ids, "ids"))
        }

        public func encode(to json: inout JSONWriter) { json.object { $0.member("ids", ids) } }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        /// Best first.
        public var categories: [BulkSuggestion]
        public var missing: [String]

        public init(categories: [BulkSuggestion], missing: [String] = []) {
            self.categories = categories
            self.missing = missing
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var categories: [BulkSuggestion] = []
            var missing: [String] = []
            try json.object { key, json throws(JSONError) in
                switch key {
                case "categories": categories = try json.value()
                case "missing": missing = try json.value()
                default: try json.skip()
                }
            }
            self.init(categories: categories, missing: missing)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("categories", categories)
                $0.member("missing", missing)
            }
        }
    }
}

/// A category and how sure it is for the expenses that it is likely for.
public struct BulkSuggestion: Sendable, Hashable {
    public var category: String
    /// Those it is answered or suggested for.
    public var expenses: Int
    public var average: Double
    public var minimum: Double
    public var maximum: Double

    public init(category: String, expenses: Int, average: Double, minimum: Double, maximum: Double) {
        self.category = category
        self.expenses = expenses
        self.average = average
        self.minimum = minimum
        self.maximum = maximum
    }
}

extension BulkSuggestion: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var category: String?
        var expenses: Int?
        var average: Double?
        var minimum: Double?
        var maximum: Double?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "category": category = try json.string()
            case "expenses": expenses = try json.int()
            case "average": average = try json.double()
            case "minimum": minimum = try json.double()
            case "maximum": maximum = try json.double()
            default: try json.skip()
            }
        }
        self.init(
            category: try json.require(category, "category"), expenses: try json.require(expenses, "expenses"),
            average: try json.require(average, "average"), minimum: try json.require(minimum, "minimum"),
            maximum: try json.require(maximum, "maximum"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("category", category)
            $0.member("expenses", expenses)
            $0.member("average", average)
            $0.member("minimum", minimum)
            $0.member("maximum", maximum)
        }
    }
}
