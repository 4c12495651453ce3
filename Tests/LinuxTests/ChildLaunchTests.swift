import Glibc
import Linux
import TestSupport
import Testing

@Suite struct ChildLaunchTests {
    @Test func theUmaskIsTheChilds() async throws {
        #expect(try await output(of: "umask") { $0.umask = 0o027 } == "0027\n")
    }

    @Test func theNiceValueIsTheChilds() async throws {
        let own = getpriority(Int32(PRIO_PROCESS.rawValue), 0)
        #expect(try await output(of: "nice") { $0.nice = min(19, own + 7) } == "\(min(19, own + 7))\n")
        #expect(getpriority(Int32(PRIO_PROCESS.rawValue), 0) == own)
    }

    @Test func limitsAreTheChilds() async throws {
        let text = try await output(of: "cat /proc/self/limits") {
            $0.limits = [
                .init(.openFiles, soft: 50, hard: 60), .init(.cpuTime, 7), .init(.fileSize, 1 << 20),
                .init(.addressSpace, 1 << 32), .init(.core, 0), .init(.processes, 4000),
            ]
        }
        let lines = text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        for line in [
            "Max open files 50 60 files", "Max cpu time 7 7 seconds",
            "Max file size 1048576 1048576 bytes",
            "Max address space 4294967296 4294967296 bytes", "Max core file size 0 0 bytes",
            "Max processes 4000 4000 processes",
        ] { #expect(lines.contains(line)) }
    }

    @Test func aRaisedLimitOfDescriptorsIsOursAndTheChildHasWhatWeWereStartedWith() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 100, rlim_max: 200)
            precondition(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            try OpenFiles.raiseLimit()
            precondition(OpenFiles.limit == 200)
            let tests = ChildLaunchTests()
            let inherited = try await tests.output(of: "ulimit -Sn; ulimit -Hn") { _ in }
            precondition(inherited == "100\n200\n", inherited)
            let wanted = try await tests.output(of: "ulimit -Sn") { $0.limits = [.init(.openFiles, 50)] }
            precondition(wanted == "50\n", wanted)
        }
    }

    @Test func aLowLimitOfDescriptorsDoesNotKeepTheChildFromItsOwn() async throws {
        let pipe = try Pipe()
        var launch = ChildLaunch(["sh", "-c", "echo there >&9"])
        launch.descriptors = [(pipe.writer.raw, 9)]
        launch.limits = [.init(.openFiles, 11)]
        let child = try ChildProcess(launch)
        pipe.writer.close()
        #expect(try pipe.reader.readToEnd() == Array("there\n".utf8))
        #expect(try await within { try await child.wait() } == .exited(0))
    }

    @Test(.enabled(if: getuid() == 0, "only root may change the user"))
    func theChildHasExactlyTheGivenUserAndGroups() async throws {
        let text = try await output(of: "grep -E '^(Uid|Gid|Groups|CapEff):' /proc/self/status") {
            $0.user = .init(id: 12_345, group: 23_456, groups: [34_567, 45_678])
        }
        #expect(
            text == """
                Uid:\t12345\t12345\t12345\t12345
                Gid:\t23456\t23456\t23456\t23456
                Groups:\t34567 45678 
                CapEff:\t0000000000000000

                """)
        // The threads of this process keep their own, and it can still be looked into.
        #expect(getuid() == 0 && geteuid() == 0)
        #expect(Files.exists("/proc/self/fd"))
    }

    @Test(.enabled(if: getuid() == 0, "only root may change the user"))
    func aFolderTheUserMayNotEnterIsRefused() throws {
        let directory = TemporaryDirectory()
        chmod(directory.path, 0o700)
        var launch = ChildLaunch(["true"], directory: directory.path)
        launch.user = .init(id: 12_345, group: 12_345)
        #expect(throws: SystemError(number: EACCES, call: "chdir \(directory.path)")) {
            try ChildProcess(launch)
        }
    }

    @Test func theStepThatFailsIsNamed() throws {
        func failure(_ change: (inout ChildLaunch) -> Void) -> String {
            var launch = ChildLaunch(["true"])
            change(&launch)
            do throws(SystemError) {
                _ = try ChildProcess(launch)
                return "none"
            } catch {
                return error.description
            }
        }
        #expect(failure { $0.directory = "/x/y" } == "chdir /x/y: No such file or directory (ENOENT)")
        #expect(
            failure { $0.limits = [.init(.core, soft: 2, hard: 1)] }
                == "setrlimit RLIMIT_CORE: Invalid argument (EINVAL)")
        #expect(
            failure { $0.descriptors = [(9999, 4)] }
                == "spawn true: fd 9999 as 4: Bad file descriptor (EBADF)")
        #expect(
            failure { $0.descriptors = [(1, 4), (2, 4)] }
                == "spawn true: fd 4 is given twice: Invalid argument (EINVAL)")
        #expect(failure { $0.arguments = ["/"] } == "spawn /: Permission denied (EACCES)")
    }

    @Test func whatAnUnprivilegedUserMayNotDoIsNamed() async throws {
        // A program of its own without rights: what root may, this one may not.
        let directory = TemporaryDirectory()
        let program = directory.write("true", to: "plain")
        #expect(throws: SystemError(number: EACCES, call: "spawn \(program)")) {
            try ChildProcess([program])
        }
        chmod(program, 0o755)
        #expect(throws: SystemError(number: ENOEXEC, call: "spawn \(program)")) {
            try ChildProcess([program])
        }
        guard getuid() != 0 else { return }
        var launch = ChildLaunch(["true"])
        launch.user = .init(id: 0, group: 0)
        #expect(throws: SystemError(number: EPERM, call: "setgroups")) { try ChildProcess(launch) }
    }

    @Test func theProgramIsLookedUpInPathAndOneThatMayNotBeExecutedIsPassedOver() async throws {
        let text = try await output(of: "echo found") { $0.arguments[0] = "sh" }
        #expect(text == "found\n")
        #expect(throws: SystemError(number: ENOENT, call: "spawn no-such-program-anywhere")) {
            try ChildProcess(["no-such-program-anywhere"])
        }
    }

    /// What a shell writes to its standard output.
    private func output(of script: String, _ change: (inout ChildLaunch) -> Void) async throws
        -> String
    {
        let pipe = try Pipe()
        var launch = ChildLaunch(["sh", "-c", script])
        launch.descriptors = [(pipe.writer.raw, 1)]
        change(&launch)
        let child = try ChildProcess(launch)
        pipe.writer.close()
        let text = String(decoding: try pipe.reader.readToEnd(), as: UTF8.self)
        #expect(try await within { try await child.wait() } == .exited(0))
        return text
    }
}
