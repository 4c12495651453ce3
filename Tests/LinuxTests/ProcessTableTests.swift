import Glibc
import TestSupport
import Testing

@testable import Linux

@Suite struct ProcessTableTests {
    @Test func findsThisProcess() throws {
        let own = try #require(ProcessTable.all()[getpid()])
        #expect(own == ProcessTable.entry(of: getpid()))
        #expect(own.parent == getppid() && own.group == getpgrp() && own.session == getsid(0))
        #expect(!own.isZombie && !own.isStopped && own.started > 0)
    }

    @Test func aNameWithBlanksAndParenthesesIsPassedOver() throws {
        let rest = "0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 0"
        let line = Array("42 (a) b (c) T 7 8 9 \(rest)".utf8)
        #expect(
            ProcessTable.parse(line)
                == .init(
                    pid: 42, parent: 7, group: 8, session: 9, isZombie: false, isStopped: true,
                    started: 98_765))
    }

    @Test(arguments: [
        "", "42", "42 (a", "42 (a)", "42 (a) S 1 2", "x (a) S 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9",
    ])
    func aLineThatIsCutShortIsNone(line: String) {
        #expect(ProcessTable.parse(Array(line.utf8)) == nil)
    }

    @Test func thePeakOfAProcessIsReadWhileItLives() async throws {
        #expect(try #require(ProcessTable.peakBytes(of: getpid())) > 1 << 20)
        let child = try ChildProcess(["true"])
        _ = try await within { try await child.wait() }
        #expect(ProcessTable.peakBytes(of: child.pid) == nil)
    }

    @Test func theEnvironmentIsThatOfTheStart() async throws {
        let child = try ChildProcess(
            ["sleep", "1000"], environment: ["A": "1", "B": "x=y", "PATH": Environment["PATH"] ?? "/bin"])
        #expect(ProcessTable.variable("B", of: child.pid) == "x=y")
        #expect(ProcessTable.variable("C", of: child.pid) == nil)
        child.signal(SIGKILL)
        _ = try await within { try await child.wait() }
        #expect(ProcessTable.variable("B", of: child.pid) == nil)
    }

    @Test func whoGoesFromProgramToProgramIsNeverWithoutItsEnvironment() async throws {
        let folder = TemporaryDirectory()
        let again = folder.write("#!/bin/sh\nexec \"$0\"\n", to: "again")
        chmod(again, 0o755)
        let child = try ChildProcess([again], environment: ["B": "x=y", "PATH": Environment["PATH"] ?? "/bin"])
        for _ in 0..<20_000 where ProcessTable.variable("B", of: child.pid) != "x=y" {
            Issue.record("a look found no environment")
            break
        }
        child.signal(SIGKILL)
        _ = try await within { try await child.wait() }
    }
}
