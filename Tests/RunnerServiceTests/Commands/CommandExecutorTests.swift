import Glibc
import JSONCodec
import KindFiles
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import RunnerService

@Suite(.heavy) struct CommandExecutorTests {
    @Test func whatItWritesIsTheResultOfWhatItWasGiven() async throws {
        let outcome = try await CommandBench().run(
            "cat", CommandBench.attempt("{\"month\":\"2026-06\"}"))
        #expect(outcome.text == "{\"month\":\"2026-06\"}")
        #expect(outcome.exit == .exited(0))
        #expect(outcome.cpuTime > .zero)
    }

    @Test func theRulesOfTheEndHold() async throws {
        let bench = try CommandBench()
        #expect(try await bench.run("exit 0").text == nil)
        #expect(try await bench.run("exit 0").error == nil)
        #expect(try await bench.run("echo nonsense").error?.reason == "command.output")
        let later = try await bench.run("echo '{\"retryAfterMs\": 1500}'; exit 75")
        #expect(later.error?.reason == "command.tryAgain" && later.error?.retryAfterMs == 1500)
        let failed = try await bench.run(
            "echo first >&2; echo '<3>the last word' >&2; echo >&2; exit 3")
        #expect(failed.error?.message == "exit status 3: the last word" && failed.exit == .exited(3))
        let crashed = try await bench.run("kill -SEGV $$")
        #expect(crashed.error?.reason == "command.signal" && crashed.exit == .signalled(SIGSEGV))
    }

