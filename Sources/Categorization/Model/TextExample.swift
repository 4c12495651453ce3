public import Linux

/// What the learned layer sees of an expense.
public struct TextExample: Hashable, Sendable {
    /// The merchant or supplier first, then what else is said.
    public var texts: [String]
    public var amount: Double?
    public var date: CivilDate?

    public init(texts: [String], amount: Double? = nil, date: CivilDate? = nil) {
        self.texts = texts
        self.amount = amount
        self.date = date
    }

    public init(_ expense: Expense) {
        // A missing merchant keeps its place, so that a description is never taken for one.
        self.init(
            texts: [expense.merchant ?? ""] + (expense.note.map { [$0] } ?? []), amount: expense.amount?.approximate,
            date: expense.date)
    }
}

/// An example with what it is.
public struct LabelledExample: Hashable, Sendable {
    public var example: TextExample
    public var label: String

    public init(_ example: TextExample, label: String) {
        self.example = example
        self.label = label
    }
}
