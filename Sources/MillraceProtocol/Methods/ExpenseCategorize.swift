import JSONCodec

/// The expense whose category is asked for: itself, or the id of a stored one.
public struct ExpenseQuestion: Sendable, Hashable, JSONCodable {
    /// Either the expense itself.
    public var expense: ExpenseRecord?
    /// Or the id of one that is stored.
    public var id: String?
    public var options: CategorizeOptions?

    public init(expense: ExpenseRecord? = nil, id: String? = nil, options: CategorizeOptions? = nil) {
        self.expense = expense
        self.id = id
        self.options = options
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var expense: ExpenseRecord?
        var id: String?
        var options: CategorizeOptions?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "expense": expense = try json.value()
            case "id": id = try json.string()
            case "options": options = try json.value()
            default: try json.unknownMember(key)
            }
        }
        self.init(
            expense: expense, id: id, options: options)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("expense", ifPresent: expense)
            $0.member("id", ifPresent: id)
            $0.member("options", ifPresent: options)
        }
    }
}

/// Tells the category of one expense.
///
/// User preferences come first, then rules, patterns, and what was learned; below the threshold there is no answer but
/// suggestions. A failure is a result with an error.
public enum ExpenseCategorize: RPCMethod {
    public static let name = "expense.categorize"
    public static let access = AccessClass.write
    /// The same answer is stored once more.
    public static let repeatable = true

    public typealias Params = ExpenseQuestion
    public typealias Result = CategorizationResult
}

/// Tells the categories of many expenses.
public enum ExpenseCategorizeBatch: RPCMethod {
    public static let name = "expense.categorizeBatch"
    public static let access = AccessClass.write
    public static let repeatable = true

    /// Expenses of one call.
    public static let limit = 10_000

    public struct Params: Sendable, Hashable, JSONCodable {
        /// Up to 10,000 with the ids together.
        public var expenses: [ExpenseRecord]?
        /// Of stored expenses; their answers come after those of the expenses.
        public var ids: [String]?
        public var options: CategorizeOptions?
        /// Side by side above 10 items.
        public var parallel: Bool?
        /// Slices that are worked on side by side.
        public var threads: Int?

        public init(
            expenses: [ExpenseRecord]? = nil, ids: [String]? = nil, options: CategorizeOptions? = nil,
            parallel: Bool? =
                nil, threads: Int? = nil
        ) {
            self.expenses = expenses
            self.ids = ids
            self.options = options
            self.parallel = parallel
            self.threads = threads
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var expenses: [ExpenseRecord]?
            var ids: [String]?
            var options: CategorizeOptions?
            var parallel: Bool?
            var threads: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "expenses": expenses = try json.value()
                case "ids": ids = try json.value()
                case "options": options = try json.value()
                case "parallel": parallel = try json.bool()
                case "threads": threads = try json.int()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                expenses: expenses, ids: ids, options: options, parallel: parallel, threads: threads)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("expenses", ifPresent: expenses)
                $0.member("ids", ifPresent: ids)
                $0.member("options", ifPresent: options)
                $0.member("parallel", ifPresent: parallel)
                $0.member("threads", ifPresent: threads)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        /// One for each, in their order.
        public var results: [CategorizationResult]
        /// Correlation ids of the items begin with it.
        public var batch: String
        public var processingTimeMs: Double
        /// Statements of the database this took; they do not grow with the batch.
        public var statements: Int
        public var slices: Int

        public init(
            results: [CategorizationResult] = [], batch: String, processingTimeMs: Double, statements: Int, slices: Int
        ) {
            self.results = results
            self.batch = batch
            self.processingTimeMs = processingTimeMs
            self.statements = statements
            self.slices = slices
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var results: [CategorizationResult] = []
            var batch: String?
            var processingTimeMs: Double?
            var statements: Int?
            var slices: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "results": results = try json.value()
                case "batch": batch = try json.string()
                case "processing_time_ms": processingTimeMs = try json.double()
                case "statements": statements = try json.int()
                case "slices": slices = try json.int()
                default: try json.skip()
                }
            }
            self.init(
                results: results, batch: try json.require(batch, "batch"),
                processingTimeMs: try json.require(processingTimeMs, "processing_time_ms"),
                statements: try json.require(
                    statements,
                    "statements"), slices: try json.require(slices, "slices"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("results", results)
                $0.member("batch", batch)
                $0.member("processing_time_ms", processingTimeMs)
                $0.member("statements", statements)
                $0.member("slices", slices)
            }
        }
    }
}
