import Linux

/// A command line written as one text, taken apart into words as a shell does it, but without anything expanded.
enum CommandLine {
    enum Fault: Error, Equatable {
        case unclosed(Character)
        /// A shell would do something about it.
        case special(Character)
        case trailingBackslash
    }

    /// Words are separated by white space; '…' holds all characters as they are, "…" and what stands free take a
    /// backslash before a character that is meant literally. What only a shell could carry out is refused rather than
    /// passed on.
    static func words(_ text: String) throws(Fault) -> [String] {
        var words: [String] = []
        var word: String?
        var rest = text[...]
        while let character = rest.popFirst() {
            switch character {
            case "'":
                guard let end = rest.firstIndex(of: "'") else { throw .unclosed("'") }
                word = (word ?? "") + rest[..<end]
                rest = rest[rest.index(after: end)...]
            case "\"": word = (word ?? "") + (try quoted(&rest))
            case "\\":
                guard let next = rest.popFirst() else { throw .trailingBackslash }
                if !next.isNewline { word = (word ?? "") + String(next) }
            case "|", "&", ";", "<", ">", "(", ")", "$", "`", "*", "?", "[": throw .special(character)
            case "~" where word == nil, "#" where word == nil: throw .special(character)
            case _ where character.isWhitespace:
                if let word { words.append(word) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        if let word { words.append(word) }
        return words
    }

    /// What stands before the closing quote, which is taken too.
    private static func quoted(_ rest: inout Substring) throws(Fault) -> String {
        var text = ""
        while let character = rest.popFirst() {
            switch character {
            case "\"": return text
            case "$", "`": throw .special(character)
            case "\\":
                guard let next = rest.popFirst() else { throw .unclosed("\"") }
                // As in a shell, a backslash before any other character is one.
                if next.isNewline { continue }
                text += ["\"", "\\", "$", "`"].contains(next) ? String(next) : "\\\(next)"
            default: text.append(character)
            }
        }
        throw .unclosed("\"")
    }
}

extension CommandLine {
    /// The words as one text that ``words(_:)`` takes apart again.
    static func text(_ words: [String]) -> String {
        words.map { word in
            let isSimple =
                !word.isEmpty
                && word.utf8.allSatisfy { $0.isLetterOrDigit || "-_./:=,+@%".utf8.contains($0) }
            return isSimple
                ? word : "'\(word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
        }.joined(separator: " ")
    }
}
