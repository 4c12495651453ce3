import Linux
import MillraceProtocol
import MillraceService
import Simulators
import TestSupport
import Testing
import WebClient

@testable import BackOfficeWorker

@Suite struct Hooks {
    @Test func arePlainJobsOfOneStage() async throws {
        try await HookHarness.run { hooks in
            #expect(hooks.declaration.name == "http-callback")
            #expect(hooks.declaration.stages == [.process])
            let error = await #expect(throws: RPCError.self) { try await hooks.plan() }
            #expect(error?.status == .unimplemented)
        }
    }

    @Test func tellTheEventAsItWasSubmitted() async throws {
        let time = ManualTime(wall: Timestamp("2026-11-21T06:00:00.999Z")!)
        let event = "{ \"b\" : 1.50,\n\"a\":\"\\u00e4\" }"
        try await HTTPSimulator.run(answers: [HTTPAnswer(202, body: [1])]) { receiver in
            try await HookHarness.run(time: time) { hooks in
                let output = try await hooks.send(
                    "{\"url\":\"\(receiver.url("/in?key=word"))\",\"event\":\(event),\"headers\":{\"X-Own\":\"mine\"}}",
                    job: 42)
                #expect(output == "{\"status\":202,\"durationMs\":0}")
                let call = try #require(receiver.calls.first)
                #expect(call.method == "POST")
                #expect(call.target == "/in?key=word")
                #expect(call.text == event)
                #expect(call["Content-Type"] == "application/json")
                #expect(call["User-Agent"] == "millrace/\(MillraceVersion.current)")
                #expect(call["Millrace-Event-Id"] == "42")
                #expect(call["Millrace-Timestamp"] == "1795240800")
                #expect(call["Millrace-Signature"] == nil)
                #expect(call["X-Own"] == "mine")
            }
        }
    }

    /// Computed by `printf '1795240800.{"a":1}' | openssl dgst -sha256 -hmac 'shared secret'`.
    @Test func areSigned() {
        let header = HookSignature.header(
            secret: Array("shared secret".utf8), timestamp: "1795240800", body: Array("{\"a\":1}".utf8))
        #expect(header == "v1=ee0800bc7b01e504f0baf21853d0c3336b2babfbf24aaadaa603b1c16e5996e3")
    }

    @Test func areVerifiedByTheExampleOfTheDocumentation() async throws {
        let example = try #require(try DocumentedPage("Documentation/Hooks").blocks(in: "python").first).text
        #expect(example.split(separator: "\n").count <= 10)
        try await HTTPSimulator.run(answers: [HTTPAnswer(200)]) { receiver in
            try await HookHarness.run { hooks in
                // The line end is the editor's, not the secret's.
                try hooks.secret("receiver", "shared secret\n")
                let params =
                    "{\"url\":\"\(receiver.url())\",\"secret\":\"receiver\",\"event\":{\"state\":\"fertig ✓\"}}"
                _ = try await hooks.send(params)
                let call = try #require(receiver.calls.first)
                let program =
                    example + """

                        import sys
                        headers = {"Millrace-Timestamp": sys.argv[1], "Millrace-Signature": sys.argv[2]}
                        later = dict(headers, **{"Millrace-Timestamp": str(int(sys.argv[1]) + 1)})
                        old = dict(headers, **{"Millrace-Timestamp": str(int(sys.argv[1]) - 301)})
                        body = sys.stdin.buffer.read()
                        print(genuine(b"shared secret", headers, body), genuine(b"another", headers, body),
                              genuine(b"shared secret", headers, body + b" "), genuine(b"shared secret", later, body),
                              genuine(b"shared secret", old, body), genuine(b"shared secret", {}, body))
                        """
                let finished = try await run(
                    [
                        "python3", "-c", program, call["Millrace-Timestamp"] ?? "", call["Millrace-Signature"] ?? "",
                    ], input: call.text)
                #expect(finished.output == "True False False False False False\n", "\(finished)")
            }
        }
    }

