import Linux
import MillraceProtocol

/// One call to a worker: what it is for, and the number that fences it. Ends with its answer or with the connection.
struct Lease: Sendable, Hashable {
    /// Grows with every lease; the upper half is the run of the runner.
    var fence: Int64
    var job: JobID
    var stage: WorkloadStage
    /// The item's number, for `process`.
    var item: Int?
    var worker: Int
    /// The worker's name and process, as rows and people see it.
    var workerName: String
    /// Whether the item is the job itself.
    var isPlain = false
    /// Boot time.
    var since = Duration.zero
    /// Boot time at which the item has run too long.
    var deadline: Duration?
    /// Whether it was withdrawn because of its deadline.
    var isOverdue = false
    /// Leave to use the dependency of its kind.
    var pass: ResourceBook.Pass?
}

/// How a lease ended.
enum LeaseEnd: Sendable, Hashable {
    case planned(WorkloadPlan.Result)
    case preloaded
    case processed(WorkloadProcess.Result)
    case summarized(WorkloadSummarize.Result)
    indirect case failed(RPCError)
    /// The worker was gone before the answer: its connection closed, or its process was killed.
    case lost(String)

    static let lost = LeaseEnd.lost("the worker's connection closed")
}

/// What was seen of a process during an attempt.
struct AttemptFacts: Sendable, Hashable {
    var exitCode: Int32?
    var signal: Int32?
    /// User and system time; nil where others shared the process meanwhile.
    var cpu: Duration?
    /// The most memory that was resident.
    var peakBytes: Int64?
}
