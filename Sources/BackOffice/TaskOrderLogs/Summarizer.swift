/// Makes one text of what was delivered in a month.
public protocol Summarizer: Sendable {
    /// - Parameter work: at least one text.
    func summarize(_ work: [WorkText]) async throws -> String
}

/// What somebody wrote of his work, and the hours it took.
public struct WorkText: Hashable, Sendable {
    public var text: String
    public var hours: Hours

    public init(text: String, hours: Hours) {
        self.text = text
        self.hours = hours
    }
}

/// Keeps the original texts, a blank line between them.
public struct OriginalTexts: Summarizer {
    public init() {}

    public func summarize(_ work: [WorkText]) -> String { Self.joined(work) }

    static func joined(_ work: [WorkText]) -> String { work.map(\.text).joined(separator: "\n\n") }
}
