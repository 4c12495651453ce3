/// What is wrong with an expression, where, and what would be right.
public struct ExpressionError: Error, Hashable, Sendable, CustomStringConvertible {
    public let expression: String
    /// The character at fault, counted from 1; one beyond the last where something is missing at the end.
    public let column: Int
    /// "minute 75 is out of range"
    public let problem: String
    /// "0 to 59"
    public let remedy: String

    public init(expression: String, column: Int, problem: String, remedy: String) {
        self.expression = expression
        self.column = column
        self.problem = problem
        self.remedy = remedy
    }

    /// "column 3: minute 75 is out of range; right would be 0 to 59"
    public var description: String { "column \(column): \(problem); right would be \(remedy)" }

    /// The expression, and below it a mark under the character at fault, for a terminal.
    public var pointer: String {
        "\(expression)\n\(String(repeating: " ", count: column - 1))^ \(problem); right would be \(remedy)"
    }
}
