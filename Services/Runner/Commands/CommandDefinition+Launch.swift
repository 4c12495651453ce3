import Glibc
import KindFiles
import Linux

extension CommandDefinition {
    /// The command as it is to be started, but for its descriptors: in a session of its own, without a directory in "/".
    ///
    /// - Parameter own: variables that go before all that was declared.
    func launch(setting own: [String: String] = [:]) -> ChildLaunch {
        var launch = ChildLaunch(
            process.arguments, environment: variables.merging(own) { $1 }, directory: process.directory ?? "/")
        launch.user = user
        launch.umask = process.umask
        launch.nice = process.nice == 0 ? nil : Int32(process.nice)
        launch.limits = process.limits.all
        launch.newSession = true
        // A runner that is killed leaves no command behind that would run beside its next attempt.
        launch.parentDeathSignal = SIGKILL
        return launch
    }

    /// What is passed on, who it runs as, and what was declared, the later before the earlier.
    private var variables: [String: String] {
        var variables: [String: String] = [:]
        for name in process.inheritedEnvironment where !Self.serviceManagers.contains(name) {
            variables[name] = Environment[name]
        }
        if let identity = process.identity {
            variables["HOME"] = identity.home ?? "/"
            variables["USER"] = identity.name
            variables["LOGNAME"] = identity.name
        }
        return variables.merging(process.environment) { $1 }
    }

    /// These would let it speak to the service manager in our name, or read our secrets.
    private static let serviceManagers: Set = [
        "NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID", "LISTEN_PIDFDID", "WATCHDOG_USEC",
        "WATCHDOG_PID", "MAINPID", "INVOCATION_ID", "JOURNAL_STREAM", "CREDENTIALS_DIRECTORY",
    ]

    /// Nil when it is who we are already: then nothing has to be changed, which takes no right.
    private var user: ChildLaunch.User? {
        guard let identity = process.identity, identity.uid != geteuid() || identity.gid != getegid() else {
            return nil
        }
        let groups = identity.name.map { SystemGroup.ids(ofMember: $0) } ?? []
        return ChildLaunch.User(
            id: identity.uid, group: identity.gid,
            groups: [identity.gid] + groups.filter { $0 != identity.gid })
    }
}

extension ProcessLimits {
    fileprivate var all: [ChildLaunch.Limit] {
        var all: [ChildLaunch.Limit] = []
        func add(_ resource: ChildLaunch.Limit.Resource, _ value: Int?) {
            if let value { all.append(.init(resource, UInt64(clamping: value))) }
        }
        add(.addressSpace, memory)
        add(.openFiles, openFiles)
        add(.fileSize, fileSize)
        add(.processes, processes)
        add(.core, core)
        if let cpuTime {
            // SIGXCPU at the bound, SIGKILL a second later for one that does not heed it.
            let seconds = UInt64(clamping: max(1, Int64(cpuTime.seconds.rounded(.up))))
            all.append(.init(.cpuTime, soft: seconds, hard: seconds + 1))
        }
        return all
    }
}
