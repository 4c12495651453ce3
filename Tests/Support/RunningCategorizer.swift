import Glibc

/// A categorizer by itself: a state folder of its own, no supervisor. The test starts it, ends or kills it, and starts it
/// again on what it left.
public final class RunningCategorizer: Answering {
    public static let isBuilt = Binary.exist("millrace-categorizer")

    public let folder = TemporaryDirectory()
    private let environment: [String: String?]
    private let process = Watched<RunningProcess?>(nil)

    public var socket: String { folder.file("run/categorizer.sock") }
    public var database: String { folder.file("data/categorizer.sqlite") }
    public var log: String { process.value?.progress.value.errorText ?? "" }
    public var pid: pid_t { process.value?.pid ?? 0 }

    public init(environment: [String: String?] = [:]) {
        let clean: [String: String?] = [
            "MILLRACE_STATE": nil, "NOTIFY_SOCKET": nil, "WATCHDOG_USEC": nil, "LISTEN_FDS": nil,
            "STATE_DIRECTORY": nil, "RUNTIME_DIRECTORY": nil, "SWIFT_BACKTRACE": "enable=no",
        ]
        self.environment = clean.merging(environment) { $1 }
    }

    /// Starts it, runs `body`, and ends it whatever happens.
    public func use<Result: Sendable>(_ body: (RunningCategorizer) async throws -> Result) async throws -> Result {
        do {
            try await start()
            let result = try await body(self)
            process.value?.signal(SIGTERM)
            let ending = try await process.value?.wait(within: .seconds(45))
            guard ending?.status == 0 else { throw TestFailure("the categorizer: \(String(describing: ending))") }
            if log.contains("Sanitizer:") { throw TestFailure("a sanitizer found something") }
            return result
        } catch {
            process.value?.signal(SIGKILL)
            throw TestFailure("\(error)\nthe categorizer's log:\n\(log.suffix(4000))")
        }
    }

    /// Starts it and returns when it answers.
    public func start() async throws {
        let started = try RunningProcess(
            ["setpriv", "--pdeathsig", "KILL", Binary.path("millrace-categorizer"), "--state", folder.path],
            environment: environment)
        process.update { $0 = started }
        try await eventually("the categorizer answers", within: .seconds(30)) {
            if let ending = started.progress.value.ending {
                throw TestFailure("the categorizer: \(ending)\n\(started.progress.value.errorText)")
            }
            return (try? await call("service.ping")) != nil
        }
    }

    /// `kill -9`, and returns when it is gone.
    public func kill() async throws {
        process.value?.signal(SIGKILL)
        try await process.value?.wait(within: .seconds(10))
    }

    /// Takes in expenses of these ids and merchants, without a category.
    public func take(_ rows: [(id: String, merchant: String)]) async throws {
        for first in stride(from: 0, to: rows.count, by: 5000) {
            let part = rows[first..<min(first + 5000, rows.count)].map {
                #"{"line":2,"expense":{"id":"\#($0.id)","merchant_name":"\#($0.merchant)"}}"#
            }
            try await call("expense.import", #"{"rows":[\#(part.joined(separator: ","))]}"#)
        }
    }
}
