import KindFiles
import Linux

extension WorkerDefinition {
    /// The child's descriptor of the connection, and the variable that names it.
    private static let descriptor: Int32 = 3
    private static let variable = "MILLRACE_WORKER_FD"

    /// Starts a process with `connection` as its descriptor 3. What it prints goes to our standard error.
    ///
    /// - Parameter state: The folder of `--state`; nil on an installed system.
    func start(state: String?, connection: Descriptor) async throws -> ChildProcess {
        var launch = process.launch()
        launch.environment?[Self.variable] = String(Self.descriptor)
        if let state { launch.environment?["MILLRACE_STATE"] = state }
        launch.descriptors = [(2, 1), (2, 2)]
        launch.passing = [(connection, Self.descriptor)]
        let ready = launch
        return try await withCheckedThrowingContinuation { continuation in
            ChildProcess.start(ready) { continuation.resume(with: $0.mapError { $0 }) }
        }
    }

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

extension ProcessDefinition {
    /// What the service manager tells us and nobody else.
    private static let ours: Set = [
        "NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID", "LISTEN_PIDFDID", "WATCHDOG_USEC",
        "WATCHDOG_PID",
        "MAINPID",
    ]

    /// A program like the suite's own: it has our whole environment, but for what the service manager tells us alone, and
    /// starts where we are.
    static func trusted(_ arguments: [String]) -> ProcessDefinition {
        var process = ProcessDefinition(arguments)
        process.inheritedEnvironment = Environment.all.keys.filter { !ours.contains($0) }.sorted()
        process.directory = "."
        return process
    }
}
