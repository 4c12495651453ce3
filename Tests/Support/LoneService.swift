import Glibc

/// A service by itself, without a supervisor: the test starts it, has something happen to it, and starts it again on what it left.
public final class LoneService: Answering {
    /// "runner" for `millrace-runner`.
    public let name: String
    /// The state folder; several services may share one.
    public let state: String
    private let options: [String]
    private let process = Watched<RunningProcess?>(nil)
    private let own: TemporaryDirectory?

    /// - Parameters:
    ///   - state: another folder than one of its own.
    ///   - options: of its command line.
    public init(_ name: String, state: String? = nil, options: [String] = []) {
        self.name = name
        own = state == nil ? TemporaryDirectory() : nil
        self.state = state ?? own!.path
        self.options = options
        for folder in ["/etc", "/run", "/data"] { mkdir(self.state + folder, 0o750) }
    }

    public static func isBuilt(_ name: String) -> Bool { Binary.exist("millrace-\(name)") }

    public var socket: String { "\(state)/run/\(name).sock" }
    public var database: String { "\(state)/data/\(name).sqlite" }
    /// What the process of now has said.
    public var log: String { process.value?.progress.value.errorText ?? "" }
    public var pid: pid_t { process.value?.pid ?? 0 }
    public var ending: Ending? { process.value?.progress.value.ending }

    /// Starts it and waits for nothing.
    ///
    /// - Parameter wrapper: a command that becomes the service, such as `prlimit` with its options.
    public func launch(under wrapper: [String] = [], environment: [String: String?] = [:]) throws {
        let clean: [String: String?] = [
            "MILLRACE_STATE": nil, "MILLRACE_BOOKS": nil, "NOTIFY_SOCKET": nil, "WATCHDOG_USEC": nil,
            "LISTEN_FDS": nil, "STATE_DIRECTORY": nil, "RUNTIME_DIRECTORY": nil, "SWIFT_BACKTRACE": "enable=no",
        ]
        let command = [Binary.path("millrace-\(name)"), "--state", state] + options
        let started = try RunningProcess(
            ["setpriv", "--pdeathsig", "KILL"] + wrapper + command, environment: clean.merging(environment) { $1 })
        process.update { $0 = started }
    }

    /// Starts it and returns when it answers.
    public func start(under wrapper: [String] = [], environment: [String: String?] = [:]) async throws {
        try launch(under: wrapper, environment: environment)
        try await answers()
    }

    /// Waits until the process that was started answers.
    public func answers() async throws {
        try await eventually("the \(name) answers", within: .seconds(30)) {
            if let ending { throw TestFailure("the \(name): \(ending)\n\(log.suffix(4000))") }
            return (try? await call("service.ping")) != nil
        }
    }

    public func signal(_ number: Int32) { process.value?.signal(number) }

    /// Waits until it has ended by itself.
    public func ended(within limit: Duration = .seconds(45)) async throws -> Ending? {
        try await process.value?.wait(within: limit)
    }

    /// `kill -9`, and returns when it is gone.
    public func kill() async throws {
        signal(SIGKILL)
        try await process.value?.wait(within: .seconds(10))
    }

    /// Ends it as systemd does; it has to go well.
    public func stop() async throws {
        signal(SIGTERM)
        guard let ending = try await ended() else { return }
        guard ending == .exited(0) else { throw TestFailure("the \(name): \(ending)\n\(log.suffix(4000))") }
        if log.contains("Sanitizer:") { throw TestFailure("a sanitizer found something\n\(log.suffix(8000))") }
    }

    /// Runs `body`, and ends the service whatever happens.
    public func use<Result: Sendable>(_ body: (LoneService) async throws -> Result) async throws -> Result {
        do {
            let result = try await body(self)
            if ending == nil { try await stop() }
            return result
        } catch {
            try? await kill()
            throw TestFailure("\(error)\nthe \(name)'s log:\n\(log.suffix(4000))")
        }
    }

    /// Bytes of memory that it has in use.
    public var residentBytes: Int { ProcessLook.residentBytes(pid) ?? 0 }

    /// Runs `millctl` on its state, whatever its status.
    public func millctl(_ arguments: String...) async throws -> Finished {
        try await run(
            [Binary.path("millctl")] + arguments, environment: ["MILLRACE_STATE": state, "MILLRACE_BOOKS": nil])
    }
}
