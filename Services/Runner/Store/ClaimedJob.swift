import JSONCodec
import Linux
import MillraceProtocol

/// A job as it was taken from the store to be worked on.
struct ClaimedJob: Sendable {
    var brief: JobBrief
    var view: JobView
    var backoff: Duration
    var attempts: Int
    var crashes: Int
    /// Absent while the job is not planned, and always for a plain one.
    var slots: Int?
    /// Those that are not finished; none for a plain job, whose item exists in memory only.
    var items: [PendingItem]
    /// What the runner itself has to do, for a job that a hook made.
    var task: HookTask?
}

/// An item that has to be processed.
struct PendingItem: Sendable {
    var brief: ItemBrief
    var attempts: Int
    var crashes: Int
    /// Wall clock; a failed try is repeated no sooner.
    var notBefore: Timestamp
}
