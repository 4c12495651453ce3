import Glibc

/// A real mail server (aiosmtpd of Debian) at 127.0.0.1, for one test.
///
/// Whom it is sent to says what it does: `busy@…` is refused for now, `nobody@…` for good, `full@…` after the message; at
/// `lost@…` the connection breaks when the whole message has come; `silent@…` is never answered.
public final class MailServer: Sendable {
    /// Whether it is there; tests that need it skip by name where not.
    public static let isThere =
        access("/usr/bin/python3", X_OK) == 0 && access("/usr/lib/python3/dist-packages/aiosmtpd", R_OK) == 0

    public struct Options: Sendable {
        public enum Security: String, Sendable { case starttls, tls, none }

        public var security = Security.starttls
        /// Who has to sign in, and how; nil for nobody.
        public var user: String?
        public var password = ""
        /// Ways to sign in that it does not offer.
        public var without: [String] = []
        public var takesUTF8 = true
        public var sizeLimit = 1 << 20
        /// So long it takes before each answer about a person, before it has a message, and before it says so.
        public var pause = Duration.zero

        public init() {}
    }

    public let port: Int
    private let process: RunningProcess

    /// Starts it, and returns when it takes connections.
    public init(_ options: Options = Options(), certificate: TestCertificate?) async throws {
        let folder = certificate.map { [$0.file, $0.key] } ?? ["", ""]
        process = try RunningProcess(
            [
                "/usr/bin/python3", "-u", "-c", Self.source, options.security.rawValue, folder[0], folder[1],
                options.user ?? "", options.password, options.without.joined(separator: ","),
                options.takesUTF8 ? "utf8" : "", "\(options.sizeLimit)", "\(options.pause / .seconds(1))",
            ])
        try await process.waitForOutput("\n")
        guard let port = Int(process.progress.value.outputText.prefix { $0 != "\n" }) else {
            throw TestFailure("no port: \(process.progress.value.errorText)")
        }
        self.port = port
    }

    /// The messages that it took so far.
    public var messages: [Tree] { Self.messages(process.progress.value.outputText) }

    /// Waits until it has taken so many messages.
    public func wait(for count: Int, within limit: Duration = .seconds(60)) async throws -> [Tree] {
        try await process.progress.wait(within: limit, for: "\(count) messages") {
            Self.messages($0.outputText).count >= count
        }
        return messages
    }

    /// Ends it, with a word on what it held against us.
    public func end() async throws {
        process.signal(SIGTERM)
        try await process.wait()
    }

    private static func messages(_ output: String) -> [Tree] {
        output.split(separator: "\n").dropFirst().compactMap { try? Tree(String($0)) }
    }

    private static let source = #"""
        import asyncio, json, signal, ssl, sys
        from aiosmtpd.smtp import SMTP, AuthResult
        security, certificate, key, user, password, without, utf8, size, pause = sys.argv[1:]
        pause = float(pause)

        class Handler:
            async def handle_RCPT(self, server, session, envelope, address, options):
                await asyncio.sleep(pause)
                what = address.split("@")[0]
                if what == "busy":
                    return "451 4.3.0 come again later"
                if what == "nobody":
                    return "550 5.1.1 <%s> is nobody here" % address
                if what == "silent":
                    await asyncio.sleep(3600)
                envelope.rcpt_tos.append(address)
                return "250 2.1.5 taken"

            async def handle_DATA(self, server, session, envelope):
                await asyncio.sleep(pause)
                what = envelope.rcpt_tos[0].split("@")[0]
                if what == "full":
                    return "552 5.2.2 no room"
                print(json.dumps({
                    "from": envelope.mail_from, "to": envelope.rcpt_tos, "options": envelope.mail_options,
                    "hello": session.host_name, "signedIn": session.authenticated, "tls": server.transport.get_extra_info("sslcontext") is not None,
                    "data": envelope.original_content.decode()}))
                if what == "lost":
                    server.transport.abort()
                await asyncio.sleep(pause)
                return "250 2.0.0 taken"

        def authenticate(server, session, envelope, mechanism, data):
            right = data.login == user.encode() and data.password == password.encode()
            return AuthResult(success=right, handled=False)

        context = None
        if certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate, key)

        def make():
            return SMTP(
                Handler(), hostname="mail.test", ident="test", data_size_limit=int(size), enable_SMTPUTF8=bool(utf8),
                tls_context=context if security == "starttls" else None, require_starttls=security == "starttls",
                auth_required=bool(user), authenticator=authenticate if user else None,
                auth_require_tls=security == "starttls", auth_exclude_mechanism=[w for w in without.split(",") if w])

        async def main():
            loop = asyncio.get_running_loop()
            server = await loop.create_server(
                make, "127.0.0.1", 0, ssl=context if security == "tls" else None)
            print(server.sockets[0].getsockname()[1])
            end = asyncio.Event()
            loop.add_signal_handler(signal.SIGTERM, end.set)
            await end.wait()

        asyncio.run(main())
        """#
}
