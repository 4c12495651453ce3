import JSONCodec
import Linux

/// A job as it is submitted.
public struct JobSpecification: Sendable, Hashable {
    /// Which workload: a kind that a worker declares.
    public var kind: String
    /// Any JSON; given to the workload as it is. `{}` when left out.
    public var params: JSONRaw?
    /// `default` when left out.
    public var queue: String?
    /// What the job is about, for instance a clinic; limits per key count by it.
    public var key: String?
    /// −1000…1000, 0 when left out; the higher runs first.
    public var priority: Int?
    /// Not before this time.
    public var runAt: Timestamp?
    /// How long the job may run once started; 1 ms to 7 days, unbounded when left out.
    public var timeoutMs: Int?
    /// How often each part is tried before it has failed; 1–100, 3 when left out.
    public var maxAttempts: Int?
    /// The base of the exponential back-off between tries; 0 ms to 1 h, 1,000 ms when left out.
    public var backoffMs: Int?
    /// Whether the job is cancelled when the connection that submitted it closes.
    public var attached: Bool?
    /// Two submissions of one user with the same key within seven days are one job. In a single submit it stands in `meta`.
    public var idempotencyKey: String?

    public init(
        kind: String, params: JSONRaw? = nil, queue: String? = nil, key: String? = nil, priority: Int? = nil,
        runAt: Timestamp? = nil, timeoutMs: Int? = nil, maxAttempts: Int? = nil, backoffMs: Int? = nil,
        attached: Bool? = nil, idempotencyKey: String? = nil
    ) {
        self.kind = kind
        self.params = params
        self.queue = queue
        self.key = key
        self.priority = priority
        self.runAt = runAt
        self.timeoutMs = timeoutMs
        self.maxAttempts = maxAttempts
        self.backoffMs = backoffMs
        self.attached = attached
        self.idempotencyKey = idempotencyKey
    }
}

extension JobSpecification: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var kind: String?, params: JSONRaw?, queue: String?, jobKey: String?, priority: Int?, runAt: Timestamp?
        var timeoutMs: Int?, maxAttempts: Int?, backoffMs: Int?, attached: Bool?, idempotencyKey: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "kind": kind = try json.string()
            case "params": params = try json.raw()
            case "queue": queue = try json.string()
            case "key": jobKey = try json.string()
            case "priority": priority = try json.int()
            case "runAt": runAt = try json.value()
            case "timeoutMs": timeoutMs = try json.int()
            case "maxAttempts": maxAttempts = try json.int()
            case "backoffMs": backoffMs = try json.int()
            case "attached": attached = try json.bool()
            case "idempotencyKey": idempotencyKey = try json.string()
            default: try json.unknownMember(key)
            }
        }
        self.init(
            kind: try json.require(kind, "kind"), params: params, queue: queue, key: jobKey, priority: priority,
            runAt: runAt, timeoutMs: timeoutMs, maxAttempts: maxAttempts, backoffMs: backoffMs, attached: attached,
            idempotencyKey: idempotencyKey)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("kind", kind)
            $0.member("params", ifPresent: params)
            $0.member("queue", ifPresent: queue)
            $0.member("key", ifPresent: key)
            $0.member("priority", ifPresent: priority)
            $0.member("runAt", ifPresent: runAt)
            $0.member("timeoutMs", ifPresent: timeoutMs)
            $0.member("maxAttempts", ifPresent: maxAttempts)
            $0.member("backoffMs", ifPresent: backoffMs)
            $0.member("attached", ifPresent: attached)
            $0.member("idempotencyKey", ifPresent: idempotencyKey)
        }
    }
}

/// What is said of a job that was taken in.
public struct JobReceipt: Sendable, Hashable {
    public var id: JobID
    public var state: JobState
    /// How safe the job was when this answer was sent.
    public var durability: JobDurability
    /// Whether an earlier submission with the same idempotency key is meant.
    public var duplicate: Bool
    /// The correlation id that the job's log lines bear.
    public var correlationId: String

    public init(id: JobID, state: JobState, durability: JobDurability, duplicate: Bool, correlationId: String) {
        self.id = id
        self.state = state
        self.durability = durability
        self.duplicate = duplicate
        self.correlationId = correlationId
    }
}

extension JobReceipt: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var id: JobID?, state: JobState?, durability: JobDurability?, duplicate = false, correlationId: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.value()
            case "state": state = try json.value()
            case "durability": durability = try json.value()
            case "duplicate": duplicate = try json.bool()
            case "correlationId": correlationId = try json.string()
            default: try json.skip()
            }
        }
        self.init(
            id: try json.require(id, "id"), state: try json.require(state, "state"),
            durability: try json.require(durability, "durability"), duplicate: duplicate,
            correlationId: try json.require(correlationId, "correlationId"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("id", id)
            $0.member("state", state)
            $0.member("durability", durability)
            $0.member("duplicate", duplicate)
            $0.member("correlationId", correlationId)
        }
    }
}

/// Queues a job, answering once it is as safe as its durability says.
///
/// With `meta.idempotencyKey` the call may be repeated: the same job is meant.
public enum JobSubmit: RPCMethod {
    public static let name = "job.submit"
    public static let access = AccessClass.write
    public typealias Params = JobSpecification
    public typealias Result = JobReceipt
}

/// Queues several jobs in one transaction: all of them or none.
public enum JobSubmitBatch: RPCMethod {
    public static let name = "job.submitBatch"
    public static let access = AccessClass.write

    public struct Params: Sendable, Hashable, JSONCodable {
        /// 1 to 1,000.
        public var jobs: [JobSpecification]

        public init(jobs: [JobSpecification]) {
            self.jobs = jobs
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var jobs: [JobSpecification]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "jobs": jobs = try json.value()
                default: try json.unknownMember(key)
                }
            }
            self.init(jobs: try json.require(jobs, "jobs"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object { $0.member("jobs", jobs) }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        /// In the order of the submission.
        public var jobs: [JobReceipt]

        public init(jobs: [JobReceipt]) {
            self.jobs = jobs
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var jobs: [JobReceipt]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "jobs": jobs = try json.value()
                default: try json.skip()
                }
            }
            self.init(jobs: try json.require(jobs, "jobs"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object { $0.member("jobs", jobs) }
        }
    }
}
