import JSONCodec
import Linux
import MillraceProtocol

/// One try of one item by a command.
struct CommandAttempt: Sendable {
    var jobID: JobID
    var kind: String
    var correlationId: String
    /// From 1.
    var attempt: Int
    /// The fencing number of the lease: no other running command has the same.
    var fence: Int64
    /// What the command reads on its standard input.
    var params: JSONRaw
    /// From its start; nil is no bound.
    var timeout: Duration?
    /// Further variables.
    var environment: [String: String] = [:]

    /// The variable that marks all processes of one attempt: its value is the fence.
    static let mark = "MILLRACE_LEASE"

    /// What the command finds in its environment besides what its kind declares; Documentation/Kinds.md lists it.
    ///
    /// - Parameter socket: where the runner answers.
    func variables(socket: String?) -> [String: String] {
        var variables = environment
        variables["MILLRACE_JOB_ID"] = "\(jobID)"
        variables["MILLRACE_JOB_KIND"] = kind
        variables["MILLRACE_ATTEMPT"] = "\(attempt)"
        variables["MILLRACE_CORRELATION_ID"] = correlationId
        variables[Self.mark] = "\(fence)"
        variables["MILLRACE_SOCKET"] = socket
        return variables
    }
}

/// How an attempt ended.
struct CommandOutcome: Sendable {
    /// The result, nil when it wrote none; or why it failed. See ``CommandAnswer``.
    var result: Result<JSONRaw?, RPCError>
    /// Nil when the command could not be started.
    var exit: ExitStatus?
    /// CPU time of the command and of what it waited for.
    var cpuTime = Duration.zero
    /// The most memory it held; nil when it was too short to be seen. See ``ResourceUsage/peakBytes``.
    var peakBytes: Int64?
}

/// Why a command was ended before it ended by itself.
enum CommandStop: Hashable, Sendable {
    case cancelled
    case timedOut(after: Duration)
    /// It wrote more than so many bytes.
    case outputTooLong(limit: Int)
    /// The runner stops.
    case stopping
}
