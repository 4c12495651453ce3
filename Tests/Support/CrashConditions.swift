import Foundation

/// What the figures of a document of faults depend on, and how to have the same again.
public struct CrashConditions: CustomStringConvertible {
    private let seed: UInt64
    private let took: Duration
    private let command: String

    /// - Parameter command: "make crash"
    public init(seed: UInt64, took: Duration, command: String) {
        self.seed = seed
        self.took = took
        self.command = command
    }

    public var description: String {
        let processor = (text(of: "/proc/cpuinfo") ?? "").split(separator: "\n")
            .first { $0.hasPrefix("model name") }?.split(separator: ":").last.map {
                $0.trimmingCharacters(in: .whitespaces)
            }
        let kernel = (text(of: "/proc/sys/kernel/osrelease") ?? "").trimmingCharacters(
            in: .whitespacesAndNewlines)
        var load = [0.0]
        getloadavg(&load, 1)
        let settings = [
            "MILLRACE_CRASH_SHARE", "MILLRACE_SCHEDULE_KILLS", "MILLRACE_MAIL_KILLS", "MILLRACE_METRICS_PUBLISHES",
            "MILLRACE_KILL_ROUNDS", "MILLRACE_RESTART_ROUNDS", "MILLRACE_TORTURE_SHARE",
        ].compactMap { name in
            environment(name).map { "\(name)=\($0) " }
        }.joined()
        let build = environment("MILLRACE_CRASH_BUILD") ?? "an unknown build of the runner"
        let commit = environment("MILLRACE_CRASH_COMMIT") ?? "unknown"
        return """
            \(Date().formatted(.iso8601.year().month().day())), commit \(commit), \(build), \
            \(ProcessInfo.processInfo.activeProcessorCount) cores (\(processor ?? "?")), Linux \(kernel), load average \
            \((load[0] * 10).rounded() / 10) at the end, seed \(seed), \(took.components.seconds) s. The same moments again, as far \
            as time can be repeated: `\(settings)MILLRACE_CRASH_SEED=\(seed) \(command)`.
            """
    }
}
