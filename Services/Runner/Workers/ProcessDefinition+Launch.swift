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
        if let identity {
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
            (.addressSpace, memory), (.openFiles, openFiles), (.cpuTime, cpuTime.map { Int($0.components.seconds) }),
            (.fileSize, fileSize), (.processes, processes), (.core, core),
        ]
        return bounds.compactMap { resource, bound in bound.map { ChildLaunch.Limit(resource, UInt64($0)) } }
    }
}

extension ProcessIdentity {
    /// All groups of the user, as initgroups(3) would set them.
    fileprivate var groups: [UInt32] {
        guard let name else { return [gid] }
        var count: Int32 = 64
        while count <= 65_536 {
            var groups = [gid_t](repeating: 0, count: Int(count))
            let room = count
            if getgrouplist(name, gid, &groups, &count) >= 0 { return Array(groups.prefix(Int(count))) }
            count = max(count, room * 2)
        }
        return [gid]
    }
}
