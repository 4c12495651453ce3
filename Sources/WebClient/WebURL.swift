import Linux

/// An absolute `http` or `https` address as RFC 3986 writes it; whatever two readers could read differently is refused.
///
/// It prints as its ``origin``: path and query often hold what only the receiver should see.
public struct WebURL: Hashable, Sendable, CustomStringConvertible {
    public enum Scheme: String, Hashable, Sendable { case http, https }

    /// Bytes an address may have.
    public static let longest = 8192

    public let scheme: Scheme
    /// A name or a number, in lower case; an IPv6 number is in brackets.
    public let host: String
    public let port: Int
    /// Path and query, "/" at least; a fragment is never sent and so is not kept.
    public let target: String

    /// - Throws: ``WebError/badURL(_:)`` that says what is wrong, without the address itself.
    public init(_ text: String) throws(WebError) {
        guard text.utf8.count <= Self.longest else {
            throw .badURL("it is longer than \(Self.longest) bytes")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw .badURL("it holds white space or signs beyond ASCII; write them as %XX, a name in punycode")
        }
        guard let separator = text.firstRange(of: "://"),
            let scheme = Scheme(rawValue: text[..<separator.lowerBound].lowercased())
        else { throw .badURL("it begins neither with http:// nor with https://") }
        let rest = text[separator.upperBound...].prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else {
            throw .badURL("it holds a user name; give credentials in a header instead")
        }
        self.scheme = scheme
        (host, port) = try Self.place(authority, of: scheme)
        let target = rest[authority.endIndex...]
        try Self.check(target)
        self.target = target.hasPrefix("/") ? String(target) : "/" + target
    }

    /// Scheme, host and port: "https://hooks.example.org", the port only where it is not the scheme's own.
    public var origin: String { "\(scheme.rawValue)://\(authority)" }

    /// What the header `Host` says.
    public var authority: String { port == Self.port(of: scheme) ? host : "\(host):\(port)" }

    /// The whole address.
    public var text: String { origin + target }

    public var description: String { origin }

    /// `text` with all but the unreserved signs of RFC 3986 as %XX, to stand within a path or query.
    public static func escaped(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            if byte.isLetterOrDigit || "-._~".utf8.contains(byte) {
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                escaped += (byte < 0x10 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return escaped
    }

    private static func port(of scheme: Scheme) -> Int { scheme == .http ? 80 : 443 }

    private static func place(_ authority: Substring, of scheme: Scheme) throws(WebError) -> (String, Int) {
        let host: Substring
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { throw .badURL("its host lacks \"]\"") }
            host = authority[...bracket]
            guard host.utf8.dropFirst().dropLast().contains(UInt8(ascii: ":")),
                host.dropFirst().dropLast().allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." })
            else { throw .badURL("its host is no IPv6 address") }
        } else {
            host = authority.prefix { $0 != ":" }
            guard !host.isEmpty, host.count <= 253,
                host.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" || $0 == "." || $0 == "_" })
            else { throw .badURL("its host is no name and no address") }
        }
        let rest = authority[host.endIndex...]
        if rest.isEmpty { return (host.lowercased(), port(of: scheme)) }
        guard rest.hasPrefix(":"), rest.count <= 6, rest.dropFirst().allSatisfy(\.isNumber),
            let port = Int(rest.dropFirst()), (1...65_535).contains(port)
        else { throw .badURL("its port is no number from 1 to 65535") }
        return (host.lowercased(), port)
    }

    private static func check(_ target: Substring) throws(WebError) {
        let allowed = Set("-._~!$&'()*+,;=:@/?%".utf8)
        var escape = 0
        for byte in target.utf8 {
            let sign = Character(Unicode.Scalar(byte))
            if escape > 0 {
                guard sign.isHexDigit else { throw .badURL("a % in it is not followed by two hexadecimal digits") }
                escape -= 1
            } else if byte == UInt8(ascii: "%") {
                escape = 2
            } else if !allowed.contains(byte), !sign.isLetter, !sign.isNumber {
                throw .badURL("its path or query holds \"\(sign)\"; write it as %XX")
            }
        }
        guard escape == 0 else { throw .badURL("a % in it is not followed by two hexadecimal digits") }
    }
}
