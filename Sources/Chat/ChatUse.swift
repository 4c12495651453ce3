public import Decimals

/// What asking one model has cost, as far as anybody knows.
public enum ChatUse: Hashable, Sendable {
    /// It was not reached, or refused: nothing is charged.
    case nothing
    /// It answered: the price where the service names one, and the tokens it counted.
    case told(cost: ExactDecimal?, prompt: Int?, completion: Int?)
    /// It was asked, and what became of it is not known.
    case unknown
}

/// What a model says, and which one it was.
public struct ChatReply: Hashable, Sendable {
    public var text: String
    public var model: String
}
