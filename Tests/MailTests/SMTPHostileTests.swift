import MillraceProtocol
import TestSupport
import Testing

@testable import Mail

/// Servers that say what no server should.
struct SMTPHostileTests {
    private func failure(_ script: [String], _ security: SMTPSettings.Security = .none) async throws -> SMTPError {
        let server = try ScriptedServer(script)
        var settings = SMTPSettings(server: "127.0.0.1", port: server.port, security: security)
        settings.timeout = .seconds(30)
        let message = MailMessage(
            from: try #require(MailAddress("mill@millrace.test")), to: try #require(MailAddress("ada@example.com")),
            subject: "s", text: "t", token: "t", date: .epoch)
        do {
            try await SMTPClient(settings) { "" }.send(message) {}
        } catch let error as SMTPError {
            return error
        }
        throw TestFailure("it was sent")
    }

    @Test(arguments: [
        ["garbage\r\n"], ["220-" + String(repeating: "x", count: 9000)], ["220 a\r\n", "999 x\r\n"],
        ["220 a\r\n220 b\r\n220 c\r\n", "250 x\r\n"], ["220 a\r\n", "354 go on\r\n"], [""],
        ["220 a\r\n", "250-mail\r\n"],
    ])
    func nonsenseIsAnErrorThatMayPass(script: [String]) async throws {
        let error = try await failure(script)
        #expect(error.rpcError.status == .unavailable, "\(error)")
    }

    @Test func afterSTARTTLSNothingFromBeforeCounts() async throws {
        let error = try await failure(
            ["220 a\r\n", "250-mail\r\n250 STARTTLS\r\n", "220 go\r\n250 injected\r\n"], .starttls)
        #expect(error.rpcError.reason == "mail.protocol", "\(error)")
    }

    @Test func aFarewellBeforeItsTimeIsItsAnswer() async throws {
        let error = try await failure(["220 a\r\n", "250 mail\r\n421 4.3.2 we close\r\n"])
        guard case .refused(_, _, 421, _) = error else { throw TestFailure("\(error)") }
        #expect(error.isTransient)
    }

    @Test func aGreetingThatRefusesIsForGood() async throws {
        let error = try await failure(["554 5.3.2 no mail here\r\n"])
        guard case .refused(_, .connect, 554, "5.3.2 no mail here") = error else { throw TestFailure("\(error)") }
        #expect(!error.isTransient)
    }
}
