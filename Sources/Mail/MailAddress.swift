/// An address that mail goes to or comes from: `local@domain`, without a name and without quoting.
public struct MailAddress: Hashable, Sendable, CustomStringConvertible {
    public let local: String
    public let domain: String

    /// Nil for what is no such address, or longer than 254 bytes (RFC 5321, 4.5.3.1).
    public init?(_ text: String) {
        guard text.utf8.count <= 254, let at = text.lastIndex(of: "@") else { return nil }
        local = String(text[..<at])
        domain = String(text[text.index(after: at)...])
        guard (1...64).contains(local.utf8.count), Self.isDotted(local, Self.isAtom), domain.utf8.count <= 253,
            Self.isDotted(domain, Self.isLabel)
        else { return nil }
    }

    public var description: String { "\(local)@\(domain)" }

    /// Whether it holds nothing but ASCII; another one needs a server with SMTPUTF8 (RFC 6531).
    public var isASCII: Bool { description.utf8.allSatisfy { $0 < 0x80 } }

    private static func isDotted(_ text: String, _ isPart: (Substring) -> Bool) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty && isPart($0) }
    }

    private static func isAtom(_ text: Substring) -> Bool {
        text.unicodeScalars.allSatisfy { isLetterOrDigit($0) || "!#$%&'*+-/=?^_`{|}~".unicodeScalars.contains($0) }
    }

    private static func isLabel(_ text: Substring) -> Bool {
        text.utf8.count <= 63 && text.first != "-" && text.last != "-"
            && text.unicodeScalars.allSatisfy { isLetterOrDigit($0) || $0 == "-" }
    }

    private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        guard !scalar.isASCII else {
            return ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .nonspacingMark, .spacingMark:
            return true
        default: return false
        }
    }
}
