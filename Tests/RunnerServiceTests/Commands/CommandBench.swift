import JSONCodec
import KindFiles
import Linux
import MillraceProtocol
import TestSupport

@testable import RunnerService

/// An executor with what a test wants to know of it.
final class CommandBench: Sendable {
    let log = RecordedLog()
    let executor: CommandExecutor
    private static let fences = Locked<Int64>(0)

    init(time: any TimeSource = SystemTime(), limit: Int = 4096) throws {
        executor = try CommandExecutor(
            log: log.logger, time: time, socket: "/run/runner.sock", limit: limit)
    }

    static func shell(_ script: String, _ change: (inout CommandDefinition) -> Void = { _ in })
        -> CommandDefinition
    {
        var definition = CommandDefinition(ProcessDefinition(["/bin/sh", "-c", script]))
        change(&definition)
        return definition
    }

    static func attempt(_ params: String = "{}", _ change: (inout CommandAttempt) -> Void = { _ in })
        -> CommandAttempt
    {
        let fence = fences.withLock { fences in
            fences += 1
            return fences
        }
        var attempt = CommandAttempt(
            jobID: JobID(17), kind: "demo", correlationId: "c-1", attempt: 2, fence: fence,
            params: JSONRaw(unchecked: Array(params.utf8)))
        change(&attempt)
        return attempt
    }

    /// A command under way; it completes once.
    struct Running: Sendable {
        let handle: CommandHandle
        let outcomes: Watched<[CommandOutcome]>

        func outcome(within limit: Duration = .seconds(30)) async throws -> CommandOutcome {
            try await outcomes.wait(within: limit, for: "the command to complete") { !$0.isEmpty }[0]
        }
    }

    func start(_ definition: CommandDefinition, _ attempt: CommandAttempt = attempt()) -> Running {
        let outcomes = Watched<[CommandOutcome]>([])
        let handle = executor.start(attempt, definition) { outcome in
            outcomes.update { $0.append(outcome) }
        }
        return Running(handle: handle, outcomes: outcomes)
    }

    func run(_ definition: CommandDefinition, _ attempt: CommandAttempt = attempt()) async throws
        -> CommandOutcome
    {
        try await start(definition, attempt).outcome()
    }

    func run(_ script: String, _ attempt: CommandAttempt = attempt()) async throws -> CommandOutcome {
        try await run(Self.shell(script), attempt)
    }

    /// Waits for a line of a command in the log.
    func line(_ text: String) async throws {
        try await log.entries.wait(within: .seconds(30), for: "the line \(text)") { entries in
            entries.contains { $0.message == text }
        }
    }
}

extension CommandOutcome {
    var error: RPCError? { if case .failure(let error) = result { error } else { nil } }
    var text: String? { if case .success(let value) = result { value?.text } else { nil } }
}
