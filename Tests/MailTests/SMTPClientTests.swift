import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import Mail

/// Over real connections to a real server.
@Suite(.heavy, .enabled(if: MailServer.isThere && TestCertificate.canBeMade))
struct SMTPClientTests {
    private let time = Timestamp(milliseconds: 1_795_253_400_000)

    private func message(
        to: String = "ada@example.com", subject: String = "Grüße", text: String = "line\n.\n..two\nend \n"
    ) throws -> MailMessage {
        MailMessage(
            from: try #require(MailAddress("mill@millrace.test")), sender: "Mühle", to: try #require(MailAddress(to)),
            subject: subject, text: text, page: "<p>ü</p>\n", token: "t-1", date: time)
    }

    private func settings(_ server: MailServer, _ security: SMTPSettings.Security, _ certificate: TestCertificate?)
        -> SMTPSettings
    {
        var settings = SMTPSettings(server: "localhost", port: server.port, security: security)
        settings.trusted = certificate?.file
        settings.timeout = .seconds(60)
        return settings
    }

    private func client(_ settings: SMTPSettings, password: String = "") -> SMTPClient {
        SMTPClient(settings) { password }
    }

    private func failure(_ client: SMTPClient, _ message: MailMessage) async throws -> SMTPError {
        do {
            try await client.send(message) {}
        } catch let error as SMTPError {
            return error
        }
        throw TestFailure("it was sent")
    }

    @Test(arguments: [MailServer.Options.Security.starttls, .tls, .none], [["PLAIN"], ["LOGIN"]])
    func aMessageArrivesAsItWasWritten(security: MailServer.Options.Security, without: [String]) async throws {
        let certificate = try await TestCertificate()
        var options = MailServer.Options()
        options.security = security
        options.user = "mill"
        options.password = "pässword"
        options.without = without
        let server = try await MailServer(options, certificate: certificate)
        var settings = settings(server, try #require(.init(rawValue: security.rawValue)), certificate)
        settings.user = "mill"
        settings.hello = "client.test"
        let client = client(settings, password: "pässword")
        try await client.send(try message()) {}

        let mail = try await server.wait(for: 1)[0]
        #expect(mail["from"].string == "mill@millrace.test" && mail["to"] == .array([.string("ada@example.com")]))
        #expect(mail["hello"].string == "client.test" && mail["signedIn"].bool == true)
        #expect(mail["tls"].bool == (security != .none))
        let data = try #require(mail["data"].string)
        let program = """
            import email, email.policy, sys
            mail = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
            assert not mail.defects, mail.defects
            for name in ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"]:
                assert len(mail.get_all(name)) == 1, name
                print(mail[name])
            for part in mail.iter_parts():
                print(part.get_content_type(), repr(part.get_content().replace("\\r\\n", "\\n")))
            """
        let read = try await run(["/usr/bin/python3", "-c", program], input: data)
        #expect(
            read.output == """
                Mühle <mill@millrace.test>
                ada@example.com
                Grüße
                Sat, 21 Nov 2026 09:30:00 +0000
                <t-1@millrace.test>
                auto-generated
                1.0
                text/plain 'line\\n.\\n..two\\nend '
                text/html '<p>ü</p>'

                """, "\(read)")
        try await server.end()
    }

    @Test func whatTheServerRefusesSaysWhetherToTryAgain() async throws {
        let server = try await MailServer(
            {
                var o = MailServer.Options(); o.security = .none; return o
            }(), certificate: nil)
        let client = client(settings(server, .none, nil))
        let asked = Locked(0)
        for (to, status, code) in [
            ("busy@example.com", StatusWord.unavailable, 451), ("nobody@example.com", .failedPrecondition, 550),
        ] {
            do {
                try await client.send(try message(to: to)) { asked.withLock { $0 += 1 } }
                Issue.record("it was sent")
            } catch let error as SMTPError {
                guard case .refused(_, .to, code, _) = error else { throw TestFailure("\(error)") }
                #expect(error.rpcError.status == status && !error.description.contains("example.com"))
            }
        }
        #expect(asked.withLock { $0 } == 0, "nothing was under way")
        let full = try await failure(client, try message(to: "full@example.com"))
        #expect(full.rpcError.status == .failedPrecondition)
        let lost = try await failure(client, try message(to: "lost@example.com"))
        #expect(lost.rpcError.reason == "mail.uncertain" && !lost.isTransient)
        #expect(try await server.wait(for: 1).count == 1)
        try await server.end()
    }

