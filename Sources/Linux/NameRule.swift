/// Rules for names: which texts may be one.
public enum NameRule {
    /// The rule of ``isName(_:)`` in words, to stand behind "a queue has".
    public static let name = "1 to 100 of a-z, 0-9, \"-\", \".\" and \"_\""
    /// The rule of ``isSecret(_:)`` in words.
    public static let secret = "1 to 255 of letters, digits, \"-\", \"_\" and \".\", no \".\" first"

    /// Whether `text` can be what a queue, kind, schedule, pool, limit or resource is called: 1 to 100 of a-z, 0-9, "-",
    /// "." and "_".
    public static func isName(_ text: String) -> Bool {
        (1...100).contains(text.utf8.count)
            && text.utf8.allSatisfy { ($0.isLetterOrDigit && !(0x41...0x5A).contains($0)) || "-._".utf8.contains($0) }
    }

    /// Whether `text` can be what a secret is called: a plain file name of 1 to 255 ASCII letters, digits, "-", "." and
    /// "_" that does not begin with ".".
    public static func isSecret(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count) && !text.hasPrefix(".")
            && text.utf8.allSatisfy { $0.isLetterOrDigit || "-._".utf8.contains($0) }
    }

    /// Whether `text` is a token of HTTP, such as the name of a header field (RFC 9110, 5.6.2).
    public static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0.isLetterOrDigit || "!#$%&'*+-.^_`|~".utf8.contains($0) }
    }
}

extension UInt8 {
    /// Whether it is one of a-z, A-Z and 0-9 in ASCII.
    public var isLetterOrDigit: Bool {
        (0x61...0x7A).contains(self) || (0x41...0x5A).contains(self) || (0x30...0x39).contains(self)
    }
}
