import JSONCodec

/// Tries a pattern or a rule on the confirmed history before it is kept.
public enum PatternTest: RPCMethod {
    public static let name = "pattern.test"
    public static let access = AccessClass.read
    public static let execution = Execution.offloaded

    public struct Params: Sendable, Hashable, JSONCodable {
        /// Exactly one of the two.
        public var pattern: PatternDraft?
        public var rule: RuleDraft?
        /// How many expenses are shown of the right and of the wrong ones.
        public var examples: Int?

        public init(pattern: PatternDraft? = nil, rule: RuleDraft? = nil, examples: Int? = nil) {
            self.pattern = pattern
            self.rule = rule
            self.examples = examples
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var pattern: PatternDraft?
            var rule: RuleDraft?
            var examples: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "pattern": pattern = try json.value()
                case "rule": rule = try json.value()
                case "examples": examples = try json.int()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                pattern: pattern, rule: rule, examples: examples)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("pattern", ifPresent: pattern)
                $0.member("rule", ifPresent: rule)
                $0.member("examples", ifPresent: examples)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        /// Confirmed expenses it was held against.
        public var history: Int
        public var hits: Int
        public var right: Int
        public var wrong: Int
        /// Right ones that get another or no answer now.
        public var decidedOtherwise: Int
        public var examples: [TestExample]
        public var processingTimeMs: Double

        public init(
            history: Int, hits: Int, right: Int, wrong: Int, decidedOtherwise: Int, examples: [TestExample] = [],
            processingTimeMs: Double
        ) {
            self.history = history
            self.hits = hits
            self.right = right
            self.wrong = wrong
            self.decidedOtherwise = decidedOtherwise
            self.examples = examples
            self.processingTimeMs = processingTimeMs
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var history: Int?
            var hits: Int?
            var right: Int?
            var wrong: Int?
            var decidedOtherwise: Int?
            var examples: [TestExample] = []
            var processingTimeMs: Double?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "history": history = try json.int()
                case "hits": hits = try json.int()
                case "right": right = try json.int()
                case "wrong": wrong = try json.int()
                case "decided_otherwise": decidedOtherwise = try json.int()
                case "examples": examples = try json.value()
                case "processing_time_ms": processingTimeMs = try json.double()
                default: try json.skip()
                }
            }
            self.init(
                history: try json.require(history, "history"), hits: try json.require(hits, "hits"),
                right: try json.require(right, "right"), wrong: try json.require(wrong, "wrong"),
                decidedOtherwise: try json.require(decidedOtherwise, "decided_otherwise"), examples: examples,
                processingTimeMs: try json.require(processingTimeMs, "processing_time_ms"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("history", history)
                $0.member("hits", hits)
                $0.member("right", right)
                $0.member("wrong", wrong)
                $0.member("decided_otherwise", decidedOtherwise)
                $0.member("examples", examples)
                $0.member("processing_time_ms", processingTimeMs)
            }
        }
    }
}

/// An expense that a pattern under test meets.
public struct TestExample: Sendable, Hashable {
    public var expenseID: String
    public var text: String
    public var categoryName: String
    public var right: Bool

    public init(expenseID: String, text: String, categoryName: String, right: Bool) {
        self.expenseID = expenseID
        self.text = text
        self.categoryName = categoryName
        self.right = right
    }
}

extension TestExample: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var expenseID: String?
        var text: String?
        var categoryName: String?
        var right: Bool?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "expense_id": expenseID = try json.string()
            case "text": text = try json.string()
            case "category_name": categoryName = try json.string()
            case "right": right = try json.bool()
            default: try json.skip()
            }
        }
        self.init(
            expenseID: try json.require(expenseID, "expense_id"), text: try json.require(text, "text"),
            categoryName:
                try json.require(categoryName, "category_name"), right: try json.require(right, "right"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("expense_id", expenseID)
            $0.member("text", text)
            $0.member("category_name", categoryName)
            $0.member("right", right)
        }
    }
}
