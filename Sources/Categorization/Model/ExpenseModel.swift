/// The learned layer for one company's categories: labels of the model are numbers of categories.
public struct ExpenseModel: ExpensePredictor {
    public private(set) var model: TextModel

    public init(_ model: TextModel) { self.model = model }

    /// Learns from expenses whose category was confirmed.
    public init(_ history: [(expense: Expense, category: CategoryID)], _ options: TrainingOptions = TrainingOptions()) {
        let rows = history.map { LabelledExample(TextExample($0.expense), label: $0.category.description) }
        model = TextModel(rows, options)
    }

    /// The three likeliest categories.
    public func prediction(for expense: Expense, _ scratch: inout ModelScratch) -> Prediction? {
        guard expense.hasText else { return nil }
        let answers = model.predict(TextExample(expense), top: 3, &scratch)
        let ranking = answers.compactMap { answer in
            Int64(answer.label).map { Alternative(CategoryID($0), answer.probability.rounded(places: 4)) }
        }
        guard let best = answers.first, !ranking.isEmpty else { return nil }
        // Before it is rounded: many answers lie at the threshold itself, where a calibrated curve is level.
        return Prediction(ranking: ranking, isSure: best.probability >= Double(model.threshold))
    }

    public func reasons(for category: CategoryID, of expense: Expense) -> [LearnedReason] {
        model.reasons(for: category.description, of: TextExample(expense))
    }

    /// After this the expense's merchant gets the category at once, with these words at amounts of this size.
    public mutating func correct(_ expense: Expense, _ category: CategoryID) {
        model.correct(TextExample(expense), label: category.description)
    }

    public mutating func observe(_ expense: Expense, _ category: CategoryID) {
        model.observe(TextExample(expense), label: category.description)
    }
}
