/// How a piece of text is meant, not how it looks.
enum Tone: Sendable {
    case plain, good, warning, bad, quiet, strong

    var sequence: String {
        switch self {
        case .plain: ""
        case .good: "\u{1B}[32m"
        case .warning: "\u{1B}[33m"
        case .bad: "\u{1B}[31m"
        case .quiet: "\u{1B}[2m"
        case .strong: "\u{1B}[1m"
        }
    }
}

/// Colours text, or leaves it alone where colours are not wanted.
struct Paint: Sendable {
    let colour: Bool

    func callAsFunction(_ text: String, _ tone: Tone) -> String {
        guard colour, tone != .plain, !text.isEmpty else { return text }
        return tone.sequence + text + "\u{1B}[0m"
    }
}
