import CLinux
import Glibc
import Linux

/// The step between `millctl up` and a service: systemd's contract wants `LISTEN_PID` to be the service's own process
/// id, which is known only in that process. So `up` starts millctl once more with these words, and that becomes the
/// service.
enum ServiceLauncher {
    static let word = "__exec-service"

    /// The descriptor at which the listening socket is handed over: SD_LISTEN_FDS_START.
    static let firstSocket: Int32 = 3

    static func arguments(for service: InstalledService, options: [String], launcher: String, parent: pid_t) -> [String]
    {
        [launcher, word, service.service.name, String(parent), service.executable] + options
    }

    /// What the service finds in its environment: ours without what systemd or another suite told us.
    static func environment(state: StateDirectory, notify: String, inherited: [String: String]) -> [String: String] {
        let theirs = [
            "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES",
            "JOURNAL_STREAM", "INVOCATION_ID", "STATE_DIRECTORY", "RUNTIME_DIRECTORY", "LOGS_DIRECTORY",
            "CONFIGURATION_DIRECTORY",
        ]
        var variables = inherited.filter { !theirs.contains($0.key) }
        variables["MILLRACE_STATE"] = state.path
        variables["NOTIFY_SOCKET"] = notify
        return variables
    }

    /// Becomes the service: `NAME PARENT EXECUTABLE OPTION…`.
    static func run(_ words: [String]) -> Never {
        guard words.count >= 3, let parent = pid_t(words[1]) else {
            Output.error("millctl: \(word) is for `millctl up` alone")
            exit(EX_USAGE)
        }
        // The service drains when millctl is killed; between our start and this line that may have happened already.
        millrace_end_with_parent(SIGTERM)
        guard getppid() == parent else { exit(EX_TEMPFAIL) }

        Environment.set("LISTEN_FDS", "1")
        Environment.set("LISTEN_FDNAMES", words[0])
        Environment.set("LISTEN_PID", String(getpid()))
        let arguments = Array(words[2...])
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        pointers.append(nil)
        execv(arguments[0], &pointers)
        Output.error("millctl: \(SystemError(number: errno, call: "execute \(arguments[0])"))")
        exit(EX_OSERR)
    }
}