    @Test func withoutTrustNothingIsSaid() async throws {
        let certificate = try await TestCertificate()
        var options = MailServer.Options()
        options.user = "mill"
        options.password = "right"
        let server = try await MailServer(options, certificate: certificate)
        var settings = settings(server, .starttls, nil)
        settings.user = "mill"
        let stranger = try await failure(client(settings, password: "right"), try message())
        #expect(stranger.rpcError.reason == "mail.tls" && !stranger.isTransient)
        settings.trusted = certificate.file
        settings.server = "127.0.0.1"
        let otherName = try await failure(client(settings, password: "right"), try message())
        #expect(otherName.rpcError.reason == "mail.tls", "the certificate is for localhost")
        settings.server = "localhost"
        let wrong = try await failure(client(settings, password: "wrong"), try message())
        #expect(wrong.rpcError.reason == "mail.signIn" && wrong.rpcError.status == .permissionDenied)
        #expect(server.messages.isEmpty)
        try await server.end()
    }

    @Test func aServerWithoutTLSGetsNothingThatIsToBeSecret() async throws {
        let server = try await MailServer(
            {
                var o = MailServer.Options(); o.security = .none; return o
            }(), certificate: nil)
        let open = try await failure(client(settings(server, .starttls, nil)), try message())
        #expect(open.rpcError.reason == "mail.unable")
        var settings = SMTPSettings(server: "mail.example.com", security: .none, user: "mill")
        #expect(try await failure(client(settings), try message()).rpcError.reason == "mail.settings")
        settings.server = "a b"
        #expect(settings.problems.count == 2)
        try await server.end()
    }

    @Test func addressesInOtherScriptsNeedAServerThatTakesThem() async throws {
        var options = MailServer.Options()
        options.security = .none
        let able = try await MailServer(options, certificate: nil)
        try await client(settings(able, .none, nil)).send(try message(to: "josé@exämple.com")) {}
        let mail = try await able.wait(for: 1)[0]
        #expect(mail["options"].elements.contains(.string("SMTPUTF8")))
        #expect(mail["data"].string?.contains("To: josé@exämple.com\r\n") == true)
        options.takesUTF8 = false
        let unable = try await MailServer(options, certificate: nil)
        let error = try await failure(client(settings(unable, .none, nil)), try message(to: "josé@exämple.com"))
        #expect(error.rpcError.reason == "mail.unable")
        try await able.end()
        try await unable.end()
    }

    @Test func aMessageThatIsTooLongIsNotBegun() async throws {
        var options = MailServer.Options()
        options.security = .none
        options.sizeLimit = 1000
        let server = try await MailServer(options, certificate: nil)
        let long = try message(text: String(repeating: "long ", count: 400))
        #expect(try await failure(client(settings(server, .none, nil)), long).rpcError.reason == "mail.unable")
        let endless = try message(text: String(repeating: "x", count: SMTPClient.longestMessage))
        #expect(try await failure(client(settings(server, .none, nil)), endless).rpcError.reason == "mail.settings")
        try await server.end()
    }

    @Test func whoFailsBeforeTheMessageKeepsIt() async throws {
        struct Full: Error {}
        let server = try await MailServer(
            {
                var o = MailServer.Options(); o.security = .none; return o
            }(), certificate: nil)
        let client = client(settings(server, .none, nil))
        let mail = try message()
        await #expect(throws: Full.self) { try await client.send(mail) { throw Full() } }
        try await client.send(try message(to: "grace@example.com")) {}
        #expect(try await server.wait(for: 1).map { $0["to"][0].string } == ["grace@example.com"])
        try await server.end()
    }

    @Test func everyWaitHasAnEnd() async throws {
        let server = try await MailServer(
            {
                var o = MailServer.Options(); o.security = .none; return o
            }(), certificate: nil)
        var settings = settings(server, .none, nil)
        settings.timeout = .milliseconds(300)
        let error = try await failure(client(settings), try message(to: "silent@example.com"))
        guard case .timedOut(_, let step) = error else { throw TestFailure("\(error)") }
        #expect(step == .to && error.isTransient)

        settings.timeout = .seconds(60)
        let patient = client(settings)
        let mail = try message(to: "silent@example.com")
        let sending = Task { try await patient.send(mail) {} }
        sending.cancel()
        let outcome = try await within { await sending.result }
        #expect(throws: SMTPError.cancelled) { try outcome.get() }
    }

    @Test func nobodyThereIsWorthAnotherTry() async throws {
        let port = try freePort()
        var settings = SMTPSettings(server: "127.0.0.1", port: port, security: .none)
        settings.timeout = .seconds(20)
        let error = try await failure(client(settings), try message())
        #expect(error.rpcError.status == .unavailable && error.description.contains("smtp://127.0.0.1:\(port)"))
    }
}
