import Glibc

/// `strace` on a running process: counts its system calls and, where told to, delays them or makes them fail.
public final class Tracer: Sendable {
    public static let isAllowed: Bool = {
        guard access("/usr/bin/strace", X_OK) == 0 else { return false }
        let scope = text(of: "/proc/sys/kernel/yama/ptrace_scope") ?? "0\n"
        return geteuid() == 0 || scope == "0\n"
    }()

    private let process: RunningProcess
    private let folder = TemporaryDirectory()

    /// Returns when it holds every thread of the process.
    public init(_ pid: pid_t, options: [String]) async throws {
        process = try RunningProcess(
            ["setpriv", "--pdeathsig", "KILL", "strace", "-f", "-o", folder.file("calls"), "-p", "\(pid)"] + options)
        try await process.waitForOutput("attached", within: .seconds(20))
    }

    /// Lets go and returns the traced calls, without those that were only begun or resumed.
    public func end() async throws -> [String] {
        process.signal(SIGINT)
        try await process.wait(within: .seconds(60))
        let lines = (text(of: folder.file("calls")) ?? "").split(separator: "\n").map(String.init)
        return lines.filter { $0.contains("sync(") && !$0.contains("+++") && !$0.contains("---") }
    }

    /// Lets go at once. Asked to end, it would wait for the calls that it holds up.
    public func letGo() async throws {
        process.signal(SIGKILL)
        try await process.wait(within: .seconds(20))
    }
}
