import Glibc

/// A runner by itself: a state folder of its own, kinds and settings that the test writes, no supervisor. The test
/// starts it, ends or kills it, and starts it again on what it left.
public final class RunningRunner: Answering {
    /// The executables without which none runs; tests skip by name where they are not built.
    public static let isBuilt = Binary.exist("millrace-runner", "millctl")

    public let folder: TemporaryDirectory
    /// The state folder.
    public let state: String
    private let options: [String]
    private let environment: [String: String?]
    private let process = Watched<RunningProcess?>(nil)

    public var socket: String { state + "/run/runner.sock" }
    public var database: String { state + "/data/runner.sqlite" }
    /// What the runners of this state have said.
    public var log: String { text(of: logFile) ?? "" }
    public var logFile: String { folder.file("log") + "/millrace.log" }
    /// The process of now.
    public var pid: pid_t { process.value?.pid ?? 0 }

    /// - Parameters:
    ///   - kinds: a file for `kinds.d`.
    ///   - settings: the text of `runner.conf`.
    ///   - state: another folder than one of its own, a small file system for instance.
    ///   - options: of the runner; by default it starts no worker but those that `kinds` declares.
    public init(
        kinds: String? = nil, settings: String? = nil, state: String? = nil, options: [String] = ["--commands", ""],
        environment: [String: String?] = [:]
    ) {
        folder = TemporaryDirectory()
        self.state = state ?? folder.path
        self.options = options
        let clean: [String: String?] = [
            "MILLRACE_STATE": nil, "MILLRACE_BOOKS": nil, "NOTIFY_SOCKET": nil, "WATCHDOG_USEC": nil,
            "LISTEN_FDS": nil, "STATE_DIRECTORY": nil, "RUNTIME_DIRECTORY": nil, "SWIFT_BACKTRACE": "enable=no",
        ]
        self.environment = clean.merging(environment) { $1 }
        for name in ["/etc", "/etc/kinds.d", "/log"] {
            mkdir(self.state + name, 0o755)
            mkdir(folder.path + name, 0o755)
        }
        if let kinds { declare(kinds) }
        if let settings { write(settings, to: self.state + "/etc/runner.conf") }
    }

    /// Runs `body` with a runner that answers, and ends the runner whatever happens.
    public static func run<Result: Sendable>(
        kinds: String? = nil, settings: String? = nil, options: [String] = ["--commands", ""],
        environment: [String: String?] = [:], _ body: (RunningRunner) async throws -> Result
    ) async throws -> Result {
        try await RunningRunner(kinds: kinds, settings: settings, options: options, environment: environment).use(body)
    }

    /// Starts it, runs `body`, and ends it whatever happens.
    public func use<Result: Sendable>(_ body: (RunningRunner) async throws -> Result) async throws -> Result {
        do {
            try await start()
            let result = try await body(self)
            try await stop()
            if log.contains("Sanitizer:") { throw TestFailure("a sanitizer found something") }
            return result
        } catch {
            try? await kill()
            throw TestFailure("\(error)\nthe runner's log:\n\(log.suffix(6000))")
        }
    }

    /// Writes a file of `kinds.d`; what is in force changes with ``reload()``.
    public func declare(_ kinds: String, in file: String = "test.yaml") {
        write(kinds, to: state + "/etc/kinds.d/" + file)
    }

    private func write(_ text: String, to path: String) {
        let stream = fopen(path, "w")
        precondition(stream != nil, "cannot write \(path)")
        fputs(text, stream)
        fclose(stream)
    }

    /// Starts a runner, without waiting for it.
    @discardableResult
    public func launch() throws -> RunningProcess {
        let command = [Binary.path("millrace-runner"), "--state", state] + options
        let started = try RunningProcess(
            // Its end must not outlive the test's.
            ["setpriv", "--pdeathsig", "KILL", "sh", "-c", "exec \"$@\" 2>>\"$0\"", logFile] + command,
            environment: environment)
        process.update { $0 = started }
        return started
    }

    /// Starts a runner and returns when it answers.
    public func start() async throws {
        let started = try launch()
        try await eventually("the runner answers", within: .seconds(30)) {
            if let ending = started.progress.value.ending { throw TestFailure("the runner: \(ending)") }
            return (try? await call("service.ping")) != nil
        }
    }

    /// Ends it as systemd does, and says how it went.
    @discardableResult
    public func stop() async throws -> Ending? {
        guard let running = process.value else { return nil }
        running.signal(SIGTERM)
        return try await running.wait(within: .seconds(45))
    }

    /// `kill -9`, and returns when it is gone.
    public func kill() async throws {
        guard let running = process.value else { return }
        running.signal(SIGKILL)
        try await running.wait(within: .seconds(10))
    }