    @Test(arguments: [
        (301, StatusWord.failedPrecondition, false), (400, .invalidArgument, false), (404, .notFound, false),
        (408, .deadlineExceeded, true), (409, .failedPrecondition, false), (410, .failedPrecondition, false),
        (422, .failedPrecondition, false), (429, .resourceExhausted, true), (500, .unavailable, true),
        (503, .unavailable, true), (504, .deadlineExceeded, true),
    ])
    func failAsTheAnswerSays(status: Int, word: StatusWord, again: Bool) async throws {
        let answer = HTTPAnswer(status, headers: [("Retry-After", "3")])
        try await HTTPSimulator.run(answers: [answer]) { receiver in
            try await HookHarness.run { hooks in
                let error = try await hooks.failure("{\"url\":\"\(receiver.url())\",\"event\":1}")
                #expect(error.status == word)
                #expect(error.code == word.code)
                #expect(error.status?.isTransient == again)
                #expect(error.retryAfterMs == (again ? 3000 : nil))
                #expect(receiver.calls.count == 1)
            }
        }
    }

    @Test(arguments: [
        HTTPAnswer(200, body: [UInt8](repeating: 1, count: 1000), fault: .half), HTTPAnswer(200, fault: .endless),
        HTTPAnswer(200, body: [1, 2], fault: .drip(bytes: 1, every: .seconds(60))),
    ])
    func areDoneWhenTheStatusSaysSo(answer: HTTPAnswer) async throws {
        try await HTTPSimulator.run(answers: [answer]) { receiver in
            try await HookHarness.run { hooks in
                let output = try await hooks.send(
                    "{\"url\":\"\(receiver.url())\",\"event\":1,\"timeoutMs\":300}")
                #expect(output.hasPrefix("{\"status\":200,"))
            }
        }
    }

    @Test(arguments: [
        (HTTPAnswer(fault: .reset), StatusWord.unavailable), (HTTPAnswer(fault: .hangUp), .unavailable),
        (HTTPAnswer(fault: .silence), .deadlineExceeded),
    ])
    func areTriedAgainWhenThereIsNoAnswer(answer: HTTPAnswer, word: StatusWord) async throws {
        try await HTTPSimulator.run(answers: [answer]) { receiver in
            try await HookHarness.run { hooks in
                let error = try await hooks.failure("{\"url\":\"\(receiver.url())\",\"event\":1,\"timeoutMs\":200}")
                #expect(error.status == word)
                #expect(error.status?.isTransient == true)
            }
        }
    }

    @Test(arguments: [
        ("{\"event\":1}", "url"), ("{\"url\":\"http://a/\"}", "event"), ("{\"url\":\"ftp://a/\",\"event\":1}", "url"),
        ("{\"url\":\"http://me:word@a/\",\"event\":1}", "url"),
        ("{\"url\":\"http://a/\",\"event\":1,\"secret\":\"../x\"}", "secret"),
        ("{\"url\":\"http://a/\",\"event\":1,\"secret\":\"\"}", "secret"),
        ("{\"url\":\"http://a/\",\"event\":1,\"timeoutMs\":0}", "timeoutMs"),
        ("{\"url\":\"http://a/\",\"event\":1,\"timeoutMs\":600001}", "timeoutMs"),
        ("{\"url\":\"http://a/\",\"event\":1,\"headers\":{\"Host\":\"b\"}}", "headers.Host"),
        ("{\"url\":\"http://a/\",\"event\":1,\"headers\":{\"millrace-event-id\":\"1\"}}", "headers.millrace-event-id"),
        ("{\"url\":\"http://a/\",\"event\":1,\"headers\":{\"X-A\":\"b\\r\\nX-C: d\"}}", "headers.X-A"),
        ("{\"url\":\"http://a/\",\"event\":1,\"method\":\"GET\"}", "method"),
    ])
    func areRefusedByTheNameOfTheWrongParam(params: String, field: String) async throws {
        try await HookHarness.run { hooks in
            let error = try await hooks.failure(params)
            #expect(error.status == .invalidArgument)
            #expect(error.field == field)
            #expect(!error.message.contains("word"))
        }
    }

