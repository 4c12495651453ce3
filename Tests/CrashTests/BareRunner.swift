import Glibc
import TestSupport

/// A runner without a supervisor: the test starts it, kills it and starts it again.
final class BareRunner: Answering {
    let folder = TemporaryDirectory("millrace-crash")
    private let process = Watched<RunningProcess?>(nil)
    private let environment: [String: String?]

    var state: String { folder.path }
    var socket: String { folder.file("run/runner.sock") }
    var books: String { folder.file("data/books.sqlite") }
    var jobs: String { folder.file("data/runner.sqlite") }

    init(environment: [String: String?] = [:]) {
        self.environment = environment
        for name in ["run", "data", "log"] { mkdir(folder.file(name), 0o755) }
    }

    /// The program: `MILLRACE_CRASH_RUNNER`, or the one that was built with the tests.
    static let program = TestSupport.environment("MILLRACE_CRASH_RUNNER") ?? Binary.path("millrace-runner")

    /// Starts a runner and returns when it answers.
    func start() async throws {
        try launch()
        try await answers()
    }

    /// Starts a runner, where wanted as the child of a tracer, and waits for nothing.
    func launch(under tracer: [String] = []) throws {
        // Its end must not outlive the test's.
        let bound = ["setpriv", "--pdeathsig", "KILL"]
        let started = try RunningProcess(
            bound + (tracer.isEmpty ? [] : tracer + bound) + [Self.program, "--state", state],
            environment: [
                "MILLRACE_STATE": nil, "MILLRACE_BOOKS": nil, "NOTIFY_SOCKET": nil, "LISTEN_FDS": nil,
                "TASK_ORDER_LOG_WORKER_POOL_SIZE": nil, "SWIFT_BACKTRACE": "enable=no",
            ].merging(environment) { $1 })
        process.update { $0 = started }
    }

    /// Waits until the runner that was started answers.
    func answers() async throws {
        guard let started = process.value else { return }
        try await eventually("the runner answers", within: .seconds(30), every: .milliseconds(2)) {
            let progress = started.progress.value
            if let ending = progress.ending { throw TestFailure("the runner: \(ending)\n\(progress.errorText)") }
            return (try? await call("service.ping")) != nil
        }
    }

    /// Whether the process that was started has ended.
    var hasEnded: Bool { process.value?.progress.value.ending != nil }

    /// `kill -9` of the process and its group, and returns when it is gone.
    func killGroup() async throws {
        process.value?.signalGroup(SIGKILL)
        try await process.value?.wait(within: .seconds(10))
    }

    /// A signal to the runner.
    func signal(_ number: Int32) { process.value?.signal(number) }

    /// `kill -9`, and returns when it is gone.
    func kill() async throws {
        guard let running = process.value else { return }
        running.signal(SIGKILL)
        try await running.wait(within: .seconds(10))
        // Under a sanitizer its findings stand there.
        if said.contains("Sanitizer:") { throw TestFailure("a sanitizer found something") }
    }

    /// The process of now.
    var pid: pid_t { process.value?.pid ?? 0 }

    /// Waits until it has ended by itself.
    func ended() async throws -> Ending? {
        try await process.value?.wait(within: .seconds(20))
    }

    /// Ends it as systemd does, and returns what it said.
    func stop() async throws -> Ending? {
        guard let running = process.value else { return nil }
        running.signal(SIGTERM)
        return try await running.wait(within: .seconds(40))
    }

    /// What the runner of now has said.
    var said: String { process.value?.progress.value.errorText ?? "" }

    /// Runs `millctl` on this state; it has to succeed.
    @discardableResult
    func millctl(_ arguments: String..., within limit: Duration = .seconds(300)) async throws -> String {
        try await check(
            [Binary.path("millctl")] + arguments, environment: ["MILLRACE_STATE": state, "MILLRACE_BOOKS": nil],
            within: limit)
    }

    /// Waits until the job is over and returns it.
    func finished(_ id: Int) async throws -> Tree {
        let last = Watched(Tree.absent)
        try await eventually("job \(id) is over", within: .seconds(120)) {
            let job = try await call("job.show", "{\"id\":\(id)}")["job"]
            last.update { $0 = job }
            return ["succeeded", "partial", "failed", "cancelled"].contains(job["state"].string ?? "")
        }
        return last.value
    }
}
