/// What the learned layer thinks of an expense.
public struct Prediction: Hashable, Sendable {
    /// The likeliest categories with their probabilities, best first.
    public var ranking: [Alternative]
    /// Whether the first one is sure enough to be an answer.
    public var isSure: Bool

    public init(ranking: [Alternative], isSure: Bool) {
        self.ranking = ranking
        self.isSure = isSure
    }
}

/// Something trained from history that can be asked where patterns know no answer.
public protocol ExpensePredictor: Sendable {
    /// Nil where it has nothing to say.
    func prediction(for expense: Expense, _ scratch: inout ModelScratch) -> Prediction?
    /// What spoke for the category, strongest first; what spoke against it has a negative weight.
    func reasons(for category: CategoryID, of expense: Expense) -> [LearnedReason]
}

/// A part of a text (or a band of amounts or dates) and how much it speaks for a category.
public struct LearnedReason: Hashable, Sendable {
    public var feature: String
    public var contribution: Double

    public init(_ feature: String, _ contribution: Double) {
        self.feature = feature
        self.contribution = contribution
    }
}
