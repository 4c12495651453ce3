import JSONCodec

/// Why an expense got no answer.
public enum CategorizationFault: String, WireWord {
    case validation
    case notFound = "not_found"
    case database
    case unavailable
    case timeout
    case failed
}

/// Why an expense got no answer, in words.
public struct CategorizationProblem: Sendable, Hashable {
    public var kind: CategorizationFault
    public var message: String

    public init(kind: CategorizationFault, message: String) {
        self.kind = kind
        self.message = message
    }
}

extension CategorizationProblem: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var kind: CategorizationFault?
        var message: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "kind": kind = try json.value()
            case "message": message = try json.string()
            default: try json.skip()
            }
        }
        self.init(
            kind: try json.require(kind, "kind"), message: try json.require(message, "message"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("kind", kind)
            $0.member("message", message)
        }
    }
}

/// What an answer was about.
public struct CategorizationMetadata: Sendable, Hashable {
    public var expenseID: String
    public var patternsEvaluated: Int

    public init(expenseID: String, patternsEvaluated: Int) {
        self.expenseID = expenseID
        self.patternsEvaluated = patternsEvaluated
    }
}

extension CategorizationMetadata: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var expenseID: String?
        var patternsEvaluated: Int?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "expense_id": expenseID = try json.string()
            case "patterns_evaluated": patternsEvaluated = try json.int()
            default: try json.skip()
            }
        }
        self.init(
            expenseID: try json.require(expenseID, "expense_id"),
            patternsEvaluated: try json.require(
                patternsEvaluated,
                "patterns_evaluated"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("expense_id", expenseID)
            $0.member("patterns_evaluated", patternsEvaluated)
        }
    }
}

/// The answer for one expense; one that cannot be categorized gets an answer too.
public struct CategorizationResult: Sendable, Hashable {
    /// Missing where there is no answer.
    public var categoryID: Int64?
    public var categoryName: String?
    /// Four decimals.
    public var confidence: Double
    /// very_high, high, medium, low or very_low.
    public var confidenceLevel: String
    /// user_preference, rule, the type of a pattern, fuzzy, composite, learned, chat, cached_fallback, no_match or error.
    public var method: String
    /// type:value.
    public var patternsUsed: [String]
    /// What the confidence is made of.
    public var confidenceBreakdown: [String: ConfidencePart]?
    public var alternativeCategories: [CategoryAlternative]
    /// Where there is no answer: the likeliest, three at most.
    public var suggestions: [CategoryAlternative]
    /// Whether the category was stored with the expense.
    public var stored: Bool
    /// By a monotonic clock, two decimals, above 0.
    public var processingTimeMs: Double
    public var cacheHits: Int
    public var error: CategorizationProblem?
    public var metadata: CategorizationMetadata
    public var correlationID: String
    public var createdAt: String

    public init(
        categoryID: Int64? = nil, categoryName: String? = nil, confidence: Double, confidenceLevel: String,
        method:
            String, patternsUsed: [String] = [], confidenceBreakdown: [String: ConfidencePart]? = nil,
        alternativeCategories: [CategoryAlternative] = [], suggestions: [CategoryAlternative] = [], stored: Bool,
        processingTimeMs: Double, cacheHits: Int, error: CategorizationProblem? = nil, metadata: CategorizationMetadata,
        correlationID: String, createdAt: String
    ) {
        self.categoryID = categoryID
        self.categoryName = categoryName
        self.confidence = confidence
        self.confidenceLevel = confidenceLevel
        self.method = method
        self.patternsUsed = patternsUsed
        self.confidenceBreakdown = confidenceBreakdown
        self.alternativeCategories = alternativeCategories
        self.suggestions = suggestions
        self.stored = stored
        self.processingTimeMs = processingTimeMs
        self.cacheHits = cacheHits
        self.error = error
        self.metadata = metadata
        self.correlationID = correlationID
        self.createdAt = createdAt
    }
}

extension CategorizationResult: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var categoryID: Int64?
        var categoryName: String?
        var confidence: Double?
        var confidenceLevel: String?
        var method: String?
        var patternsUsed: [String] = []
        var confidenceBreakdown: [String: ConfidencePart]?
        var alternativeCategories: [CategoryAlternative] = []
        var suggestions: [CategoryAlternative] = []
        var stored: Bool?
        var processingTimeMs: Double?
        var cacheHits: Int?
        var error: CategorizationProblem?
        var metadata: CategorizationMetadata?
        var correlationID: String?
        var createdAt: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "category_id": categoryID = try json.int64()
            case "category_name": categoryName = try json.string()
            case "confidence": confidence = try json.double()
            case "confidence_level": confidenceLevel = try json.string()
            case "method": method = try json.string()
            case "patterns_used": patternsUsed = try json.value()
            case "confidence_breakdown": confidenceBreakdown = try json.value()
            case "alternative_categories": alternativeCategories = try json.value()
            case "suggestions": suggestions = try json.value()
            case "stored": stored = try json.bool()
            case "processing_time_ms": processingTimeMs = try json.double()
            case "cache_hits": cacheHits = try json.int()
            case "error": error = try json.value()
            case "metadata": metadata = try json.value()
            case "correlation_id": correlationID = try json.string()
            case "created_at": createdAt = try json.string()
            default: try json.skip()
            }
        }
        self.init(
            categoryID: categoryID, categoryName: categoryName, confidence: try json.require(confidence, "confidence"),
            confidenceLevel: try json.require(confidenceLevel, "confidence_level"),
            method: try json.require(
                method,
                "method"), patternsUsed: patternsUsed, confidenceBreakdown: confidenceBreakdown,
            alternativeCategories:
                alternativeCategories, suggestions: suggestions, stored: try json.require(stored, "stored"),
            processingTimeMs: try json.require(processingTimeMs, "processing_time_ms"),
            cacheHits: try json.require(cacheHits, "cache_hits"), error: error,
            metadata: try json.require(metadata, "metadata"),
            correlationID: try json.require(correlationID, "correlation_id"),
            createdAt: try json.require(
                createdAt,
                "created_at"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("category_id", ifPresent: categoryID)
            $0.member("category_name", ifPresent: categoryName)
            $0.member("confidence", confidence)
            $0.member("confidence_level", confidenceLevel)
            $0.member("method", method)
            $0.member("patterns_used", patternsUsed)
            $0.member("confidence_breakdown", ifPresent: confidenceBreakdown)
            $0.member("alternative_categories", alternativeCategories)
            $0.member("suggestions", suggestions)
            $0.member("stored", stored)
            $0.member("processing_time_ms", processingTimeMs)
            $0.member("cache_hits", cacheHits)
            $0.member("error", ifPresent: error)
            $0.member("metadata", metadata)
            $0.member("correlation_id", correlationID)
            $0.member("created_at", createdAt)
        }
    }
}
