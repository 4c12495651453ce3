import JSONCodec

/// Says why an expense gets its category, and what nearly gave it another.
public enum ExpenseExplain: RPCMethod {
    public static let name = "expense.explain"
    public static let access = AccessClass.read

    public typealias Params = ExpenseQuestion

    public struct Result: Sendable, Hashable, JSONCodable {
        public var result: CategorizationResult
        public var hits: [ExplanationHit]
        public var nearMisses: [ExplanationMiss]
        /// The text was too unlike for use and success to count.
        public var gated: Bool
        /// What the learned layer ranks.
        public var learned: [CategoryAlternative]
        public var reasons: [ExplanationReason]
        public var teachers: [ExplanationTeacher]

        public init(
            result: CategorizationResult, hits: [ExplanationHit] = [], nearMisses: [ExplanationMiss] = [], gated: Bool,
            learned: [CategoryAlternative] = [], reasons: [ExplanationReason] = [], teachers: [ExplanationTeacher] = []
        ) {
            self.result = result
            self.hits = hits
            self.nearMisses = nearMisses
            self.gated = gated
            self.learned = learned
            self.reasons = reasons
            self.teachers = teachers
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var result: CategorizationResult?
            var hits: [ExplanationHit] = []
            var nearMisses: [ExplanationMiss] = []
            var gated: Bool?
            var learned: [CategoryAlternative] = []
            var reasons: [ExplanationReason] = []
            var teachers: [ExplanationTeacher] = []
            try json.object { key, json throws(JSONError) in
                switch key {
                case "result": result = try json.value()
                case "hits": hits = try json.value()
                case "near_misses": nearMisses = try json.value()
                case "gated": gated = try json.bool()
                case "learned": learned = try json.value()
                case "reasons": reasons = try json.value()
                case "teachers": teachers = try json.value()
                default: try json.skip()
                }
            }
            self.init(
                result: try json.require(result, "result"), hits: hits, nearMisses: nearMisses,
                gated: try json.require(gated, "gated"), learned: learned, reasons: reasons, teachers: teachers)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("result", result)
                $0.member("hits", hits)
                $0.member("near_misses", nearMisses)
                $0.member("gated", gated)
                $0.member("learned", learned)
                $0.member("reasons", reasons)
                $0.member("teachers", teachers)
            }
        }
    }
}

/// What spoke for a category.
public struct ExplanationHit: Sendable, Hashable {
    public var label: String
    public var categoryName: String
    /// fuzzy, word, direct, composite, rule or preference.
    public var manner: String
    /// How alike the texts are.
    public var score: Double?
    /// What it would give alone.
    public var confidence: Double

    public init(label: String, categoryName: String, manner: String, score: Double? = nil, confidence: Double) {
        self.label = label
        self.categoryName = categoryName
        self.manner = manner
        self.score = score
        self.confidence = confidence
    }
}

extension ExplanationHit: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var label: String?
        var categoryName: String?
        var manner: String?
        var score: Double?
        var confidence: Double?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "label": label = try json.string()
            case "category_name": categoryName = try json.string()
            case "manner": manner = try json.string()
            case "score": score = try json.double()
            case "confidence": confidence = try json.double()
            default: try json.skip()
            }
        }
        self.init(
            label: try json.require(label, "label"), categoryName: try json.require(categoryName, "category_name"),
            manner: try json.require(manner, "manner"), score: score,
            confidence: try json.require(
                confidence,
                "confidence"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("label", label)
            $0.member("category_name", categoryName)
            $0.member("manner", manner)
            $0.member("score", ifPresent: score)
            $0.member("confidence", confidence)
        }
    }
}

/// What nearly spoke for a category.
public struct ExplanationMiss: Sendable, Hashable {
    public var label: String
    public var categoryName: String
    public var score: Double
    public var minimum: Double

    public init(label: String, categoryName: String, score: Double, minimum: Double) {
        self.label = label
        self.categoryName = categoryName
        self.score = score
        self.minimum = minimum
    }
}

extension ExplanationMiss: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var label: String?
        var categoryName: String?
        var score: Double?
        var minimum: Double?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "label": label = try json.string()
            case "category_name": categoryName = try json.string()
            case "score": score = try json.double()
            case "minimum": minimum = try json.double()
            default: try json.skip()
            }
        }
        self.init(
            label: try json.require(label, "label"), categoryName: try json.require(categoryName, "category_name"),
            score: try json.require(score, "score"), minimum: try json.require(minimum, "minimum"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("label", label)
            $0.member("category_name", categoryName)
            $0.member("score", score)
            $0.member("minimum", minimum)
        }
    }
}

/// What the learned layer saw.
public struct ExplanationReason: Sendable, Hashable {
    public var feature: String
    public var contribution: Double

    public init(feature: String, contribution: Double) {
        self.feature = feature
        self.contribution = contribution
    }
}

extension ExplanationReason: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var feature: String?
        var contribution: Double?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "feature": feature = try json.string()
            case "contribution": contribution = try json.double()
            default: try json.skip()
            }
        }
        self.init(
            feature: try json.require(feature, "feature"), contribution: try json.require(contribution, "contribution"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("feature", feature)
            $0.member("contribution", contribution)
        }
    }
}

/// Who taught what a pattern says, and when.
public struct ExplanationTeacher: Sendable, Hashable {
    public var label: String
    public var by: String
    public var at: String
    public var expenseID: String?

    public init(label: String, by: String, at: String, expenseID: String? = nil) {
        self.label = label
        self.by = by
        self.at = at
        self.expenseID = expenseID
    }
}

extension ExplanationTeacher: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var label: String?
        var by: String?
        var at: String?
        var expenseID: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "label": label = try json.string()
            case "by": by = try json.string()
            case "at": at = try json.string()
            case "expense_id": expenseID = try json.string()
            default: try json.skip()
            }
        }
        self.init(
            label: try json.require(label, "label"), by: try json.require(by, "by"), at: try json.require(at, "at"),
            expenseID: expenseID)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("label", label)
            $0.member("by", by)
            $0.member("at", at)
            $0.member("expense_id", ifPresent: expenseID)
        }
    }
}
