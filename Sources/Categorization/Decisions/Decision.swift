/// What is asked of a decision. Defaults as the original had them.
public struct DecisionOptions: Hashable, Sendable {
    /// Below this confidence there is no answer.
    public var minimumConfidence = 0.5
    /// From this confidence on the category is stored.
    public var autoCategorizeThreshold = 0.70
    /// From this confidence on the level of an answer is high.
    public var highConfidenceThreshold = 0.85
    public var includeAlternatives = false
    public var maximumAlternatives = 3
    public var checkUserPreferences = true
    public var autoUpdate = true
    public var fuzzy: FuzzyOptions = {
        var options = FuzzyOptions()
        // All that apply, as in a batch: an answer must not depend on how it was asked for.
        options.candidates = nil
        return options
    }()

    public init() {}

    /// Whether an answer is to be stored with its expense. What an account prefers is not: it speaks for itself.
    public func stores(_ confidence: Double, isPreference: Bool) -> Bool {
        autoUpdate && !isPreference && confidence >= autoCategorizeThreshold
    }
}

/// How an answer came to be.
public enum DecisionMethod: String, Hashable, Sendable, CaseIterable {
    case userPreference = "user_preference"
    case rule
    case merchant, keyword, description, regex, composite
    /// By a shared word.
    case fuzzy
    /// By the layer that was trained from history.
    case learned
    case noMatch = "no_match"
    case error
}

/// Why an expense cannot be categorized at all.
public enum DecisionError: Error, Hashable, Sendable, CustomStringConvertible {
    case notStored
    case noText

    public var description: String {
        switch self {
        case .notStored: "the expense has no id; store it before it is categorized"
        case .noText: "the expense has neither merchant nor description; give one of them"
        }
    }
}

public struct Alternative: Hashable, Sendable {
    public var category: CategoryID
    public var confidence: Double

    public init(_ category: CategoryID, _ confidence: Double) {
        self.category = category
        self.confidence = confidence
    }
}

/// The answer for one expense. An expense that cannot be categorized gets an answer too.
public struct Decision: Hashable, Sendable {
    public var category: CategoryID?
    /// Four decimals.
    public var confidence: Double
    public var method: DecisionMethod
    /// "type:value" of what matched.
    public var patternsUsed: [String] = []
    /// How the confidence is made up; nil where it is not made of factors.
    public var breakdown: Confidence?
    /// Other categories, best first.
    public var alternatives: [Alternative] = []
    /// Where there is no answer: the up to three likeliest categories.
    public var suggestions: [Alternative] = []
    public var patternsEvaluated = 0
    public var cacheHits = 0
    public var error: DecisionError?

    public init(category: CategoryID?, confidence: Double, method: DecisionMethod) {
        self.category = category
        self.confidence = confidence
        self.method = method
    }

    static func failed(_ error: DecisionError) -> Decision {
        var decision = Decision(category: nil, confidence: 0, method: .error)
        decision.error = error
        return decision
    }

    public var level: ConfidenceLevel { ConfidenceLevel(confidence) }
}