    /// Has it read its files again and returns when it says that it has.
    public func reload() async throws {
        _ = try await call("service.reload")
    }

    /// Sends a signal to the runner.
    public func signal(_ number: Int32) { process.value?.signal(number) }

    /// Waits until the runner of now has ended by itself.
    public func ended() async throws -> Ending? { try await process.value?.wait(within: .seconds(30)) }

    // MARK: Asking

    /// Submits a job and returns its number; `more` are further members, each after a comma.
    public func submit(_ kind: String, _ params: String = "{}", _ more: String = "") async throws -> Int {
        let receipt = try await call("job.submit", "{\"kind\":\"\(kind)\",\"params\":\(params)\(more)}")
        guard let id = receipt["id"].int else { throw TestFailure("no id: \(receipt)") }
        return id
    }

    /// The job as `job.show` tells it.
    public func job(_ id: Int) async throws -> Tree { try await call("job.show", "{\"id\":\(id)}")["job"] }

    /// The attempts of a job, the first one first.
    public func attempts(_ id: Int) async throws -> [Tree] {
        let rows = try await call("job.show", "{\"id\":\(id),\"attempts\":true}")["attempts"].elements
        return rows.sorted { ($0["fence"].int ?? 0) < ($1["fence"].int ?? 0) }
    }

    /// The codes of `job.why`.
    public func why(_ id: Int) async throws -> [String] {
        try await call("job.why", "{\"id\":\(id)}")["reasons"].elements.compactMap { $0["code"].string }
    }

    /// The one reason of `job.why` with this code.
    public func reason(_ id: Int, _ code: String) async throws -> Tree {
        let reasons = try await call("job.why", "{\"id\":\(id)}")["reasons"].elements
        guard let reason = reasons.first(where: { $0["code"].string == code }) else {
            throw TestFailure("job \(id) has not the reason \(code): \(reasons)")
        }
        return reason
    }

    /// Waits until the job is in that state and returns it.
    @discardableResult
    public func reached(_ state: String, _ id: Int, within limit: Duration = .seconds(20)) async throws -> Tree {
        let last = Watched(Tree.absent)
        do {
            try await eventually("job \(id) is \(state)", within: limit) {
                let job = try await job(id)
                last.update { $0 = job }
                return job["state"].string == state
            }
        } catch {
            throw TestFailure("\(error)\nit is \(last.value)")
        }
        return last.value
    }

    /// Waits until the job is over, over restarts too, and returns it.
    @discardableResult
    public func finished(_ id: Int, within limit: Duration = .seconds(20)) async throws -> Tree {
        let last = Watched(Tree.absent)
        do {
            try await eventually("job \(id) is over", within: limit) {
                guard let job = try? await job(id) else { return false }
                last.update { $0 = job }
                return ["succeeded", "partial", "failed", "cancelled"].contains(job["state"].string ?? "")
            }
        } catch {
            throw TestFailure("\(error)\nit is \(last.value)")
        }
        return last.value
    }

    /// Runs `millctl` on this state, whatever its status.
    @discardableResult
    public func millctl(_ arguments: String..., within limit: Duration = .seconds(60)) async throws -> Finished {
        try await TestSupport.run(
            [Binary.path("millctl")] + arguments, environment: environment.merging(["MILLRACE_STATE": state]) { $1 },
            within: limit)
    }

    /// Runs `millctl` on this state; it has to end with `status`. Returns its standard output.
    @discardableResult
    public func check(_ arguments: String..., status: Int32 = 0) async throws -> String {
        let finished = try await TestSupport.run(
            [Binary.path("millctl")] + arguments, environment: environment.merging(["MILLRACE_STATE": state]) { $1 })
        guard finished.ending == .exited(status) else { throw TestFailure("expected exit \(status): \(finished)") }
        return finished.output
    }

    /// Starts `millctl` on this state.
    public func begin(_ arguments: String...) throws -> RunningProcess {
        try RunningProcess(
            [Binary.path("millctl")] + arguments, environment: environment.merging(["MILLRACE_STATE": state]) { $1 })
    }

    /// Lets the user nobody reach the socket, where the settings have `Group=nogroup`.
    public func openToNobody() {
        for path in [state, state + "/run"] { chmod(path, 0o755) }
        chmod(socket, 0o666)
    }

    /// Runs `millctl` on this state as the user nobody, which needs root.
    public func asNobody(_ arguments: [String]) async throws -> Finished {
        try await TestSupport.run(
            ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", Binary.path("millctl")] + arguments
                + ["--state", state])
    }
}
