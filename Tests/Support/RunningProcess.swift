import Glibc

/// How a process ended.
public enum Ending: Hashable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case killed(signal: Int32)

    /// The exit status, as a shell gives it: 128 plus the signal for a killed one.
    public var status: Int32 {
        switch self {
        case .exited(let status): status
        case .killed(let signal): 128 + signal
        }
    }

    public var description: String {
        switch self {
        case .exited(let status): "exit \(status)"
        case .killed(let signal): "killed by signal \(signal)"
        }
    }
}

/// A process started by a test, the leader of a group of its own. It is killed with its group when the object goes.
public final class RunningProcess: Sendable {
    /// What a test can wait for.
    public struct Progress: Sendable {
        public var standardOutput: [UInt8] = []
        public var standardError: [UInt8] = []
        public var ending: Ending?

        public var outputText: String { String(decoding: standardOutput, as: UTF8.self) }
        public var errorText: String { String(decoding: standardError, as: UTF8.self) }
    }

    public let command: [String]
    public let pid: pid_t
    public let progress = Watched(Progress())

    /// Starts `command`; its first word is a path, or a name looked up in `PATH`.
    ///
    /// - Parameters:
    ///   - environment: laid over the test's own; nil removes a variable.
    ///   - input: bytes of the standard input; without them it is `/dev/null`.
    public init(
        _ command: [String], environment: [String: String?] = [:], directory: String? = nil, input: [UInt8]? = nil
    ) throws {
        Glibc.signal(SIGPIPE, SIG_IGN)
        OrphanReaper.start()
        self.command = command
        let pipes = try Pipes(input: input)
        let launch = Launch(command, environment: environment, directory: directory, pipes: pipes)
        let started = Handoff<(pid: pid_t, error: Int32)>()
        let progress = progress
        // One thread starts the child and waits for its end: a child that asks to die with its parent means the
        // parent's thread (PR_SET_PDEATHSIG), so this thread has to live as long as the child.
        startThread {
            let outcome = launch.start()
            pipes.closeFarEnds()
            started.put(outcome)
            guard outcome.error == 0 else { return pipes.closeNearEnds() }
            startThread { pipes.copy(to: progress) }
            var information = siginfo_t()
            while waitid(P_PID, id_t(outcome.pid), &information, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
            pipes.childEnded(outcome.pid)
        }
        let outcome = started.take()
        guard outcome.error == 0 else {
            throw TestFailure("cannot start \(command[0]): \(String(cString: strerror(outcome.error)))")
        }
        pid = outcome.pid
    }

    deinit { signalGroup(SIGKILL) }

    /// Sends a signal to the process alone; nothing happens when it has ended.
    public func signal(_ number: Int32) {
        progress.update { if $0.ending == nil { kill(pid, number) } }
    }

    /// Sends a signal to the process and its group; nothing happens when it has ended.
    public func signalGroup(_ number: Int32) {
        progress.update { if $0.ending == nil { kill(-pid, number) } }
    }

    /// Waits for the end; kills the group and fails when it does not come in time.
    @discardableResult
    public func wait(within limit: Duration = .seconds(60)) async throws -> Ending {
        do {
            return try await progress.wait(within: limit, for: "the end of \(command)") { $0.ending != nil }.ending!
        } catch {
            signalGroup(SIGKILL)
            let now = progress.value
            throw TestFailure("\(error)\nits output: \(now.outputText.suffix(2000))\(now.errorText.suffix(4000))")
        }
    }

    /// Waits until standard output or error holds `text`.
    public func waitForOutput(_ text: String, within limit: Duration = .seconds(60)) async throws {
        try await progress.wait(within: limit, for: "\"\(text)\" from \(command)") {
            $0.outputText.contains(text) || $0.errorText.contains(text)
        }
    }
}

/// What a command said and how it ended.
public struct Finished: Sendable, CustomStringConvertible {
    public let command: [String]
    public let ending: Ending
    public let output: String
    public let errors: String

    public var status: Int32 { ending.status }
    public var succeeded: Bool { ending == .exited(0) }

    public var description: String {
        "\(command.joined(separator: " ")): \(ending)\n\(output.suffix(4000))\(errors.suffix(4000))"
    }
}

/// Runs a command to its end and returns what it said, whatever its status.
///
/// - Throws: ``TestFailure`` when it cannot be started or has not ended in time.
@discardableResult
public func run(
    _ command: [String], environment: [String: String?] = [:], directory: String? = nil, input: String? = nil,
    within limit: Duration = .seconds(60)
) async throws -> Finished {
    let process = try RunningProcess(
        command, environment: environment, directory: directory, input: input.map { Array($0.utf8) })
    let ending = try await process.wait(within: limit)
    let progress = process.progress.value
    return Finished(
        command: command, ending: ending, output: progress.outputText, errors: progress.errorText)
}

/// Runs a command that has to succeed and returns its standard output.
///
/// - Throws: ``TestFailure`` with all it said when its status is not 0.
@discardableResult
public func check(
    _ command: [String], environment: [String: String?] = [:], directory: String? = nil, input: String? = nil,
    within limit: Duration = .seconds(60)
) async throws -> String {
    let finished = try await run(
        command, environment: environment, directory: directory, input: input, within: limit)
    guard finished.succeeded else { throw TestFailure("\(finished)") }
    return finished.output
}
