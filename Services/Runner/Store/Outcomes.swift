import JSONCodec
import Linux
import MillraceProtocol

/// What is written into the row of an attempt when it ends.
struct AttemptEnd: Hashable, Sendable {
    /// The words of ``AttemptView/cause``.
    enum Cause: String, Sendable, CaseIterable {
        case succeeded, error, exit, signal, timeout, cancelled, lost, restart, snoozed
    }

    var cause: Cause
    var message: String?
    /// The status a command exited with.
    var exitCode: Int32?
    /// The signal that ended a command.
    var signal: Int32?
    /// Processor time of a command, its children included.
    var cpu: Duration?
    /// Most memory that a command had.
    var peakBytes: Int64?
}

/// What became of an item in one attempt.
struct ItemOutcome: Sendable {
    var number: Int
    var key: String
    var state: ItemState
    var attempts: Int
    var crashes: Int
    var notBefore: Timestamp
    var output: JSONRaw?
    var error: RPCError?
}

/// How a job ends.
struct JobEnding: Sendable {
    var state: JobState
    var cause: String
    var result: JSONRaw?
    var error: RPCError?
    var attempts: Int
    var crashes: Int
}
