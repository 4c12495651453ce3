import Linux

/// Which server takes mail, and how it is talked to.
public struct SMTPSettings: Hashable, Sendable {
    /// How the connection is kept from others: from the first byte (`tls`), from STARTTLS on, or not at all.
    public enum Security: String, CaseIterable, Hashable, Sendable { case starttls, tls, none }

    /// A name or an address.
    public var server: String
    /// 587, 465 or 25 where it is nil, by the security.
    public var port: Int?
    public var security: Security
    /// What we call ourselves; the name of the machine where it is nil.
    public var hello: String?
    /// Who signs in; nil for a server that does not ask.
    public var user: String?
    /// For the connection, the handshake, and each reply but the last.
    public var timeout = Duration.seconds(60)
    /// For the reply after the message, which the server may take its time for: ten minutes, by RFC 5321, 4.5.3.2.
    public var lastTimeout = Duration.seconds(600)
    /// Certificates in PEM that are trusted besides the system's.
    public var trusted: String?

    public init(server: String, port: Int? = nil, security: Security = .starttls, user: String? = nil) {
        self.server = server
        self.port = port
        self.security = security
        self.user = user
    }

    var usedPort: Int {
        if let port { return port }
        return switch security {
        case .starttls: 587
        case .tls: 465
        case .none: 25
        }
    }

    /// "smtp://mail.example:587"
    var origin: String { "\(security == .tls ? "smtps" : "smtp")://\(server):\(usedPort)" }

    /// Whether what goes to the server stays on this machine.
    public var isLocal: Bool { ["localhost", "127.0.0.1", "::1"].contains(server) }

    /// All that is wrong with them.
    public var problems: [String] {
        var problems: [String] = []
        if server.isEmpty || server.utf8.count > 253 || !server.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
            problems.append("the mail server is a name or an address")
        }
        if security == .none, user != nil, !isLocal {
            problems.append("nobody signs in at \(server) without TLS: everybody on the way could read the password")
        }
        return problems
    }
}