    @Test func oneThatCannotStartSaysWhy() async throws {
        let bench = try CommandBench()
        let missing = try await bench.run(CommandDefinition(ProcessDefinition(["/no/such/program"])))
        #expect(
            missing.error?.reason == "command.cannotStart" && missing.error?.status == .failedPrecondition
        )
        #expect(missing.error?.message.contains("/no/such/program: No such file or directory") == true)
        #expect(missing.exit == nil)
        let nowhere = try await bench.run(
            CommandBench.shell("true") { $0.process.directory = "/no/such/folder" })
        #expect(nowhere.error?.message.contains("chdir /no/such/folder") == true)
        let text = try await bench.run(CommandDefinition(ProcessDefinition(["/etc/passwd"])))
        #expect(text.error?.message.contains("EACCES") == true)
    }

    @Test func itsEnvironmentIsExactlyWhatIsDeclared() async throws {
        let definition = CommandBench.shell("env | sort >&2; exit 1") {
            $0.process.environment = ["COLOUR": "red", "MILLRACE_JOB_ID": "not mine to say"]
            $0.process.inheritedEnvironment = ["PATH", "NOTIFY_SOCKET", "NOT_SET_ANYWHERE"]
        }
        let attempt = CommandBench.attempt {
            $0.environment = ["EXTRA": "1"]
        }
        let bench = try CommandBench()
        _ = try await bench.run(definition, attempt)
        let lines = bench.log.entries.value.map(\.message).filter {
            !$0.hasPrefix("PWD=") && !$0.hasPrefix("PATH=")
        }
        #expect(
            lines == [
                "COLOUR=red", "EXTRA=1", "MILLRACE_ATTEMPT=2", "MILLRACE_CORRELATION_ID=c-1",
                "MILLRACE_JOB_ID=17", "MILLRACE_JOB_KIND=demo", "MILLRACE_LEASE=\(attempt.fence)",
                "MILLRACE_SOCKET=/run/runner.sock",
            ])
        #expect(bench.log.entries.value.contains { $0.message.hasPrefix("PATH=") })
    }

    @Test func thePageOfKindsListsItsVariablesAndNoOther() throws {
        let listed = try DocumentedPage("Documentation/Kinds").firstColumn(under: "### Its environment")
        #expect(listed.sorted() == CommandBench.attempt().variables(socket: "/run/runner.sock").keys.sorted())
    }

    @Test func itsSurroundingsAreAsDeclared() async throws {
        let directory = TemporaryDirectory()
        let definition = CommandBench.shell(
            "printf '[\"%s\",\"%s\",%s]' \"$(pwd -P)\" \"$(umask)\" \"$(ulimit -n)\""
        ) {
            $0.process.directory = directory.path
            $0.process.umask = 0o077
            $0.process.limits.openFiles = 99
        }
        #expect(try await CommandBench().run(definition).text == "[\"\(directory.path)\",\"0077\",99]")
    }

    @Test(.enabled(if: getuid() == 0, "only root may change the user"))
    func itRunsAsItsUser() async throws {
        let definition = CommandBench.shell("echo [$(id -u),$(id -g),$(id -G | wc -w)]") {
            $0.process.identity = ProcessIdentity(uid: 12_345, gid: 23_456)
        }
        #expect(try await CommandBench().run(definition).text == "[12345,23456,1]")
    }

    @Test func whatItSaysIsLoggedUnderItsJob() async throws {
        let bench = try CommandBench()
        _ = try await bench.run(
            "echo plain >&2; echo '<4>careful' >&2; echo '<7>detail' >&2; echo '<9>odd' >&2; printf 'cut short' >&2"
        )
        let entries = bench.log.entries.value
        #expect(entries.map(\.message) == ["plain", "careful", "detail", "<9>odd", "cut short"])
        #expect(entries.map(\.level) == [.info, .warning, .debug, .info, .info])
        #expect(
            entries[0].fields == [
                "job-id": "17", "job-kind": "demo", "correlation-id": "c-1",
                "attempt": "2",
            ])
    }

    @Test func neitherParametersNorEnvironmentReachTheLog() async throws {
        let bench = try CommandBench()
        let definition = CommandBench.shell("cat; exit 3") {
            $0.process.environment = ["TOKEN": "s3cret"]
        }
        let outcome = try await bench.run(definition, CommandBench.attempt("{\"password\":\"s3cret\"}"))
        let missing = try await bench.run(
            CommandDefinition(ProcessDefinition(["/no/such", "--token=s3cret"])),
            CommandBench.attempt("{\"password\":\"s3cret\"}"))
        #expect(!"\(bench.log.entries.value)".contains("s3cret"))
        #expect(outcome.error?.message.contains("s3cret") == false)
        #expect(missing.error?.message.contains("s3cret") == false)
    }

    @Test func binaryIsLoggedAsTextThatCanBeRead() async throws {
        let bench = try CommandBench()
        let outcome = try await bench.run(
            "head -c 100000 /dev/urandom >&2; printf '\\377\\0x\\n' >&2; exit 4")
        #expect(outcome.exit == .exited(4))
        #expect(bench.log.entries.value.allSatisfy { $0.message.utf8.count <= 3 * LineCutter.longest })
        #expect((outcome.error?.message.count ?? 0) < 250)
    }

    @Test func aFloodOfLinesIsBoundedAndCounted() async throws {
        let time = ManualTime()
        let bench = try CommandBench(time: time)
        let outcome = try await bench.run("yes line | head -n 50000 >&2; echo '{}'")
        #expect(outcome.text == "{}")
        let entries = bench.log.entries.value
        #expect(entries.filter { $0.message == "line" }.count == CommandLog.rate)
        #expect(
            entries.last?.message
                == "49000 lines of the command were dropped: it writes more than 1000 a second")
    }

    @Test func fiveMebibytesGoInAndOut() async throws {
        let bench = try CommandBench()
        let params = "\"" + String(repeating: "0123456789abcdef", count: 5 << 16) + "\""
        let definition = CommandBench.shell("cat") { $0.outputLimit = 6 << 20 }
        #expect(try await bench.run(definition, CommandBench.attempt(params)).text == params)
    }

    @Test func oneThatDoesNotReadItsInputIsNoFailure() async throws {
        let params = "\"" + String(repeating: "x", count: 5 << 20) + "\""
        let bench = try CommandBench()
        #expect(try await bench.run("exec <&-; echo '[1]'", CommandBench.attempt(params)).text == "[1]")
        #expect(try await bench.run("echo '[2]'", CommandBench.attempt(params)).text == "[2]")
    }

    @Test func aFloodOfOutputIsEnded() async throws {
        let bench = try CommandBench()
        let definition = CommandBench.shell("trap '' TERM; cat /dev/zero") { $0.outputLimit = 1000 }
        let outcome = try await bench.run(definition)
        #expect(outcome.error?.reason == "command.outputTooLong")
        #expect(outcome.error?.message.contains("1000 bytes") == true)
        #expect(outcome.exit == .signalled(SIGKILL))
        let exact = CommandBench.shell("printf '\"%098d\"' 7") { $0.outputLimit = 100 }
        #expect(try await bench.run(exact).text?.count == 100)
        let oneMore = CommandBench.shell("printf '\"%099d\"' 7") { $0.outputLimit = 100 }
        #expect(try await bench.run(oneMore).error?.reason == "command.outputTooLong")
    }

    @Test func moreThanTheBoundOfCommandsIsRefused() async throws {
        let bench = try CommandBench(limit: 1)
        let first = bench.start(CommandBench.shell("echo up >&2; exec sleep 1000"))
        let refused = try await bench.run("true")
        #expect(
            refused.error?.reason == "command.tooMany" && refused.error?.status == .resourceExhausted)
        first.handle.cancel()
        #expect(try await first.outcome().error?.status == .cancelled)
        #expect(try await bench.run("echo 1").text == "1")
    }
}
