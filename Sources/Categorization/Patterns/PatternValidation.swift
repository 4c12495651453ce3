public import Decimals

/// Why a pattern may not be kept.
public enum PatternError: Error, Hashable, Sendable, CustomStringConvertible {
    case length(Int)
    case controlCharacter
    case stopWord(String)
    case amountRange(String)
    case amountSpan(ExactDecimal)
    case time(String)
    case regex(RegexError)
    case regexLength(Int)
    case regexNested
    case regexComplexity(Int)
    case weight(Double)

    public var description: String {
        switch self {
        case .length(let length): "a text pattern has 2 to 255 characters, this one has \(length)"
        case .controlCharacter: "a text pattern must not hold control characters"
        case .stopWord(let word): "\"\(word)\" stands in too many texts to say anything"
        case .amountRange(let text):
            "\"\(text)\" is no amount range: give min-max with min below max, at most 2 decimals and 14 digits before "
                + "them, such as 5.00-20"
        case .amountSpan(let span): "an amount range spans at most 10000, this one spans \(span)"
        case .time(let text):
            "\"\(text)\" is no time: give morning, afternoon, evening, night, weekend, weekday or HH:MM-HH:MM"
        case .regex(let error): "the regular expression cannot be read: \(error)"
        case .regexLength(let length): "a regular expression has at most 100 characters, this one has \(length)"
        case .regexNested: "the regular expression repeats a repetition, such as (a+)+; write it without"
        case .regexComplexity(let score): "the regular expression has a complexity of \(score), 10 is the most"
        case .weight(let weight): "a weight lies in 0.1...5, not \(weight)"
        }
    }
}

extension Pattern {
    static let maximumRegexLength = 100
    static let maximumRegexComplexity = 10
    static let maximumSpan = ExactDecimal(10_000)

    /// Words that say nothing of a category.
    static let stopWords: Set<String> = [
        "the", "and", "for", "with", "from", "this", "that", "are", "was", "has", "have", "not", "but", "you", "your",
    ]

    /// What the value means, or why it is refused.
    ///
    /// A regular expression is refused that holds nested quantifiers, look-behind, or is too complex. Its search is
    /// bounded by construction, so the probe of the original with a clock is not needed.
    public static func validated(_ type: PatternType, _ value: String) throws(PatternError) -> PatternValue {
        switch type {
        case .merchant, .keyword, .description: try checkText(value)
        case .regex:
            let length = value.unicodeScalars.count
            guard length <= maximumRegexLength else { throw .regexLength(length) }
        case .amountRange, .time: break
        }
        let parsed = try PatternValue(type, value)
        if case .regex(let regex) = parsed {
            guard !regex.hasNestedQuantifiers else { throw .regexNested }
            guard regex.complexity <= maximumRegexComplexity else { throw .regexComplexity(regex.complexity) }
        }
        if case .amounts(let range) = parsed, range.span > maximumSpan { throw .amountSpan(range.span) }
        return parsed
    }

    private static func checkText(_ value: String) throws(PatternError) {
        let length = value.unicodeScalars.count
        guard (2...255).contains(length) else { throw .length(length) }
        guard !value.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw .controlCharacter
        }
        let lowered = value.lowercased()
        guard !stopWords.contains(lowered) else { throw .stopWord(lowered) }
    }
}
