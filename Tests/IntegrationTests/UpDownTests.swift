import Glibc
import TestSupport
import Testing

/// The forms that others script against.
@Suite(.serialized, .heavy, .enabled(if: RunningSuite.isBuilt, "the executables are not built"))
struct UpDownTests {
    @Test func aDetachedSuiteAnswersAtOnceAndIsGoneAfterDown() async throws {
        try await RunningSuite.run(detached: true) { suite in
            let pid = try await suite.processID()
            #expect(access(suite.state + "/run/runner.sock", F_OK) == 0)

            let stopped = try await suite.down()
            #expect(stopped.succeeded, "\(stopped)")
            #expect(!ProcessLook.isAlive(pid), "the runner is still there")
            #expect((try? WireClient(suite.socket)) == nil)

            let again = try await suite.down()
            #expect(again.succeeded, "nothing to stop is no error: \(again)")
        }
    }

    @Test func theStateIsFoundByTheOptionAndByTheVariable() async throws {
        try await RunningSuite.run { suite in
            let named = try await suite.millctl(
                "call", "service.ping", "--state", suite.state, environment: ["MILLRACE_STATE": nil])
            #expect(try Tree(named.output)["service"].string == "runner", "\(named)")
            let found = try Tree(try await suite.check("call", "service.ping"))
            #expect(found["pid"] == (try Tree(named.output))["pid"])
        }
    }

    @Test func aSecondSuiteOnTheSameStateIsRefused() async throws {
        try await RunningSuite.run { suite in
            let second = try await suite.millctl("up", "--state", suite.state)
            #expect(second.status == 75, "\(second)")
            #expect(second.errors.contains("already"))
            _ = try await suite.processID()
        }
    }

    @Test(arguments: [SIGINT, SIGTERM]) func aSuiteInTheForegroundDrainsWhenToldToEnd(signal: Int32) async throws {
        let folder = TemporaryDirectory()
        let state = folder.file("state")
        let up = try RunningProcess([Binary.path("millctl"), "up", "--state", state])
        try await up.waitForOutput("millrace is up")
        let runner = try await onThread { try WireClient(state + "/run/runner.sock").call("service.ping") }
        up.signal(signal)
        #expect(try await up.wait(within: .seconds(40)) == .exited(0))
        #expect(!ProcessLook.isAlive(pid_t(try #require(runner["pid"].int))))
    }

    @Test func statusTellsWhetherTheRunnerIsThere() async throws {
        try await RunningSuite.run { suite in
            let up = try Tree(try await suite.check("status", "--json"))
            #expect("\(up)".contains("ready"))
            try await suite.down()
            try await suite.check("status", status: 69)
        }
    }

    @Test func aRunnerThatDiesIsStartedAgain() async throws {
        try await RunningSuite.run { suite in
            let first = try await suite.processID()
            kill(first, SIGKILL)
            try await eventually("another runner answers") {
                guard let pid = try? await suite.processID() else { return false }
                return pid != first
            }
        }
    }
}
