import Glibc
import KindFiles
import Linux

extension ProcessDefinition {
    /// The process as it is declared, in a group of its own that ends with it and with us. Without a directory it starts
    /// in "/".
    ///
    /// Variables: what is passed on, who it runs as, what was declared, the later before the earlier.
    func launch() -> ChildLaunch {
        var launch = ChildLaunch(resolvedArguments, environment: childEnvironment, directory: directory ?? "/")
        launch.endsGroup = true
        launch.parentDeathSignal = SIGKILL
        launch.umask = umask
        launch.nice = nice == 0 ? nil : Int32(nice)
        launch.limits = limits.launchLimits
        // Who we are already takes no right and is not set.
        if let identity, identity.uid != geteuid() || identity.gid != getegid() {
            launch.user = .init(id: identity.uid, group: identity.gid, groups: identity.groups)
        }
        return launch
    }

    /// The program and its arguments; a program named without a slash is looked for beside our own executable first, then
    /// in PATH.
    private var resolvedArguments: [String] {
        guard let program = arguments.first, !program.contains("/") else { return arguments }
        let beside = Files.parent(Machine.executable) + "/" + program
        return Files.exists(beside) ? [beside] + arguments.dropFirst() : arguments
    }

    private var childEnvironment: [String: String] {
        var variables: [String: String] = [:]
        for name in inheritedEnvironment { variables[name] = Environment[name] }
        if let identity {
            variables["HOME"] = identity.home ?? "/"
            variables["USER"] = identity.name
            variables["LOGNAME"] = identity.name
        }
        return variables.merging(environment) { $1 }
    }
}

extension ProcessLimits {
    fileprivate var launchLimits: [ChildLaunch.Limit] {
        let bounds: [(ChildLaunch.Limit.Resource, Int?)] = [
            (.addressSpace, memory), (.openFiles, openFiles), (.fileSize, fileSize), (.processes, processes),
            (.core, core),
        ]
        var limits = bounds.compactMap { resource, bound in bound.map { ChildLaunch.Limit(resource, UInt64($0)) } }
        if let cpuTime {
            // SIGXCPU at the bound, SIGKILL a second later for one that does not heed it.
            let seconds = UInt64(max(1, cpuTime.components.seconds))
            limits.append(.init(.cpuTime, soft: seconds, hard: seconds + 1))
        }
        return limits
    }
}

extension ProcessIdentity {
    /// Its own group first, then those that the user is a member of.
    fileprivate var groups: [UInt32] {
        let others = name.map { SystemGroup.ids(ofMember: $0) } ?? []
        return [gid] + others.filter { $0 != gid }
    }
}
