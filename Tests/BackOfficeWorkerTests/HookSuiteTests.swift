import Foundation
import Simulators
import TestSupport
import Testing

/// Hooks from submit to receiver, with the suite as a person starts it.
@Suite(.heavy, .enabled(if: RunningSuite.isBuilt, "the executables are not built"))
struct HooksOfTheSuite {
    private func submit(_ suite: RunningSuite, _ params: String, more: String = "") async throws -> Int {
        let receipt = try await suite.call(
            "job.submit", "{\"kind\":\"http-callback\",\"params\":\(params),\"backoffMs\":20\(more)}")
        return try #require(receipt["id"].int)
    }

    private func expect(_ suite: RunningSuite, _ id: Int, _ state: String) async throws {
        let job = try await suite.finished(id)
        #expect(job["state"].string == state)
    }

    @Test func areSentAgainUntilTheyAreTakenAndThenNoMore() async throws {
        let answers = [HTTPAnswer(503), HTTPAnswer(503, headers: [("Retry-After", "1")]), HTTPAnswer(200)]
        try await HTTPSimulator.run(answers: answers) { receiver in
            try await RunningSuite.run { suite in
                suite.credential("receiver", "hunter2")
                let event = "{\"job\":12,\"state\":\"succeeded\"}"
                let id = try await submit(
                    suite, "{\"url\":\"\(receiver.url("/?k=w0rd"))\",\"secret\":\"receiver\",\"event\":\(event)}",
                    more: ",\"maxAttempts\":5")
                try await expect(suite, id, "succeeded")

                let calls = receiver.calls
                #expect(calls.count == 3)
                #expect(Set(calls.map { $0["Millrace-Event-Id"] }) == ["\(id)"])
                #expect(Set(calls.map(\.text)) == [event])
                #expect(calls.allSatisfy { $0["Millrace-Signature"]?.hasPrefix("v1=") == true })
                #expect(calls[2].time - calls[1].time >= .seconds(1))
                #expect(!suite.log.contains("hunter2"))
                #expect(!suite.log.contains("w0rd"))
            }
            // Whatever was under way has ended with the suite: it was sent once, and no more.
            #expect(receiver.calls.count == 3)
            try await receiver.history.wait(for: "the connections to close") { $0.open == 0 }
        }
    }

    @Test func takeTheSecretThatTheServiceManagerLaidOut() async throws {
        let laidOut = TemporaryDirectory()
        laidOut.write("hunter2", to: "receiver")
        try await HTTPSimulator.run(answers: [HTTPAnswer(200)]) { receiver in
            try await RunningSuite.run(environment: ["CREDENTIALS_DIRECTORY": laidOut.path]) { suite in
                let id = try await submit(
                    suite, "{\"url\":\"\(receiver.url())\",\"secret\":\"receiver\",\"event\":{}}")
                try await expect(suite, id, "succeeded")
                let call = try #require(receiver.calls.first)
                let signed = try await check(
                    ["openssl", "dgst", "-sha256", "-hmac", "hunter2"],
                    input: "\(call["Millrace-Timestamp"] ?? "").{}")
                let code = try #require(call["Millrace-Signature"]?.split(separator: "=").last)
                #expect(signed.hasSuffix("= \(code)\n"))
            }
        }
    }

    @Test func failForGoodWhereAnotherTryWouldNotHelp() async throws {
        try await HTTPSimulator.run(answer: { HTTPAnswer($0.path == "/gone" ? 410 : 200) }) { receiver in
            try await RunningSuite.run { suite in
                let gone = try await submit(suite, "{\"url\":\"\(receiver.url("/gone"))\",\"event\":1}")
                let secretless = try await submit(
                    suite, "{\"url\":\"\(receiver.url())\",\"secret\":\"none\",\"event\":1}")
                try await expect(suite, gone, "failed")
                try await expect(suite, secretless, "failed")
                #expect(receiver.calls.map(\.path) == ["/gone"])
            }
        }
    }

    @Test func closeTheirConnectionWhenTheJobIsCancelled() async throws {
        try await HTTPSimulator.run(answers: [HTTPAnswer(fault: .silence)]) { receiver in
            try await RunningSuite.run { suite in
                let id = try await submit(suite, "{\"url\":\"\(receiver.url())\",\"event\":1,\"timeoutMs\":600000}")
                try await receiver.calls(1)
                _ = try await suite.call("job.cancel", "{\"id\":\(id)}")
                try await receiver.history.wait(for: "the connection to close") { $0.open == 0 }
                try await expect(suite, id, "cancelled")
            }
        }
    }
}
