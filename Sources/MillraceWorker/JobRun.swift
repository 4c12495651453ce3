import JSONCodec
import Logging
import MillraceProtocol
import MillraceRPC

/// One call of a workload's function: what it may know of its job, and the way to be seen.
public struct JobRun: Sendable {
    public let jobID: JobID
    public let kind: String
    public let correlationId: String
    /// From 1; of the job while planning, else of the item.
    public let attempt: Int
    /// Grows with every lease of an item; 0 outside `process`.
    public let fence: Int64
    /// Whether the job was cancelled; set in `summarize` only.
    public let cancelled: Bool
    /// Writes lines that bear the job's fields.
    public let log: Logger

    private let report: @Sendable (WorkloadProgress) -> Void
    /// Nil without a runner.
    let desk: PermitDesk?

    /// A run that no runner started, for tests of a workload: ``permit(_:count:timeout:)`` grants everything.
    public init(
        job: JobBrief, attempt: Int = 1, fence: Int64 = 0, cancelled: Bool = false, itemKey: String? = nil, log: Logger,
        report: @escaping @Sendable (WorkloadProgress) -> Void
    ) {
        self.init(
            job: job, attempt: attempt, fence: fence, cancelled: cancelled, itemKey: itemKey, log: log, desk: nil,
            report: report)
    }

    /// The run that a request of the runner is.
    init(
        job: JobBrief, attempt: Int = 1, fence: Int64 = 0, cancelled: Bool = false, itemKey: String? = nil, log: Logger,
        context: RPCContext
    ) {
        self.init(
            job: job, attempt: attempt, fence: fence, cancelled: cancelled, itemKey: itemKey, log: log,
            desk: PermitDesk(session: context.session, options: context.options, log: log)
        ) { context.progress($0) }
    }

    private init(
        job: JobBrief, attempt: Int, fence: Int64, cancelled: Bool, itemKey: String?, log: Logger, desk: PermitDesk?,
        report: @escaping @Sendable (WorkloadProgress) -> Void
    ) {
        self.desk = desk
        self.jobID = job.id
        self.kind = job.kind
        self.correlationId = job.correlationId
        self.attempt = attempt
        self.fence = fence
        self.cancelled = cancelled
        self.report = report
        var log = log
        log[metadataKey: "job-id"] = "\(job.id)"
        log[metadataKey: "job-kind"] = "\(job.kind)"
        log[metadataKey: "correlation-id"] = "\(job.correlationId)"
        if let itemKey { log[metadataKey: "item-key"] = "\(itemKey)" }
        self.log = log
    }

    /// Tells those who watch the job. Never blocks; under load only the latest message arrives.
    public func progress(_ message: String) {
        report(WorkloadProgress(message: message))
    }
}
