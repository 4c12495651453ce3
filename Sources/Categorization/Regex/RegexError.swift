/// Why a text is not a regular expression that may be used. `at` counts characters from 0.
public enum RegexError: Error, Hashable, Sendable, CustomStringConvertible {
    case unexpectedEnd(expected: String)
    case unexpected(String, at: Int)
    case unsupported(String, at: Int)
    case tooLarge(states: Int)

    public var description: String {
        switch self {
        case .unexpectedEnd(let expected): "the expression ends where \(expected) was expected"
        case .unexpected(let text, let place): "\"\(text)\" is not allowed at character \(place)"
        case .unsupported(let what, let place): "\(what) at character \(place) is not supported"
        case .tooLarge(let states): "the expression needs more than \(states) states; shorten its counted repetitions"
        }
    }
}
