import Glibc

/// The suite without systemd, in a state folder of its own, by the same commands that a person types.
///
/// It runs as a child (`millctl up`) that ends with the test process; or detached, as the demo does it.
public final class RunningSuite: Answering {
    /// The executables without which no suite runs; tests skip by name where they are not built.
    public static let isBuilt = Binary.exist("millctl", "millrace-runner", "millrace-backoffice")

    /// Whether all services are built, also those that a suite may do without.
    public static let isWhole =
        isBuilt && Binary.exist("millrace-preloader", "millrace-categorizer", "millrace-scheduler", "millrace-metrics")

    public let folder: TemporaryDirectory
    private let environment: [String: String?]
    private let options: [String]
    private let process: Watched<RunningProcess?>

    public var state: String { folder.file("state") }
    public var socket: String { state + "/run/runner.sock" }
    public var books: String { state + "/data/books.sqlite" }
    public var log: String { text(of: state + "/log/millrace.log") ?? "" }

    /// Lays out a secret as the service manager would.
    public func credential(_ name: String, _ secret: String) {
        let folders = ["etc", "etc/credentials"].map { state + "/" + $0 }
        for folder in folders where mkdir(folder, 0o700) != 0 {
            precondition(errno == EEXIST, "cannot make \(folder)")
        }
        chmod(folder.write(secret + "\n", to: "state/etc/credentials/" + name), 0o600)
    }

    /// Runs `body` with a suite that is up, and ends the suite whatever happens.
    ///
    /// - Parameter options: further ones of `millctl up`.
    public static func run<Result: Sendable>(
        environment: [String: String?] = [:], detached: Bool = false, options: [String] = [],
        _ body: (RunningSuite) async throws -> Result
    ) async throws -> Result {
        let suite = RunningSuite(environment, options)
        do {
            try await suite.up(detached: detached)
            let result = try await body(suite)
            try await suite.down()
            // Under a sanitizer its findings in the suite's own processes stand in the log.
            if suite.log.contains("Sanitizer:") { throw TestFailure("a sanitizer found something") }
            return result
        } catch {
            _ = try? await suite.down()
            await suite.kill()
            throw TestFailure("\(error)\nthe suite's log:\n\(suite.log.suffix(6000))")
        }
    }

    private init(_ environment: [String: String?], _ options: [String]) {
        self.options = options
        folder = TemporaryDirectory()
        process = Watched(nil)
        let clean: [String: String?] = [
            "MILLRACE_STATE": nil, "MILLRACE_BOOKS": nil, "TASK_ORDER_LOG_WORKER_POOL_SIZE": nil,
            "NOTIFY_SOCKET": nil, "LISTEN_FDS": nil, "STATE_DIRECTORY": nil, "RUNTIME_DIRECTORY": nil,
        ]
        self.environment = clean.merging(environment) { $1 }
    }

    /// Starts the suite and returns when it is ready.
    public func up(detached: Bool = false) async throws {
        if detached {
            let finished = try await TestSupport.run(
                [Binary.path("millctl"), "up", "--state", state, "--detach"] + options, environment: environment)
            guard finished.succeeded else { throw TestFailure("\(finished)") }
            return
        }
        let started = try RunningProcess(
            ["setpriv", "--pdeathsig", "TERM", Binary.path("millctl"), "up", "--state", state] + options,
            environment: environment)
        process.update { $0 = started }
        // The service manager's word for it is the log; a client's is an answer.
        try await eventually("the suite is ready", within: .seconds(30)) {
            if let ending = started.progress.value.ending {
                throw TestFailure("up: \(ending)\n\(started.progress.value.errorText)")
            }
            return try await onThread { [self] in Self.services.allSatisfy { isReady($0) } }
        }
    }

    private static let services = ["runner", "preloader", "categorizer", "scheduler", "metrics"].filter {
        Binary.exist("millrace-" + $0)
    }

