import Glibc
import JSONCodec
import KindFiles
import Linux
import Logging
import MillraceProtocol

/// One command from its start to its end, on the thread that serves all of them.
actor CommandRun {
    private enum Phase {
        case starting, running, ending, done
    }

    private let attempt: CommandAttempt
    private let definition: CommandDefinition
    private let socket: String?
    private let time: any TimeSource
    private let poller: Poller
    private var log: CommandLog
    private var phase = Phase.starting
    private var finish: CommandExecutor.Completion?
    private var stopped: CommandStop?
    private var grace: Duration
    private var child: ChildProcess?
    private var tree: ProcessTree?
    private var ending: Result<Ending, SystemError>?
    private var timer: Task<Void, Never>?
    private var peak: Int64?
    private var input: ChildInput?
    private var output: ChildOutput?
    private var errors: ChildOutput?
    private var written: [UInt8] = []

    init(
        _ attempt: CommandAttempt, _ definition: CommandDefinition, socket: String?, log: Logger,
        time: any TimeSource, poller: Poller
    ) {
        self.attempt = attempt
        self.definition = definition
        self.socket = socket
        self.time = time
        self.poller = poller
        self.log = CommandLog(attempt, log, time)
        grace = definition.grace
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { poller.asUnownedSerialExecutor() }

    /// Runs `body` there, after what was asked before.
    nonisolated func onThread(_ body: @escaping @Sendable (isolated CommandRun) -> Void) {
        poller.perform { self.assumeIsolated { body($0) } }
    }

    func begin(_ finish: @escaping CommandExecutor.Completion) {
        self.finish = finish
        do throws(SystemError) {
            let (stdin, stdout, stderr) = (try Pipe(), try Pipe(), try Pipe())
            for near in [stdin.writer, stdout.reader, stderr.reader] { try near.setNonBlocking(true) }
            var launch = definition.launch(setting: attempt.variables(socket: socket))
            launch.passing = [(stdin.reader, 0), (stdout.writer, 1), (stderr.writer, 2)]
            launch.keepsZombie = true
            let far = [stdin.reader, stdout.writer, stderr.writer]
            ChildProcess.start(launch) { result in
                for end in far { end.close() }
                self.onThread { $0.started(result, stdin.writer, stdout.reader, stderr.reader) }
            }
        } catch {
            complete(.failure(CommandAnswer.cannotStart(program, error)), nil)
        }
    }

    /// Ends the command, unless that is under way for another reason.
    func stop(_ reason: CommandStop, grace: Duration? = nil) {
        if stopped != nil || phase == .done || ending != nil { return }
        stopped = reason
        if let grace { self.grace = min(self.grace, grace) }
        if phase == .running { endTree() }
    }

    /// Kills what there is of it now, without another word.
    func kill() {
        _ = tree?.signal(SIGKILL)
    }

    /// Looks how much memory it holds.
    func measure() {
        guard let child, ending == nil, let now = ProcessTable.peakBytes(of: child.pid) else { return }
        peak = max(peak ?? 0, now)
    }

    private var program: String { definition.process.arguments.first ?? "" }

    private func started(
        _ result: Result<ChildProcess, SystemError>, _ stdin: Descriptor, _ stdout: Descriptor,
        _ stderr: Descriptor
    ) {
        do throws(SystemError) {
            let child = try result.get()
            self.child = child
            phase = .running
            tree = ProcessTree(child, mark: (CommandAttempt.mark, "\(attempt.fence)"))
            output = try ChildOutput(stdout, poller) {
                self.assumeIsolated {
                    $0.measure()
                    $0.readOutput()
                }
            }
            errors = try ChildOutput(stderr, poller) { self.assumeIsolated { _ = $0.readErrors() } }
            // Ended as a line, for those who read lines.
            input = ChildInput(stdin, attempt.params.bytes + [UInt8(ascii: "\n")], poller) {
                self.assumeIsolated { $0.input?.advance() }
            }
            child.whenEnded { ending in self.onThread { $0.ended(ending) } }
        } catch {
            child?.signal(SIGKILL)
            return complete(.failure(CommandAnswer.cannotStart(program, error)), nil)
        }
        input?.advance()
        if let limit = attempt.timeout {
            let time = time
            timer = Task {
                do { try await time.sleep(for: limit) } catch { return }
                self.stop(.timedOut(after: limit))
            }
        }
        if stopped != nil { endTree() }
    }

    /// False when there was nothing to read.
    @discardableResult
    private func readOutput() -> Bool {
        let limit = definition.outputLimit
        let isMore = output?.read { bytes in
            // One byte more shows that there is more; beyond that it is only taken off the pipe.
            written += bytes.prefix(max(0, limit + 1 - written.count))
        }
        if written.count > limit, stopped == nil, ending == nil {
            stop(.outputTooLong(limit: limit), grace: .zero)
        }
        return isMore ?? false
    }

    @discardableResult
    private func readErrors() -> Bool {
        errors?.read { log.append($0) } ?? false
    }

    private func ended(_ ending: Result<Ending, SystemError>) {
        self.ending = ending
        // One that is being ended is looked after there.
        guard phase == .running, let tree else { return }
        phase = .ending
        let grace = min(grace, .seconds(2))
        let time = time
        Task {
            if await Self.hasMembers(tree) {
                let report = await tree.end(grace: grace, time: time)
                log.warn(
                    "the command has ended and left \(report.asked) processes behind, which were ended too, "
                        + "\(report.killed) of them by KILL")
                warn(about: report)
            }
            settle()
        }
    }

    /// Not on the thread that serves all commands: it may have to look at every process.
    @concurrent
    private static func hasMembers(_ tree: ProcessTree) async -> Bool { tree.hasMembers }

    private func endTree() {
        guard let tree else { return }
        phase = .ending
        let (grace, time) = (grace, time)
        Task {
            let report = await tree.end(grace: grace, time: time)
            warn(about: report)
            // Gone with its tree, it only has to be noticed.
            if report.left == 0, let child { _ = try? await child.wait() }
            settle()
        }
    }

    private func warn(about report: ProcessTree.Report) {
        if report.left > 0 { log.warn("\(report.left) processes of the command cannot be ended") }
    }

    private func settle() {
        // What is left in the pipes; a process that cannot be ended may still be writing.
        for _ in 0..<1024 where readOutput() {}
        for _ in 0..<1024 where readErrors() {}
        log.finish()
        let limit = definition.outputLimit
        if written.count > limit, stopped == nil { stopped = .outputTooLong(limit: limit) }
        let ending = child?.ending
        // One that cannot be ended has done so as far as its job goes.
        let status = ending?.status ?? .signalled(SIGKILL)
        complete(
            CommandAnswer.result(status, stop: stopped, output: written, lastLine: log.lastLine), ending)
    }

    private func complete(_ result: Result<JSONRaw?, RPCError>, _ ending: Ending?) {
        guard let finish, phase != .done else { return }
        phase = .done
        self.finish = nil
        timer?.cancel()
        input?.close()
        output?.close()
        errors?.close()
        child?.release()
        // Some lead back here, and each holds descriptors for as long as somebody holds the handle.
        (input, output, errors, tree, child) = (nil, nil, nil, nil, nil)
        written = []
        finish(
            CommandOutcome(
                result: result, exit: ending?.status, cpuTime: ending?.usage.cpuTime ?? .zero,
                peakBytes: ending?.usage.peakBytes ?? peak))
    }
}
