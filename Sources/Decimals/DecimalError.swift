/// Why an operation on ``ExactDecimal`` has no exact answer.
public enum DecimalError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The result needs more than 38 digits.
    case overflow
    /// The result needs more than 18 decimal places; name a scale and a rounding instead.
    case inexact
    case divisionByZero

    public var description: String {
        switch self {
        case .overflow: "the result needs more than 38 digits"
        case .inexact: "the result needs more than 18 decimal places"
        case .divisionByZero: "division by zero"
        }
    }
}
