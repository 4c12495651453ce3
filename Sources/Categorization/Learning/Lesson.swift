/// What a person says of an expense.
public struct Correction: Hashable, Sendable {
    public var expense: Expense
    public var correct: CategoryID
    /// What had been answered; nil when nothing had.
    public var predicted: CategoryID?

    public init(_ expense: Expense, correct: CategoryID, predicted: CategoryID? = nil) {
        self.expense = expense
        self.correct = correct
        self.predicted = predicted
    }
}

/// What a correction changed, for whoever keeps the patterns.
public struct Lesson: Hashable, Sendable {
    public enum Feedback: String, Hashable, Sendable { case accepted, correction }

    public enum Change: Hashable, Sendable {
        case created(Pattern)
        /// As it is afterwards.
        case updated(Pattern)
        case deactivated(Pattern)
        /// The kept one as it is afterwards, and the one that became inactive.
        case merged(into: Pattern, Pattern)
    }

    /// Nil when nothing had been predicted.
    public var feedback: Feedback?
    public var changes: [Change] = []
    /// The pattern that carries the lesson, nil when the expense has no text to learn from.
    public var pattern: Pattern?
    /// Its effective confidence afterwards.
    public var confidence: Double? { pattern?.effectiveConfidence }
}
