import JSONCodec

/// Learns what people say of expenses: the same merchant is right from the next answer on.
///
/// All of them or none, in one transaction.
public enum ExpenseLearn: RPCMethod {
    public static let name = "expense.learn"
    public static let access = AccessClass.write

    public static let limit = 100

    public struct Params: Sendable, Hashable, JSONCodable {
        /// 1 to 100.
        public var corrections: [CorrectionRecord]

        public init(corrections: [CorrectionRecord]) {
            self.corrections = corrections
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var corrections: [CorrectionRecord]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "corrections": corrections = try json.value()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                corrections: try json.require(corrections, "corrections"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("corrections", corrections)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var lessons: [LessonView]
        public var processingTimeMs: Double

        public init(lessons: [LessonView] = [], processingTimeMs: Double) {
            self.lessons = lessons
            self.processingTimeMs = processingTimeMs
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var lessons: [LessonView] = []
            var processingTimeMs: Double?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "lessons": lessons = try json.value()
                case "processing_time_ms": processingTimeMs = try json.double()
                default: try json.skip()
                }
            }
            self.init(
                lessons: lessons, processingTimeMs: try json.require(processingTimeMs, "processing_time_ms"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("lessons", lessons)
                $0.member("processing_time_ms", processingTimeMs)
            }
        }
    }
}

/// What a person says of an expense.
public struct CorrectionRecord: Sendable, Hashable {
    /// Either the expense itself.
    public var expense: ExpenseRecord?
    /// Or the id of one that is stored.
    public var id: String?
    /// The right category, by its name.
    public var category: String
    /// What had been answered.
    public var predicted: String?

    public init(expense: ExpenseRecord? = nil, id: String? = nil, category: String, predicted: String? = nil) {
        self.expense = expense
        self.id = id
        self.category = category
        self.predicted = predicted
    }
}

extension CorrectionRecord: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var expense: ExpenseRecord?
        var id: String?
        var category: String?
        var predicted: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "expense": expense = try json.value()
            case "id": id = try json.string()
            case "category": category = try json.string()
            case "predicted": predicted = try json.string()
            default: try json.unknownMember(key)
            }
        }
        self.init(
            expense: expense, id: id, category: try json.require(category, "category"), predicted: predicted)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("expense", ifPresent: expense)
            $0.member("id", ifPresent: id)
            $0.member("category", category)
            $0.member("predicted", ifPresent: predicted)
        }
    }
}

/// What a correction taught.
public struct LessonView: Sendable, Hashable {
    public var expenseID: String
    /// accepted or correction; missing where nothing had been answered.
    public var feedback: String?
    /// Patterns that are new.
    public var created: [String]
    public var updated: [String]
    public var deactivated: [String]
    /// The pattern that carries the lesson.
    public var pattern: String?
    /// Its effective confidence now.
    public var confidence: Double?

    public init(
        expenseID: String, feedback: String? = nil, created: [String] = [], updated: [String] = [],
        deactivated:
            [String] = [], pattern: String? = nil, confidence: Double? = nil
    ) {
        self.expenseID = expenseID
        self.feedback = feedback
        self.created = created
        self.updated = updated
        self.deactivated = deactivated
        self.pattern = pattern
        self.confidence = confidence
    }
}

extension LessonView: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var expenseID: String?
        var feedback: String?
        var created: [String] = []
        var updated: [String] = []
        var deactivated: [String] = []
        var pattern: String?
        var confidence: Double?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "expense_id": expenseID = try json.string()
            case "feedback": feedback = try json.string()
            case "created": created = try json.value()
            case "updated": updated = try json.value()
            case "deactivated": deactivated = try json.value()
            case "pattern": pattern = try json.string()
            case "confidence": confidence = try json.double()
            default: try json.skip()
            }
        }
        self.init(
            expenseID: try json.require(expenseID, "expense_id"), feedback: feedback, created: created,
            updated:
                updated, deactivated: deactivated, pattern: pattern, confidence: confidence)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("expense_id", expenseID)
            $0.member("feedback", ifPresent: feedback)
            $0.member("created", created)
            $0.member("updated", updated)
            $0.member("deactivated", deactivated)
            $0.member("pattern", ifPresent: pattern)
            $0.member("confidence", ifPresent: confidence)
        }
    }
}