    @Test func withoutTheirSecretSayWhereItWasLookedFor() async throws {
        try await HookHarness.run { hooks in
            let error = try await hooks.failure("{\"url\":\"http://127.0.0.1:9/\",\"event\":1,\"secret\":\"none\"}")
            #expect(error.status == .failedPrecondition)
            #expect(error.reason == "secret.missing")
            #expect(error.message.contains("\(hooks.folder.path)/etc/credentials/none"))
            #expect(error.message.contains("$CREDENTIALS_DIRECTORY"))
        }
    }

    @Test(arguments: [
        (UInt32(0o604), "word", "secret.exposed"), (0o602, "word", "secret.exposed"), (0o640, "", "secret.empty"),
        (0o600, "\n", "secret.empty"), (0o600, String(repeating: "a", count: Secrets.longest + 1), "secret.unreadable"),
    ])
    func withASecretThatWillNotDoAreNotSent(mode: UInt32, bytes: String, reason: String) async throws {
        try await HTTPSimulator.run(answers: [HTTPAnswer(200)]) { receiver in
            try await HookHarness.run { hooks in
                let path = try hooks.secret("s", bytes)
                try await check(["chmod", String(mode, radix: 8), path])
                let error = try await hooks.failure("{\"url\":\"\(receiver.url())\",\"event\":1,\"secret\":\"s\"}")
                #expect(error.status == .failedPrecondition)
                #expect(error.reason == reason)
                #expect(error.message.contains(path))
                #expect(receiver.calls.isEmpty)
            }
        }
    }

    @Test func tellNeitherSecretsNorPathsInLogsAndErrors() async throws {
        try await HTTPSimulator.run(answers: [HTTPAnswer(200), HTTPAnswer(500), HTTPAnswer(fault: .reset)]) {
            receiver in
            try await HookHarness.run { hooks in
                try hooks.secret("s", "hunter2")
                let params = """
                    {"url":"\(receiver.url("/hook/pa55?key=w0rd"))","event":1,"secret":"s","headers":{"X-Token":"t0ken"}}
                    """
                _ = try await hooks.send(params)
                let errors = [try await hooks.failure(params), try await hooks.failure(params)]
                let lines = hooks.lines.withLock { $0 }
                #expect(lines.count == 1)
                #expect(lines.first?.contains("http-status=200") == true)
                let said = lines.joined() + errors.map { "\($0)" }.joined()
                for secret in ["hunter2", "pa55", "w0rd", "t0ken"] { #expect(!said.contains(secret)) }
            }
        }
    }

    @Test func endWithTheirJobAndCloseTheConnection() async throws {
        try await HTTPSimulator.run(answers: [HTTPAnswer(fault: .silence)]) { receiver in
            try await HookHarness.run { hooks in
                let params = "{\"url\":\"\(receiver.url())\",\"event\":1}"
                let task = Task { try await hooks.failure(params) }
                try await receiver.calls(1)
                task.cancel()
                #expect(try await task.value.status == .cancelled)
                try await receiver.history.wait(for: "the connection to close") { $0.open == 0 }
            }
        }
    }

    @Test(.enabled(if: TestCertificate.canBeMade, "openssl is not there"))
    func goToAReceiverWithACertificateOfItsOwn() async throws {
        let certificate = try await TestCertificate()
        try await HTTPSimulator.run(certificate: certificate, answers: [HTTPAnswer(200)]) { receiver in
            let params = "{\"url\":\"\(receiver.url())\",\"event\":1}"
            try await HookHarness.run { hooks in
                let error = try await hooks.failure(params)
                #expect(error.reason == "http.tls")
            }
            var settings = WebClientSettings()
            settings.trusted = certificate.file
            try await HookHarness.run(settings) { hooks in
                let output = try await hooks.send(params)
                #expect(output.hasPrefix("{\"status\":200,"))
            }
        }
    }
}
