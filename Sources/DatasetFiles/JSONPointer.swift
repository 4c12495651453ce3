public import JSONCodec

/// The way to a value within another, as RFC 6901 writes it: "/data/0/id"; empty for the whole.
public struct JSONPointer: Hashable, Sendable, CustomStringConvertible {
    public let tokens: [String]

    public init() { tokens = [] }

    /// Nil for a text that is no pointer.
    public init?(_ text: String) {
        if text.isEmpty {
            tokens = []
            return
        }
        guard text.hasPrefix("/") else { return nil }
        var tokens: [String] = []
        for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let token = Self.unescaped(part) else { return nil }
            tokens.append(token)
        }
        self.tokens = tokens
    }

    /// What it leads to; nil where that is not there.
    public func find(in value: JSONValue) -> JSONValue? {
        var value = value
        for token in tokens {
            switch value {
            case .object:
                guard let member = value[token] else { return nil }
                value = member
            case .array:
                // No leading zeros, no sign: as the RFC has it.
                guard let index = Int(token), "\(index)" == token, let element = value[index] else { return nil }
                value = element
            default: return nil
            }
        }
        return value
    }

    private static func unescaped(_ part: Substring) -> String? {
        var text = ""
        var rest = part[...]
        while let character = rest.popFirst() {
            guard character == "~" else {
                text.append(character)
                continue
            }
            switch rest.popFirst() {
            case "0": text.append("~")
            case "1": text.append("/")
            default: return nil
            }
        }
        return text
    }

    public var description: String {
        tokens.map { token in
            "/"
                + token.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
                .split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
        }.joined()
    }
}
