import Glibc
import Linux

/// Sends messages by a server that takes them (RFC 5321, RFC 6409): TLS, PLAIN and LOGIN, SMTPUTF8 where an address needs it.
///
/// One connection for each message. Nothing is tried twice: errors say whether a later try may help.
public struct SMTPClient: Sendable {
    /// A longer message is refused before anything is sent.
    public static let longestMessage = 10 << 20
    /// How long the server's farewell is waited for, which nothing depends on.
    private static let farewell = Duration.seconds(5)

    public let settings: SMTPSettings
    private let password: @Sendable () throws -> String

    /// - Parameter password: asked for each message, where the settings name a user.
    public init(_ settings: SMTPSettings, password: @escaping @Sendable () throws -> String) {
        self.settings = settings
        self.password = password
    }

    /// Sends a message to the address in it, and returns when the server has taken it. Cancelling closes the connection.
    ///
    /// - Parameter beforeMessage: called once the server has taken the addresses and waits for the message. If it throws,
    ///   nothing was sent.
    /// - Throws: ``SMTPError``; what `beforeMessage` and the password's closure throw. Only after ``SMTPError/uncertain(_:_:)``
    ///   the server may have the message.
    public func send(_ message: MailMessage, beforeMessage: () async throws -> Void) async throws {
        if let problem = settings.problems.first { throw SMTPError.settings(problem) }
        let bytes = message.bytes
        guard bytes.count <= Self.longestMessage else {
            throw SMTPError.settings("the message has \(bytes.count) bytes, more than \(Self.longestMessage)")
        }
        let connection = try await SMTPConnection.open(settings)
        do {
            var session = SMTPSession(settings, connection)
            try await session.begin()
            if let user = settings.user { try await session.signIn(user, try password()) }
            try await session.address(message, size: bytes.count)
            try await beforeMessage()
            try await session.deliver(bytes)
            // The message is taken, whatever becomes of the farewell.
            _ = try? await connection.exchange(Array("QUIT\r\n".utf8), .message, within: Self.farewell)
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
    }
}

/// The commands that send one message.
private struct SMTPSession {
    let settings: SMTPSettings
    let connection: SMTPConnection
    private var abilities = SMTPAbilities(SMTPReply(code: 250, lines: []))

    init(_ settings: SMTPSettings, _ connection: SMTPConnection) {
        self.settings = settings
        self.connection = connection
    }

    private var origin: String { connection.origin }

    /// The greeting, and TLS as it is set; without it nothing goes on.
    mutating func begin() async throws(SMTPError) {
        if settings.security == .tls { try await connection.secure(settings) }
        try accept(try await connection.exchange([], .connect, within: settings.timeout), .connect)
        try await hello()
        guard settings.security == .starttls else { return }
        guard abilities.has("STARTTLS") else {
            throw .unable(origin, "offers no TLS; nothing is sent in the open unless MailSecurity=none says so")
        }
        try await command("STARTTLS", .tls)
        try await connection.secure(settings)
        // What it said before, others may have said.
        try await hello()
    }

    private mutating func hello() async throws(SMTPError) {
        let name = settings.hello ?? Self.machineName()
        let reply = try await command("EHLO \(name)", .hello)
        abilities = SMTPAbilities(reply)
    }

    func signIn(_ user: String, _ password: String) async throws(SMTPError) {
        guard !(user + password).utf8.contains(where: { $0 == 0 || $0 == 10 || $0 == 13 }) else {
            throw .settings("a user or password of mail holds a line end or a zero")
        }
        let ways = abilities.authentications
        if ways.contains("PLAIN") {
            let identity = [0] + Array(user.utf8) + [0] + Array(password.utf8)
            try await command("AUTH PLAIN \(Base64.text(identity))", .signIn)
        } else if ways.contains("LOGIN") {
            try await command("AUTH LOGIN", .signIn, until: 300...399)
            try await command(Base64.text(Array(user.utf8)), .signIn, until: 300...399)
            try await command(Base64.text(Array(password.utf8)), .signIn)
        } else {
            throw .unable(origin, "offers no way to sign in that we know: PLAIN or LOGIN")
        }
    }

    /// Who it is from and whom it is for, up to the server's waiting for the message.
    func address(_ message: MailMessage, size: Int) async throws(SMTPError) {
        var options = ""
        if abilities.has("SIZE") { options += " SIZE=\(size)" }
        if let limit = abilities.size, size > limit {
            throw .unable(origin, "takes messages up to \(limit) bytes, this has \(size)")
        }
        if !message.from.isASCII || !message.to.isASCII {
            guard abilities.has("SMTPUTF8"), abilities.has("8BITMIME") else {
                throw .unable(origin, "takes no addresses that are not ASCII (SMTPUTF8)")
            }
            options += " BODY=8BITMIME SMTPUTF8"
        }
        try await command("MAIL FROM:<\(message.from)>\(options)", .from)
        try await command("RCPT TO:<\(message.to)>", .to)
        try await command("DATA", .data, until: 300...399)
    }

    func deliver(_ bytes: [UInt8]) async throws(SMTPError) {
        let reply: SMTPReply
        do {
            reply = try await connection.exchange(
                Self.stuffed(bytes), .message, within: max(settings.timeout, settings.lastTimeout))
        } catch {
            throw .uncertain(origin, "\(error)")
        }
        try accept(reply, .message)
    }

    /// Lines that begin with a dot get another (RFC 5321, 4.5.2); the end is a dot alone.
    static func stuffed(_ bytes: [UInt8]) -> [UInt8] {
        var stuffed: [UInt8] = []
        stuffed.reserveCapacity(bytes.count + 64)
        var previous = UInt8(ascii: "\n")
        for byte in bytes {
            if byte == UInt8(ascii: "."), previous == UInt8(ascii: "\n") { stuffed.append(byte) }
            stuffed.append(byte)
            previous = byte
        }
        return stuffed + Array(".\r\n".utf8)
    }

    @discardableResult
    private func command(
        _ line: String, _ step: SMTPError.Step, until codes: ClosedRange<Int> = 200...299
    ) async throws(SMTPError) -> SMTPReply {
        let reply = try await connection.exchange(Array("\(line)\r\n".utf8), step, within: settings.timeout)
        try accept(reply, step, codes)
        return reply
    }

    private func accept(
        _ reply: SMTPReply, _ step: SMTPError.Step, _ codes: ClosedRange<Int> = 200...299
    ) throws(SMTPError) {
        guard !codes.contains(reply.code) else { return }
        guard reply.code >= 400 else { throw .confused(origin, "it answered \(reply.code) to \(step.rawValue)") }
        throw .refused(origin, step, code: reply.code, reply.harmlessText)
    }

    /// The machine's full name where it has one with a dot, else an address of its own (RFC 5321, 4.1.3).
    private static func machineName() -> String {
        let name = Machine.hostName
        return name.contains(".") ? name : "[127.0.0.1]"
    }
}