    private func isReady(_ service: String) -> Bool {
        // One that is not there yet refuses.
        let status = try? WireClient("\(state)/run/\(service).sock").call("service.status")
        return status?["state"].string == "ready"
    }

    /// Ends the suite as a person does, and returns when it is gone.
    @discardableResult
    public func down() async throws -> Finished {
        let finished = try await TestSupport.run(
            [Binary.path("millctl"), "down", "--state", state], environment: environment)
        if let running = process.value {
            try await running.wait(within: .seconds(45))
            process.update { $0 = nil }
        }
        return finished
    }

    /// Ends what `down` left, by the process id that `up` wrote down.
    private func kill() async {
        if let running = process.value { running.signalGroup(SIGKILL) }
        if let pid = text(of: state + "/run/millctl.pid").flatMap({ pid_t($0.filter(\.isNumber)) }), pid > 1 {
            Glibc.kill(pid, SIGKILL)
        }
    }

    /// Runs `millctl` on this suite.
    @discardableResult
    public func millctl(
        _ arguments: String..., environment more: [String: String?] = [:], input: String? = nil,
        within limit: Duration = .seconds(60)
    ) async throws -> Finished {
        try await TestSupport.run(
            [Binary.path("millctl")] + arguments, environment: all(more), input: input, within: limit)
    }

    /// Runs `millctl` on this suite, which has to end with `status`, and returns its standard output.
    @discardableResult
    public func check(
        _ arguments: String..., status: Int32 = 0, environment more: [String: String?] = [:], input: String? = nil,
        within limit: Duration = .seconds(60)
    ) async throws -> String {
        let finished = try await TestSupport.run(
            [Binary.path("millctl")] + arguments, environment: all(more), input: input, within: limit)
        guard finished.ending == .exited(status) else { throw TestFailure("expected exit \(status): \(finished)") }
        return finished.output
    }

    /// The same with the arguments as a list.
    @discardableResult
    public func check(_ arguments: [String], status: Int32 = 0, within limit: Duration = .seconds(60)) async throws
        -> String
    {
        let finished = try await TestSupport.run(
            [Binary.path("millctl")] + arguments, environment: all([:]), within: limit)
        guard finished.ending == .exited(status) else { throw TestFailure("expected exit \(status): \(finished)") }
        return finished.output
    }

    /// Starts `millctl` on this suite.
    public func start(_ arguments: String...) throws -> RunningProcess {
        try RunningProcess([Binary.path("millctl")] + arguments, environment: all([:]))
    }

    /// The job as `job.show` tells it.
    public func job(_ id: Int) async throws -> Tree {
        try await call("job.show", "{\"id\":\(id)}")["job"]
    }

    /// Waits until the job is over and returns it.
    ///
    /// Over restarts of the runner too, so it asks again and again: a watch would end with its connection.
    public func finished(_ id: Int, within limit: Duration = .seconds(120)) async throws -> Tree {
        let last = Watched(Tree.absent)
        try await eventually("job \(id) is over", within: limit, every: .milliseconds(20)) {
            guard let job = try? await job(id) else { return false }
            last.update { $0 = job }
            return ["succeeded", "partial", "failed", "cancelled"].contains(job["state"].string ?? "")
        }
        return last.value
    }

    /// Imports a month made for a test.
    public func importMonth(_ month: SampleMonth) async throws {
        let path = folder.write(month.csv, to: "timesheets.csv")
        try await check("books", "import", "timesheets", path, "--status", "Reviewed")
    }

    /// The process of a service, by its own account.
    public func processID() async throws -> pid_t {
        guard let pid = try await call("service.ping")["pid"].int else { throw TestFailure("no pid") }
        return pid_t(pid)
    }

    private func all(_ more: [String: String?]) -> [String: String?] {
        environment.merging(["MILLRACE_STATE": state]) { $1 }.merging(more) { $1 }
    }
}
