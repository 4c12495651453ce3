import JSONCodec
import Linux
import MillraceProtocol

/// What the dispatcher wants done; the runner does it and reports back with the event of the same subject.
enum Effect: Sendable {
    /// Take up to so many ready jobs of these kinds → `claimed`.
    case claim([String], limit: Int)
    /// Make scheduled jobs ready that are due → `promoted`.
    case promote
    /// Keep the plan → `planSaved`.
    case savePlan(JobID, WorkloadPlan.Result, slots: Int)
    case plan(Lease, WorkloadPlan.Params)
    case preload(Lease, WorkloadPreload.Params)
    case process(Lease, WorkloadProcess.Params)
    /// Collect the items from the store and ask the worker → `leaseEnded`.
    case summarize(Lease, JobBrief, cancelled: Bool)
    /// Close the row of an attempt that concerns the whole job.
    case endAttempt(Lease, AttemptEnd)
    /// Keep what became of an item → `itemSaved`.
    case saveItem(Lease, ItemOutcome, AttemptEnd)
    /// Put the job back to be started again at that time → `postponed`.
    case postpone(JobID, until: Timestamp, cause: String, attempts: Int, crashes: Int)
    /// End the job → `finished`.
    case finish(JobID, JobEnding)
    /// Withdraw a call; it still answers.
    case cancel(Lease)
    /// Tell a worker that a job needs nothing more of it.
    case release(JobID, worker: Int)
    /// Close the connection of a worker that does not heed.
    case drop(worker: Int)
    /// Tell those who watch.
    case announce(JobProgress)
}
