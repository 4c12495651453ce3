import JSONCodec

/// Takes in expenses, with their categories where people have told them.
public enum ExpenseImport: RPCMethod {
    public static let name = "expense.import"
    public static let access = AccessClass.write

    public static let limit = 5000

    public struct Params: Sendable, Hashable, JSONCodable {
        /// 1 to 5,000.
        public var rows: [HistoryRow]
        /// Whether categories that are not there are made.
        public var createCategories: Bool?

        public init(rows: [HistoryRow], createCategories: Bool? = nil) {
            self.rows = rows
            self.createCategories = createCategories
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var rows: [HistoryRow]?
            var createCategories: Bool?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "rows": rows = try json.value()
                case "create_categories": createCategories = try json.bool()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                rows: try json.require(rows, "rows"), createCategories: createCategories)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("rows", rows)
                $0.member("create_categories", ifPresent: createCategories)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var imported: Int
        public var updated: Int
        public var unchanged: Int
        /// Those whose category a person has corrected since; the correction stands.
        public var overruled: Int
        /// Those that were made.
        public var categories: [String]
        /// Rows that were left out.
        public var problems: [RowProblem]

        public init(
            imported: Int, updated: Int, unchanged: Int, overruled: Int = 0, categories: [String] = [],
            problems: [RowProblem] = []
        ) {
            self.imported = imported
            self.updated = updated
            self.unchanged = unchanged
            self.overruled = overruled
            self.categories = categories
            self.problems = problems
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var imported: Int?
            var updated: Int?
            var unchanged: Int?
            var overruled = 0
            var categories: [String] = []
            var problems: [RowProblem] = []
            try json.object { key, json throws(JSONError) in
                switch key {
                case "imported": imported = try json.int()
                case "updated": updated = try json.int()
                case "unchanged": unchanged = try json.int()
                case "overruled": overruled = try json.int()
                case "categories": categories = try json.value()
                case "problems": problems = try json.value()
                default: try json.skip()
                }
            }
            self.init(
                imported: try json.require(imported, "imported"), updated: try json.require(updated, "updated"),
                unchanged: try json.require(unchanged, "unchanged"), overruled: overruled, categories: categories,
                problems: problems)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("imported", imported)
                $0.member("updated", updated)
                $0.member("unchanged", unchanged)
                $0.member("overruled", overruled)
                $0.member("categories", categories)
                $0.member("problems", problems)
            }
        }
    }
}

/// A line of a file of history. What the expense leaves out stays as it is kept; two lines of one id have to say the same.
public struct HistoryRow: Sendable, Hashable {
    /// Of the file.
    public var line: Int
    public var expense: ExpenseRecord
    /// Confirmed by people; missing for one that is not categorized yet.
    public var category: String?

    public init(line: Int, expense: ExpenseRecord, category: String? = nil) {
        self.line = line
        self.expense = expense
        self.category = category
    }
}

extension HistoryRow: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var line: Int?
        var expense: ExpenseRecord?
        var category: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "line": line = try json.int()
            case "expense": expense = try json.value()
            case "category": category = try json.string()
            default: try json.unknownMember(key)
            }
        }
        self.init(
            line: try json.require(line, "line"), expense: try json.require(expense, "expense"), category: category)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("line", line)
            $0.member("expense", expense)
            $0.member("category", ifPresent: category)
        }
    }
}

/// What is wrong with a line.
public struct RowProblem: Sendable, Hashable {
    public var line: Int
    public var field: String?
    public var message: String

    public init(line: Int, field: String? = nil, message: String) {
        self.line = line
        self.field = field
        self.message = message
    }
}

extension RowProblem: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var line: Int?
        var field: String?
        var message: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "line": line = try json.int()
            case "field": field = try json.string()
            case "message": message = try json.string()
            default: try json.skip()
            }
        }
        self.init(
            line: try json.require(line, "line"), field: field, message: try json.require(message, "message"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("line", line)
            $0.member("field", ifPresent: field)
            $0.member("message", message)
        }
    }
}
