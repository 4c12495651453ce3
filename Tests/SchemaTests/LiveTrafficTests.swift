import Glibc
import TestSupport
import Testing

/// The schemas held to what a running suite really says, by a validator that is none of ours.
@Suite(
    .heavy,
    .enabled(if: RunningSuite.isWhole && Python.hasJSONSchema, "the suite or python3-jsonschema is not there"))
struct LiveTrafficTests {
    /// Every method of every service is called, most of them with success and in error; both ends say what the schemas say.
    @Test func whatIsSaidIsWhatTheSchemasDescribe() async throws {
        let settings: [String: String?] = [
            // The worker of the runner's own is declared in the course, with somebody who listens.
            "MILLRACE_RUNNER_COMMANDS": "", "MILLRACE_RUNNER_PUBLISH_SEC": "1", "MILLRACE_SCHEDULER_PUBLISH_SEC": "1",
            "MILLRACE_METRICS_PORT": "0", "MILLRACE_CATEGORIZER_CHAT_BUDGET": "5",
        ]
        try await RunningSuite.run(environment: settings) { suite in
            try await suite.importMonth(SampleMonth("2026-10", contractors: 3))
            let traffic = try RunningProcess(
                [Python.interpreter, "-B", packageRoot + "/Tests/Python/traffic.py", suite.state])
            try await traffic.waitForOutput("listening")
            try await check(
                [
                    Python.interpreter, "-B", packageRoot + "/Tests/Python/conversation.py", suite.state,
                    Binary.path("millrace-backoffice"),
                ], within: .seconds(240))
            // The commands that people type say things of their own.
            for command in [["status"], ["job", "list"], ["queue", "list"], ["expense", "list"]] {
                try await suite.check(command)
            }
            // What failed on purpose may be an alert by now, which its exit code says.
            _ = try await suite.millctl("alert", "list")
            traffic.signal(SIGTERM)
            let ending = try await traffic.wait()
            let said = traffic.progress.value
            let report = try Tree(String(said.outputText.dropFirst("listening\n".count)))
            #expect(ending == .exited(0), "\(said.outputText)\(said.errorText)")
            #expect(report["untouched"].elements.isEmpty && report["faults"].elements.isEmpty)
            // What cannot succeed in a suite like this one.
            #expect(report["withoutResult"].elements.map(\.string) == [])
            #expect(try #require(report["methods"].int) > 120 && report["progress"].int ?? 0 > 0)
        }
    }
}
