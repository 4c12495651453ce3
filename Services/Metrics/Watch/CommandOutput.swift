import Glibc
import Linux
import Resilience

/// What a program prints, for programs that end soon.
enum CommandOutput {
    /// A program that failed or did not end.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// What is printed beyond this is left out.
    static let limit = 1 << 20

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - input: for its standard input.
    ///   - limit: it is killed when it takes longer.
    /// - Returns: its standard output.
    static func of(
        _ words: [String], input: [UInt8] = [], within limit: Duration, time: any TimeSource
    ) async throws -> String {
        let folder = try Files.makeTemporaryDirectory("millrace-metrics")
        // Kept by nobody when it cannot be removed; it is below the service's own temporary folder.
        defer { try? Files.removeTree(folder) }
        try Files.write("\(folder)/input", String(decoding: input, as: UTF8.self), mode: 0o600)
        let stdin = try Files.open("\(folder)/input")
        let stdout = try Files.openForAppending("\(folder)/output", mode: 0o600)
        var launch = ChildLaunch(words)
        launch.passing = [(stdin, 0), (stdout, 1)]
        launch.endsGroup = true
        launch.parentDeathSignal = SIGKILL
        let child = try await start(launch)
        let status: ExitStatus
        do {
            status = try await withDeadline(Deadline(after: limit, time: time), time: time) { try await child.wait() }
        } catch {
            child.signal(SIGKILL)
            throw Failure(description: "\(words[0]) did not end within \(TimeSpan.text(limit))")
        }
        guard status == .exited(0) else { throw Failure(description: "\(words[0]) ended with \(status)") }
        let bytes = try Files.read("\(folder)/output", limit: Self.limit)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func start(_ launch: ChildLaunch) async throws -> ChildProcess {
        try await withCheckedThrowingContinuation { continuation in
            ChildProcess.start(launch) { continuation.resume(with: $0.mapError { $0 }) }
        }
    }
}
