import KindFiles
import Linux

extension ProcessDefinition {
    /// The child's descriptor of the connection, and the variable that names it.
    private static let descriptor: Int32 = 3
    private static let variable = "MILLRACE_WORKER_FD"

    /// What the service manager tells us and nobody else.
    private static let ours: Set = [
        "NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID", "LISTEN_PIDFDID", "WATCHDOG_USEC", "WATCHDOG_PID",
        "MAINPID",
    ]

    /// Starts the process with `connection` as its descriptor 3. What it prints goes to our standard error.
    ///
    /// - Parameter state: The folder of `--state`; nil on an installed system.
    func startWorker(state: String?, connection: Descriptor) throws(SystemError) -> ChildProcess {
        var environment = childEnvironment
        environment[Self.variable] = String(Self.descriptor)
        if let state { environment["MILLRACE_STATE"] = state }
        return try ChildProcess(
            resolvedArguments, environment: environment, directory: directory ?? "/",
            descriptors: [(2, 1), (2, 2), (connection.raw, Self.descriptor)], endsGroup: true)
    }

    /// The program and its arguments; a program named without a slash is looked for beside our own executable first, then
    /// in PATH.
    var resolvedArguments: [String] {
        guard let program = arguments.first, !program.contains("/") else { return arguments }
        let beside = Files.parent(Machine.executable) + "/" + program
        return Files.exists(beside) ? [beside] + arguments.dropFirst() : arguments
    }

    /// What is passed on, who it runs as, and what was declared, the later before the earlier.
    var childEnvironment: [String: String] {
        var variables: [String: String] = [:]
        for name in inheritedEnvironment { variables[name] = Environment[name] }
        if let identity {
            variables["HOME"] = identity.home ?? "/"
            variables["USER"] = identity.name
            variables["LOGNAME"] = identity.name
        }
        return variables.merging(environment) { $1 }
    }

    /// A program like the suite's own: it has our whole environment, but for what the service manager tells us alone.
    static func trusted(_ arguments: [String]) -> ProcessDefinition {
        var process = ProcessDefinition(arguments)
        process.inheritedEnvironment = Environment.all.keys.filter { !ours.contains($0) }.sorted()
        return process
    }
}

extension WorkerDefinition {
    /// The pools of the setting `Workers.Commands`: each a program and its arguments, parted by blanks. A pool bears the
    /// name of its program, with a number when another does already.
    static func pools(of commands: [String]) -> [WorkerDefinition] {
        var names: Set<String> = []
        return commands.compactMap { command in
            let words = command.split(separator: " ").map(String.init)
            guard let program = words.first.map(Files.name) else { return nil }
            let name = (1...).lazy.map { $0 == 1 ? program : "\(program)-\($0)" }.first { !names.contains($0) }!
            names.insert(name)
            return WorkerDefinition(name: name, process: .trusted(words))
        }
    }
}
