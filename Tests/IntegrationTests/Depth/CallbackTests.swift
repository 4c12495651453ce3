import Glibc
import Simulators
import TestSupport
import Testing

/// The whole way from a job's end to a receiver that verifies who sent the event.
@Suite(
    .serialized, .heavy, .enabled(if: RunningSuite.isBuilt, "the executables are not built"),
    .enabled(if: PythonWorker.isThere, "python3 not there"))
struct CallbackTests {
    /// The receiver's own check, as the documentation gives it to people.
    private func verifies(_ call: HTTPCall, secret: String) async throws -> Bool {
        let example = try #require(try DocumentedPage("Documentation/Hooks").blocks(in: "python").first)
        let program =
            example.text + """

                import sys
                secret, timestamp, signature = sys.argv[1:]
                headers = {"Millrace-Timestamp": timestamp, "Millrace-Signature": signature}
                print(genuine(secret.encode(), headers, sys.stdin.buffer.read()))
                """
        let answer = try await check(
            [
                "/usr/bin/python3", "-c", program, secret, call["Millrace-Timestamp"] ?? "",
                call["Millrace-Signature"] ?? "",
            ], input: call.text)
        return answer == "True\n"
    }

    @Test func theEndOfAJobIsToldToItsReceiverSignedAndTriedAgainUntilItIsTaken() async throws {
        try await HTTPSimulator.run(answers: [HTTPAnswer(503), HTTPAnswer(204)]) { receiver in
            let kinds = """
                kinds:
                  - name: work
                    command: [/bin/cat]
                    hooks:
                      - on: [succeeded, failed]
                        http: { url: "\(receiver.url("/hook"))", secret: receiver }
                """
            let laidOut = TemporaryDirectory()
            laidOut.write("hunter2", to: "receiver")
            try await RunningRunner.run(
                kinds: kinds, options: [], environment: ["CREDENTIALS_DIRECTORY": laidOut.path]
            ) { runner in
                let id = try await runner.submit("work", "{\"amount\":12}")
                #expect(try await runner.finished(id)["state"].string == "succeeded")
                let calls = try await receiver.calls(2)
                for call in calls {
                    #expect(try await verifies(call, secret: "hunter2"))
                    #expect(try await verifies(call, secret: "wrong") == false)
                }
                #expect(calls[0]["Millrace-Event-Id"] == calls[1]["Millrace-Event-Id"])
                let event = try Tree(calls[1].text)
                #expect("\(event)".contains("succeeded") && "\(event)".contains("\(id)"), "\(event)")
                let jobs = try await runner.call("job.list", "{\"kind\":\"http-callback\"}")["jobs"].elements
                let hook = try #require(jobs.first?["id"].int)
                #expect(try await runner.finished(hook)["hookOf"].int == id)
                #expect(!runner.log.contains("hunter2"))
            }
            #expect(receiver.calls.count == 2)
        }
    }

    @Test func aHookOfASubmissionGoesToItsOwnReceiver() async throws {
        try await HTTPSimulator.run(answers: [HTTPAnswer(200)]) { receiver in
            let kinds = "kinds: [{ name: work, command: [/bin/false], attempts: 1 }]\n"
            try await RunningRunner.run(kinds: kinds, options: []) { runner in
                let hook = "{\"on\":[\"failed\"],\"http\":{\"url\":\"\(receiver.url())\"}}"
                let id = try await runner.submit("work", "{}", ",\"hooks\":[\(hook)]")
                let call = try await receiver.calls(1)[0]
                #expect(call["Millrace-Signature"] == nil, "without a secret nothing is signed")
                let event = try Tree(call.text)
                #expect("\(event)".contains("failed") && "\(event)".contains("\(id)"), "\(event)")
            }
        }
    }
}
