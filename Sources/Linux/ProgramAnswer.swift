import Glibc

/// What a program said that was run to its end.
public struct ProgramAnswer: Hashable, Sendable {
    public var status: ExitStatus
    /// What stood on its standard output; bytes that are no UTF-8 are replaced.
    public var output: String
    /// The same of its standard error.
    public var errors: String

    /// The program did not end in time and was killed.
    public struct Late: Error, Hashable, Sendable, CustomStringConvertible {
        public var program: String
        public var limit: Duration

        public var description: String { "\(program) did not end within \(TimeSpan.text(limit))" }
    }

    /// The program had to succeed and did not.
    public struct Failed: Error, Hashable, Sendable, CustomStringConvertible {
        public var program: String
        public var answer: ProgramAnswer

        /// With the last line of what it complained of.
        public var description: String {
            let why = answer.errors.split(separator: "\n").last.map { ": \($0.prefix(200))" } ?? ""
            return "\(program) ended with \(answer.status)\(why)"
        }
    }

    /// The standard output of a program that has to end with 0, else ``Failed`` is thrown; else as
    /// ``of(_:input:within:keeping:time:)``.
    public static func output(
        of words: [String], input: [UInt8] = [], within limit: Duration, time: any TimeSource = SystemTime()
    ) async throws -> String {
        let answer = try await of(words, input: input, within: limit, time: time)
        guard answer.status.isSuccess else { throw Failed(program: words[0], answer: answer) }
        return answer.output
    }

    /// Runs a program to its end, for programs that end soon.
    ///
    /// What it started is killed with it: when it has ended, when it takes too long, and when the calling task is cancelled.
    ///
    /// - Parameters:
    ///   - words: the program, looked up in PATH when it has no slash, and its arguments. No shell reads them.
    ///   - input: for its standard input, which it need not read.
    ///   - bytes: kept of each of its outputs; what comes beyond is read and left out.
    /// - Throws: ``Late``, `CancellationError`, or the `SystemError` that kept it from being executed.
    public static func of(
        _ words: [String], input: [UInt8] = [], within limit: Duration, keeping bytes: Int = 1 << 20,
        time: any TimeSource = SystemTime()
    ) async throws -> ProgramAnswer {
        let (stdin, stdout, stderr) = (try Pipe(), try Pipe(), try Pipe())
        for near in [stdin.writer, stdout.reader, stderr.reader] { try near.setNonBlocking(true) }
        var launch = ChildLaunch(words)
        launch.passing = [(stdin.reader, 0), (stdout.writer, 1), (stderr.writer, 2)]
        launch.endsGroup = true
        launch.parentDeathSignal = SIGKILL
        let child = try await start(launch)
        for far in [stdin.reader, stdout.writer, stderr.writer] { far.close() }
        let talk = ProgramTalk(try Children.poller(), keeping: bytes)
        do {
            try await talk.begin(stdin.writer, input, stdout.reader, stderr.reader)
            guard let status = try await end(of: child, within: limit, time) else {
                throw Late(program: words[0], limit: limit)
            }
            let said = await talk.end()
            return ProgramAnswer(
                status: status, output: String(decoding: said.output, as: UTF8.self),
                errors: String(decoding: said.errors, as: UTF8.self))
        } catch {
            child.signal(SIGKILL)
            _ = await talk.end()
            throw error
        }
    }

    private static func start(_ launch: ChildLaunch) async throws -> ChildProcess {
        try await withCheckedThrowingContinuation { continuation in
            ChildProcess.start(launch) { continuation.resume(with: $0.mapError { $0 }) }
        }
    }

    /// Nil when the time is over before.
    private static func end(
        of child: ChildProcess, within limit: Duration, _ time: any TimeSource
    ) async throws -> ExitStatus? {
        try await withThrowingTaskGroup(of: ExitStatus?.self) { group in
            group.addTask { try await child.wait() }
            group.addTask {
                try await time.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}

/// The pipes of a program, on the thread of the poller.
private actor ProgramTalk {
    private let poller: Poller
    private let limit: Int
    private var input: ChildInput?
    private var output: ChildOutput?
    private var errors: ChildOutput?
    private var said: (output: [UInt8], errors: [UInt8]) = ([], [])

    init(_ poller: Poller, keeping limit: Int) {
        self.poller = poller
        self.limit = limit
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { poller.asUnownedSerialExecutor() }

    func begin(_ stdin: Descriptor, _ bytes: [UInt8], _ stdout: Descriptor, _ stderr: Descriptor) throws(SystemError) {
        output = try ChildOutput(stdout, poller) { self.assumeIsolated { _ = $0.readOutput() } }
        errors = try ChildOutput(stderr, poller) { self.assumeIsolated { _ = $0.readErrors() } }
        input = ChildInput(stdin, bytes, poller) { self.assumeIsolated { $0.input?.advance() } }
        input?.advance()
    }

    /// What was said, with what is still in the pipes. Nobody reads them after this, whoever may hold their other ends.
    func end() -> (output: [UInt8], errors: [UInt8]) {
        while readOutput(), said.output.count < limit {}
        while readErrors(), said.errors.count < limit {}
        input?.close()
        output?.close()
        errors?.close()
        (input, output, errors) = (nil, nil, nil)
        return said
    }

    /// False when there was nothing.
    private func readOutput() -> Bool {
        output?.read { said.output += $0.prefix(limit - said.output.count) } ?? false
    }

    private func readErrors() -> Bool {
        errors?.read { said.errors += $0.prefix(limit - said.errors.count) } ?? false
    }
}
