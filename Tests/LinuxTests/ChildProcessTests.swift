import Glibc
import Linux
import TestSupport
import Testing

@Suite struct ChildProcessTests {
    @Test(arguments: [0, 3, 75, 255] as [Int32])
    func givesItsExitCode(code: Int32) async throws {
        let child = try ChildProcess(["sh", "-c", "exit \(code)"])
        let status = try await within { try await child.wait() }
        #expect(status == .exited(code))
        #expect(child.exitStatus == .exited(code))
        #expect(status.isSuccess == (code == 0))
    }

    @Test func givesTheSignalThatEndedIt() async throws {
        let child = try ChildProcess(["sleep", "1000"])
        #expect(child.exitStatus == nil)
        #expect(child.signal(SIGKILL))
        let status = try await within { try await child.wait() }
        #expect(status == .signalled(SIGKILL))
        #expect(status.description == "signal 9 (SIGKILL)")
    }

    @Test func aProgramThatIsNotThereIsAnErrorAtOnce() {
        #expect(throws: SystemError(number: ENOENT, call: "spawn /no/such/program")) {
            try ChildProcess(["/no/such/program"])
        }
        #expect(throws: SystemError(number: EACCES, call: "spawn /etc/passwd")) {
            try ChildProcess(["/etc/passwd"])
        }
        #expect(throws: SystemError(number: ENOENT, call: "chdir /no/such/folder")) {
            try ChildProcess(["true"], directory: "/no/such/folder")
        }
        #expect(throws: SystemError(number: EINVAL, call: "spawn without a program")) {
            try ChildProcess([])
        }
        #expect(throws: SystemError(number: EINVAL, call: "spawn echo")) {
            try ChildProcess(["echo", "a\0b"])
        }
    }

    @Test func startsInItsDirectory() async throws {
        let directory = TemporaryDirectory()
        #expect(
            try await output(of: ["pwd", "-P"], directory: directory.path) == directory.path + "\n")
    }

    @Test func hasExactlyTheGivenEnvironment() async throws {
        #expect(
            try await output(of: ["/usr/bin/env"], environment: ["B": "2", "A": "one = 1"])
                == "A=one = 1\nB=2\n")
        let inherited = try await output(of: ["/usr/bin/env"])
        #expect(inherited.contains("PATH="))
    }

    @Test func hasExactlyTheGivenDescriptors() async throws {
        let pipe = try Pipe()
        // Without close-on-exec a careless spawn would let the child have it.
        let leak = try pipe.reader.duplicate()
        #expect(fcntl(leak.raw, F_SETFD, 0) == 0)
        let list = try await output(
            of: [
                "sh", "-c",
                "for f in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do "
                    + "[ -e /proc/$$/fd/$f ] && echo -n \"$f \"; done; true",
            ],
            descriptors: [(pipe.reader.raw, 5)])
        #expect(list == "0 1 2 5 ")
        #expect(leak.isOpen)
    }

    @Test func descriptorsCanBeSwappedAndMappedOntoThemselves() async throws {
        let (one, other) = (try Pipe(), try Pipe())
        let numbers = (one.writer.raw, other.writer.raw)
        let child = try ChildProcess(
            ["sh", "-c", "echo one >/proc/$$/fd/\(numbers.1); echo other >/proc/$$/fd/\(numbers.0)"],
            descriptors: [(numbers.0, numbers.1), (numbers.1, numbers.0)])
        _ = try await within { try await child.wait() }
        one.writer.close()
        other.writer.close()
        #expect(String(decoding: try one.reader.readToEnd(), as: UTF8.self) == "one\n")
        #expect(String(decoding: try other.reader.readToEnd(), as: UTF8.self) == "other\n")

        let same = try Pipe()
        let number = same.writer.raw
        let second = try ChildProcess(
            ["sh", "-c", "echo same >/proc/$$/fd/\(number)"], descriptors: [(number, number)])
        _ = try await within { try await second.wait() }
        same.writer.close()
        #expect(String(decoding: try same.reader.readToEnd(), as: UTF8.self) == "same\n")
    }

    @Test func theStandardInputIsEmptyUnlessGiven() async throws {
        #expect(try await output(of: ["cat"]) == "")
    }

    @Test func aSignalReachesTheWholeGroup() async throws {
        let pipe = try Pipe()
        let child = try ChildProcess(
            ["sh", "-c", "sleep 1000 & echo started; wait"], descriptors: [(pipe.writer.raw, 1)])
        pipe.writer.close()
        #expect(try firstLine(pipe.reader) == "started\n")
        #expect(getpgid(child.pid) == child.pid)
        child.signal(SIGTERM)
        #expect(try await within { try await child.wait() } == .signalled(SIGTERM))
        // The sleeper held the pipe too: its end shows that it is gone.
        #expect(try pipe.reader.readToEnd() == [])
    }

    @Test func whatIsLeftOfTheGroupCanEndWithTheChild() async throws {
        let pipe = try Pipe()
        let child = try ChildProcess(
            ["sh", "-c", "trap '' TERM; sleep 1000 & echo started"], descriptors: [(pipe.writer.raw, 1)],
            endsGroup: true)
        pipe.writer.close()
        #expect(try await within { try await child.wait() } == .exited(0))
        #expect(try pipe.reader.readToEnd() == Array("started\n".utf8))
    }

    @Test func anEndedChildIsNotSignalledAndLeavesNoZombie() async throws {
        let child = try ChildProcess(["true"])
        _ = try await within { try await child.wait() }
        #expect(!child.signal(SIGKILL))
        #expect(kill(child.pid, 0) == -1)
    }

    @Test func aChildNobodyWaitsForIsReaped() async throws {
        let pid = try ChildProcess(["true"]).pid
        try await eventually("the child is reaped") { kill(pid, 0) == -1 && errno == ESRCH }
    }

    @Test func allWaitersGetTheSameEnd() async throws {
        let child = try ChildProcess(
            ["sh", "-c", "read x; exit 9"], passing: [(try Pipe().reader, to: 0)])
        let statuses = try await within {
            try await withThrowingTaskGroup(of: ExitStatus.self) { group in
                for _ in 0..<10 { group.addTask { try await child.wait() } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(statuses == Array(repeating: .exited(9), count: 10))
    }

    @Test func aCancelledWaitLeavesTheChildRunning() async throws {
        let pipe = try Pipe()
        let child = try ChildProcess(
            ["sh", "-c", "read x; exit 4"], descriptors: [(pipe.reader.raw, 0)])
        let waiter = Task { try await child.wait() }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await within { try await waiter.value } }
        #expect(child.exitStatus == nil)
        try pipe.writer.writeAll(Array("\n".utf8))
        #expect(try await within { try await child.wait() } == .exited(4))
    }

    @Test func startsWithoutOurSignalMaskAndDispositions() async throws {
        Signals.ignoreBrokenPipes()
        let pipe = try Pipe()
        let done = Locked<Result<Int32, any Error>?>(nil)
        let thread = try WorkerThread("masked") {
            Signals.block([SIGTERM, SIGUSR1])
            done.withLock { state in
                state = Result {
                    try ChildProcess(
                        ["grep", "-E", "SigBlk|SigIgn", "/proc/self/status"],
                        descriptors: [(pipe.writer.raw, 1)]
                    ).pid
                }
            }
        }
        thread.join()
        pipe.writer.close()
        #expect(throws: Never.self) { try done.withLock { try $0!.get() } }
        let text = String(decoding: try pipe.reader.readToEnd(), as: UTF8.self)
        #expect(text == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n")
    }

    @Test func manyChildrenAtOnceAllEnd() async throws {
        let codes = try await within(.seconds(60)) {
            try await withThrowingTaskGroup(of: ExitStatus.self) { group in
                for code in 0..<50 {
                    let child = try ChildProcess(["sh", "-c", "exit \(code)"])
                    group.addTask { try await child.wait() }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
        }
        #expect(codes == Set((0..<50).map { .exited($0) }))
    }

    private func output(
        of command: [String], environment: [String: String]? = nil, directory: String? = nil,
        descriptors: [ChildProcess.Mapping] = []
    ) async throws -> String {
        let pipe = try Pipe()
        let child = try ChildProcess(
            command, environment: environment, directory: directory,
            descriptors: descriptors + [(pipe.writer.raw, 1)])
        pipe.writer.close()
        let text = String(decoding: try pipe.reader.readToEnd(), as: UTF8.self)
        #expect(try await within { try await child.wait() } == .exited(0))
        return text
    }

    private func firstLine(_ reader: Descriptor) throws -> String {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.last != UInt8(ascii: "\n"),
            try withUnsafeMutableBytes(of: &byte, { try reader.read(into: $0) }) == 1
        {
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self)
    }
}
