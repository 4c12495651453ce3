/// Where a job stands. `scheduled → ready → running → succeeded | partial | failed | cancelled`.
///
/// A running job goes back to `scheduled` when it is to be tried again later, and to `ready` when its worker or the
/// runner was lost. A job that ended unsuccessfully goes back to `ready` by `job.retry`.
public enum JobState: String, WireWord {
    case scheduled, ready, running, succeeded, partial, failed, cancelled

    /// Whether the job is over; only `job.retry` moves it again.
    public var isFinal: Bool {
        switch self {
        case .scheduled, .ready, .running: false
        case .succeeded, .partial, .failed, .cancelled: true
        }
    }
}

/// Which of the four functions of its workload a running job is in.
public enum JobPhase: String, WireWord {
    case planning, processing, summarizing
}

/// Where an item of a job stands.
public enum ItemState: String, WireWord {
    case ready, running, succeeded, failed, cancelled

    /// Whether the item needs no more work.
    public var isFinal: Bool { self != .ready && self != .running }
}

/// When an acknowledged job is safe.
public enum JobDurability: String, WireWord {
    /// On disk before the answer: survives a power cut.
    case disk
    /// Handed to the kernel before the answer: survives a killed process, not a power cut.
    case crash
}

/// What keeps a job that waits from standing in its lane.
public enum JobHold: String, WireWord {
    /// As many jobs of its key as may are admitted; the jobs of a key stand in a line.
    case key
    /// Jobs it comes after are not over.
    case dependency
    /// It was laid aside until `job.redrive`.
    case bury
}

/// What a submission does when a live job bears its unique key.
public enum UniqueMode: String, WireWord {
    /// It is refused: `ALREADY_EXISTS`, reason `job.uniqueTaken`.
    case reject
    /// It takes the place of a waiting job, which is cancelled; beside a running one it is refused.
    case replace
    /// Nothing new is made, the receipt names the job there is.
    case keep
}

/// What a job expects of those it comes after.
public enum DependencyMode: String, WireWord {
    /// That all succeed; it is cancelled when one does not.
    case success
    /// That all are over, in whatever way.
    case always
}

/// The functions of a workload that a worker implements; `process` is always among them.
public enum WorkloadStage: String, WireWord {
    case plan, preload, process, summarize
}
