import JSONCodec
import Linux

extension Timestamp: JSONCodable {
    /// Reads an RFC 3339 date and time.
    public init(from json: inout JSONReader) throws(JSONError) {
        let text = try json.string()
        guard let value = Timestamp(text) else {
            throw json.invalid("\"\(text)\" is no RFC 3339 time such as 2026-11-21T09:30:00Z")
        }
        self = value
    }

    public func encode(to json: inout JSONWriter) {
        json.string(description)
    }
}

/// How many items of a job are in which state; `waiting` are those that are ready.
public struct ItemCounts: Sendable, Hashable {
    public var total, waiting, running, succeeded, failed, cancelled: Int

    public init(
        total: Int = 0, waiting: Int = 0, running: Int = 0, succeeded: Int = 0, failed: Int = 0, cancelled: Int = 0
    ) {
        self.total = total
        self.waiting = waiting
        self.running = running
        self.succeeded = succeeded
        self.failed = failed
        self.cancelled = cancelled
    }

    /// Items that need no more work.
    public var ended: Int { succeeded + failed + cancelled }
}

/// A job as it is shown to people and programs.
public struct JobView: Sendable, Hashable {
    public var id: JobID
    public var kind: String
    public var state: JobState
    /// Only while the job runs.
    public var phase: JobPhase?
    public var queue: String
    public var key: String?
    /// −1000…1000; the higher runs first.
    public var priority: Int
    /// Left out in lists and progress.
    public var params: JSONRaw?
    public var submittedAt: Timestamp
    /// When it becomes ready, for a scheduled job.
    public var runAt: Timestamp?
    public var startedAt: Timestamp?
    public var finishedAt: Timestamp?
    /// Numeric user id of who submitted it.
    public var user: UInt32
    public var correlationId: String
    public var items: ItemCounts
    /// Items that may run at once, once planned.
    public var slots: Int?
    public var maxAttempts: Int
    public var timeoutMs: Int?
    public var cancelRequested: Bool
    /// What brought the job into its state.
    public var cause: String
    /// Left out in lists and progress.
    public var result: JSONRaw?
    public var error: RPCError?
    /// What keeps a waiting job from its lane, besides its time.
    public var hold: JobHold?
    public var uniqueKey: String?
    /// The jobs it comes after; in `job.show` only.
    public var after: [JobID]?
    public var itemTimeoutMs: Int?
    /// How safe the job was when it was acknowledged.
    public var durability: JobDurability
    /// Whether it is cancelled when the connection that submitted it closes.
    public var attached: Bool
    /// The job whose end brought it about.
    public var hookOf: JobID?

    public init(
        id: JobID, kind: String, state: JobState, phase: JobPhase? = nil, queue: String, key: String? = nil,
        priority: Int,
        params: JSONRaw? = nil, submittedAt: Timestamp, runAt: Timestamp? = nil, startedAt: Timestamp? = nil,
        finishedAt: Timestamp? = nil, user: UInt32, correlationId: String, items: ItemCounts, slots: Int? = nil,
        maxAttempts: Int, timeoutMs: Int? = nil, cancelRequested: Bool = false, cause: String, result: JSONRaw? = nil,
        error: RPCError? = nil, hold: JobHold? = nil, uniqueKey: String? = nil, after: [JobID]? = nil,
        itemTimeoutMs: Int? = nil, durability: JobDurability = .disk, attached: Bool = false, hookOf: JobID? = nil
    ) {
        self.id = id
        self.kind = kind
        self.state = state
        self.phase = phase
        self.queue = queue
        self.key = key
        self.priority = priority
        self.params = params
        self.submittedAt = submittedAt
        self.runAt = runAt
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.user = user
        self.correlationId = correlationId
        self.items = items
        self.slots = slots
        self.maxAttempts = maxAttempts
        self.timeoutMs = timeoutMs
        self.cancelRequested = cancelRequested
        self.cause = cause
        self.result = result
        self.error = error
        self.hold = hold
        self.uniqueKey = uniqueKey
        self.after = after
        self.itemTimeoutMs = itemTimeoutMs
        self.durability = durability
        self.attached = attached
        self.hookOf = hookOf
    }
}

/// A part of a job.
public struct ItemView: Sendable, Hashable {
    /// From 0, in the order of the plan.
    public var index: Int
    /// Unique within its job.
    public var key: String
    public var state: ItemState
    /// Attempts that ended with an error of the work itself.
    public var attempts: Int
    /// Attempts that ended with the loss of the worker.
    public var crashes: Int
    public var input: JSONRaw?
    public var output: JSONRaw?
    public var error: RPCError?

    public init(
        index: Int, key: String, state: ItemState, attempts: Int, crashes: Int, input: JSONRaw? = nil,
        output: JSONRaw? = nil, error: RPCError? = nil
    ) {
        self.index = index
        self.key = key
        self.state = state
        self.attempts = attempts
        self.crashes = crashes
        self.input = input
        self.output = output
        self.error = error
    }
}

/// One try of one stage of a job.
public struct AttemptView: Sendable, Hashable {
    public var number: Int
    /// The item's key; absent for `plan` and `summarize`.
    public var item: String?
    public var stage: WorkloadStage
    /// The worker's name and process id.
    public var worker: String
    public var startedAt: Timestamp
    public var endedAt: Timestamp?
    /// How it ended: `succeeded`, `error` (the work said so), `exit` (a command's status), `signal` (a command was killed),
    /// `timeout`, `cancelled`, `lost` (the worker), `restart` (of the runner) or `snoozed`.
    public var cause: String?
    public var message: String?
    /// Processor time of a command, in microseconds, its children included.
    public var cpuUs: Int?
    /// Most memory that a command had, in bytes.
    public var peakBytes: Int64?
    /// The status a command exited with.
    public var exitCode: Int?
    /// The signal that ended a command.
    public var signal: Int?
    /// The fencing number of its lease; grows with every lease.
    public var fence: Int64

    public init(
        number: Int, item: String? = nil, stage: WorkloadStage, worker: String, startedAt: Timestamp,
        endedAt: Timestamp? = nil, cause: String? = nil, message: String? = nil, cpuUs: Int? = nil,
        peakBytes: Int64? = nil, exitCode: Int? = nil, signal: Int? = nil, fence: Int64 = 0
    ) {
        self.number = number
        self.item = item
        self.stage = stage
        self.worker = worker
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.cause = cause
        self.message = message
        self.cpuUs = cpuUs
        self.peakBytes = peakBytes
        self.exitCode = exitCode
        self.signal = signal
        self.fence = fence
    }
}

/// One change of a job's state.
public struct TransitionView: Sendable, Hashable {
    public var at: Timestamp
    /// Absent for the first.
    public var from: JobState?
    public var to: JobState
    public var cause: String

    public init(at: Timestamp, from: JobState?, to: JobState, cause: String) {
        self.at = at
        self.from = from
        self.to = to
        self.cause = cause
    }
}
