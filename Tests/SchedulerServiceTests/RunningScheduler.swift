import Glibc
import TestSupport

/// A scheduler as a process, beside a runner that a test starts and ends.
final class RunningScheduler: Answering {
    let runner: RunningRunner
    private let environment: [String: String?]
    private let process = Watched<RunningProcess?>(nil)

    init(_ runner: RunningRunner, environment: [String: String?] = [:]) {
        self.runner = runner
        self.environment = environment.merging(["NOTIFY_SOCKET": nil, "LISTEN_FDS": nil]) { first, _ in first }
    }

    var socket: String { runner.state + "/run/scheduler.sock" }

    func start() async throws {
        let started = try RunningProcess(
            ["setpriv", "--pdeathsig", "KILL", Binary.path("millrace-scheduler"), "--state", runner.state],
            environment: environment)
        process.update { $0 = started }
        try await started.waitForOutput("ready")
    }

    func stop() async throws {
        process.value?.signal(SIGTERM)
        try await process.value?.wait()
    }

    func until(_ what: String, _ isThere: @escaping (Tree) -> Bool, _ name: String) async throws {
        try await eventually(what, within: .seconds(30)) {
            isThere(try await call("schedule.show", "{\"name\":\"\(name)\"}"))
        }
    }

    /// One of its figures, by its name after `millrace_scheduler_`.
    func metric(_ name: String) async throws -> Int {
        let metrics = try await call("service.metrics")["metrics"].elements
        return metrics.first { $0["name"].string == "millrace_scheduler_\(name)" }?["value"].int ?? -1
    }
}
