import Glibc
import Linux

/// `up --detach`: millctl once more, in a session of its own. It has our outputs until all is ready, so what goes wrong
/// on the way is seen; then it lets go of them.
struct Background {
    let state: StateDirectory
    let logLevel: String?
    /// Further options of `up`.
    var more: [String] = []
    let global: GlobalOptions

    /// Where the process in the background finds the descriptor at which it reports.
    private static let descriptor: Int32 = 3

    /// Starts it, waits until it is ready or has failed, and ends this process with its exit code.
    func start() throws(SystemError) -> Never {
        let pipe = try Pipe()
        var words = [OwnExecutable.path, "up", "--state", state.path, "--ready-descriptor", String(Self.descriptor)]
        if let logLevel { words += ["--log-level", logLevel] }
        words += more
        if global.json { words.append("--json") }
        if global.noColor { words.append("--no-color") }
        let process = try ChildProcess(
            words, descriptors: [(from: pipe.writer.raw, to: Self.descriptor)], newSession: true)
        pipe.writer.close()
        // An interrupt here stops the waiting; the background notices that nobody waits and ends.
        var unblocked = sigset_t()
        sigemptyset(&unblocked)
        sigprocmask(SIG_SETMASK, &unblocked, nil)

        if !(try pipe.reader.readToEnd()).isEmpty { exit(EX_OK) }
        while process.exitStatus == nil {
            var ended = pollfd(fd: process.pidfd.raw, events: Int16(POLLIN), revents: 0)
            poll(&ended, 1, 10)
        }
        switch process.exitStatus {
        case .exited(let code): exit(code == EX_OK ? EX_SOFTWARE : code)
        default:
            Output.error("millctl: the suite ended in the background with \(process.exitStatus!)")
            exit(EX_SOFTWARE)
        }
    }

    /// In the background: says that all are ready and lets go of the terminal; false when nobody waits any more.
    static func isReady(at descriptor: Descriptor) -> Bool {
        guard (try? descriptor.writeAll([1])) != nil else { return false }
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        for standard in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] { dup2(null, standard) }
        if null > STDERR_FILENO { close(null) }
        descriptor.close()
        return true
    }
}
