import JSONCodec
import Linux
import MillraceProtocol

/// What the dispatcher wants done; the runner does it and reports back with the event of the same subject.
///
/// What is large is kept apart, so that what is small is moved cheaply.
enum Effect: Sendable {
    /// Take ready jobs out of these lanes → `claimed`.
    indirect case claim([ClaimRequest])
    /// Make scheduled jobs ready that are due → `promoted`.
    case promote
    /// Keep the plan → `planSaved`.
    indirect case savePlan(JobID, WorkloadPlan.Result, slots: Int)
    indirect case plan(Lease, WorkloadPlan.Params)
    indirect case preload(Lease, WorkloadPreload.Params)
    case process(Lease, WorkloadProcess.Params)
    /// Collect the items from the store and ask the worker → `leaseEnded`.
    indirect case summarize(Lease, JobBrief, cancelled: Bool)
    /// Close the row of an attempt that concerns the whole job.
    case endAttempt(Lease, AttemptEnd)
    /// Keep what became of an item → `itemSaved`.
    indirect case saveItem(Lease, ItemOutcome, AttemptEnd)
    /// A plain job's attempt has ended and the next begins at once.
    indirect case notePlain(Lease, AttemptEnd, attempts: Int, crashes: Int)
    /// Put the job back to be started again at that time → `jobScheduled`.
    indirect case postpone(Postponement)
    /// End the job, and with it the attempt of a plain one.
    indirect case finish(JobView, JobEnding, EndedAttempt?)
    /// Withdraw a call; it still answers.
    case cancel(Lease)
    /// Tell a worker that a job needs nothing more of it.
    case release(JobID, worker: Int)
    /// Close the connection of a worker that does not heed, or that has retired.
    case drop(worker: Int, because: String)
    /// Tell those who watch the job how it stands, and what its worker says. That it was started and that an item has
    /// ended, whoever carries it out says himself: most jobs are watched by nobody.
    indirect case announce(JobID, message: String?)
    /// Answer one who asked for a permit.
    indirect case permit(Int64, Result<PermitGrant, ResourceRefusal>)
    /// Jobs of these kinds wait for a place at a worker: so many.
    case demand([String: Int])
}

/// What a permit's owner is told.
struct PermitGrant: Sendable, Hashable {
    var name: String
    var waited: Duration
}

/// Lanes of one user, and how many jobs may be taken from each and from all.
struct ClaimRequest: Sendable, Hashable {
    var lanes: [Portion]
    var count: Int
    /// How many jobs at most of one kind and of one queue, where several lanes share a bound.
    var kinds: [String: Int] = [:]
    var queues: [String: Int] = [:]

    struct Portion: Sendable, Hashable {
        var lane: Lane
        var most: Int
        /// Whether jobs of the kind are their own single item.
        var isPlain: Bool
    }
}

/// How a job is put back.
struct Postponement: Sendable {
    var view: JobView
    var until: Timestamp
    var cause: String
    var attempts: Int
    var crashes: Int
    /// The attempt of a plain job that ended with it.
    var end: EndedAttempt?
}

struct EndedAttempt: Sendable {
    var lease: Lease
    var end: AttemptEnd
}
