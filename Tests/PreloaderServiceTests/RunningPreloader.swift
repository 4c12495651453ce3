import Glibc
import TestSupport

/// A preloader by itself: a state folder of its own, datasets and settings that the test writes.
final class RunningPreloader: Answering {
    static let isBuilt = Binary.exist("millrace-preloader")

    let folder = TemporaryDirectory()
    private let options: [String]
    private let process = Watched<RunningProcess?>(nil)
    private let isTold = Watched(false)

    var state: String { folder.path }
    var socket: String { state + "/run/preloader.sock" }
    var data: String { state + "/data" }
    /// What it has said.
    var log: String { process.value?.progress.value.errorText ?? "" }
    var pid: pid_t { process.value?.pid ?? 0 }

    init(options: [String] = []) {
        self.options = options
        for name in ["etc", "etc/datasets.d", "etc/credentials", "data"] { mkdir(folder.file(name), 0o755) }
        chmod(folder.file("etc/credentials"), 0o750)
    }

    /// Runs `body` with a preloader that answers, and ends it whatever happens.
    static func run<Result: Sendable>(
        _ datasets: String, options: [String] = [], _ body: (RunningPreloader) async throws -> Result
    ) async throws -> Result {
        let preloader = RunningPreloader(options: options)
        preloader.declare(datasets)
        return try await preloader.use(body)
    }

    func use<Result: Sendable>(_ body: (RunningPreloader) async throws -> Result) async throws -> Result {
        do {
            try await start()
            let result = try await body(self)
            if !isTold.value { signal(SIGTERM) }
            if let ending = try await process.value?.wait(within: .seconds(45)), ending != .exited(0) {
                throw TestFailure("it ended with \(ending)")
            }
            if log.contains("Sanitizer:") { throw TestFailure("a sanitizer found something") }
            return result
        } catch {
            process.value?.signal(SIGKILL)
            throw TestFailure("\(error)\nthe preloader's log:\n\(log.suffix(6000))")
        }
    }

    /// Writes a file of `datasets.d`; what is in force changes with ``reload()``.
    func declare(_ datasets: String, in file: String = "test.yaml") {
        folder.write(datasets, to: "etc/datasets.d/" + file)
    }

    /// Starts it without waiting for it.
    @discardableResult
    func launch() throws -> RunningProcess {
        let started = try RunningProcess(
            ["setpriv", "--pdeathsig", "KILL", Binary.path("millrace-preloader"), "--state", state] + options,
            environment: [
                "MILLRACE_STATE": nil, "NOTIFY_SOCKET": nil, "WATCHDOG_USEC": nil, "LISTEN_FDS": nil,
                "SWIFT_BACKTRACE": "enable=no", "CREDENTIALS_DIRECTORY": nil,
            ])
        process.update { $0 = started }
        return started
    }

    private func start() async throws {
        let started = try launch()
        try await eventually("the preloader answers", within: .seconds(30)) {
            if let ending = started.progress.value.ending { throw TestFailure("the preloader: \(ending)") }
            return (try? await call("service.ping")) != nil
        }
    }

    func signal(_ number: Int32) {
        // Told a second time while it ends, it would end at once.
        if number == SIGTERM { isTold.update { $0 = true } }
        process.value?.signal(number)
    }

    /// Fetches keys of one dataset; answers its rows.
    func fetch(_ dataset: String, _ keys: [String], meta: String? = nil) async throws -> Tree {
        try await call("preload.fetch", Self.params(dataset, keys), meta: meta)["datasets"][0]
    }

    static func params(_ dataset: String, _ keys: [String]) -> String {
        "{\"datasets\":[{\"dataset\":\"\(dataset)\",\"keys\":[\(keys.map { "\"\($0)\"" }.joined(separator: ","))]}]}"
    }

    func stats(_ dataset: String) async throws -> Tree {
        try await call("preload.stats", "{\"dataset\":\"\(dataset)\"}")["datasets"][0]
    }

    /// Has it read its files again.
    func reload() async throws { try await call("service.reload") }
}
