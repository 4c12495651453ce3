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
}

/// How a lease ended.
enum LeaseEnd: Sendable, Hashable {
    case planned(WorkloadPlan.Result)
    case preloaded
    case processed(WorkloadProcess.Result)
    case summarized(WorkloadSummarize.Result)
    case failed(RPCError)
    /// The worker's connection closed before the answer.
    case lost
}
