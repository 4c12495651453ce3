import ArgumentParser
import CLinux
import Glibc
import JSONCodec
import Linux

/// `millctl down --state DIR`
struct DownCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down", abstract: "Stops a suite that `millctl up` started, and waits until it is gone.",
        discussion: "Where nothing runs that is said, and is no error.")

    @OptionGroup var global: GlobalOptions

    /// The services may take 35 s, killing and reaping a little more.
    static let patience = Duration.seconds(50)

    func run() throws {
        let state = try global.requiredState()
        guard let pid = try StateLock.holder(state.pidFile) else {
            if global.json {
                JSONOutput.document(DownReport(stopped: false))
            } else {
                Output.line("nothing runs on \(state.path)")
            }
            return
        }
        try stop(pid, state)
        if global.json {
            JSONOutput.document(DownReport(stopped: true, pid: Int(pid)))
        } else {
            Output.line("stopped the suite on \(state.path)")
        }
    }

    private func stop(_ pid: pid_t, _ state: StateDirectory) throws(Failure) {
        let raw = millrace_pidfd_open(pid)
        if raw < 0 {
            if errno == ESRCH { return }
            throw Failure(SystemError(number: errno, call: "pidfd_open \(pid)"))
        }
        let process = Descriptor(raw)
        guard kill(pid, SIGTERM) == 0 || errno == ESRCH else {
            let reason = SystemError(number: errno, call: "kill \(pid)")
            throw Failure(.noPermission, "the suite on \(state.path) belongs to another user: \(reason)")
        }
        let end = SystemTime().boot() + Self.patience
        while true {
            let left = end - SystemTime().boot()
            guard left > .zero else {
                throw Failure(
                    .temporaryFailure,
                    "the suite (pid \(pid)) has not ended within \(Self.patience.short); see \(state.logFile)"
                )
            }
            var ended = pollfd(fd: process.raw, events: Int16(POLLIN), revents: 0)
            if poll(&ended, 1, Int32(min(left.milliseconds + 1, 60_000))) > 0 { return }
        }
    }
}

private struct DownReport: JSONEncodable {
    var stopped: Bool
    var pid: Int?

    func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("stopped", stopped)
            $0.member("pid", ifPresent: pid)
        }
    }
}
