import JSONCodec

/// What is said of a job that was taken in.
public struct JobReceipt: Sendable, Hashable {
    public var id: JobID
    public var state: JobState
    /// How safe the job was when this answer was sent.
    public var durability: JobDurability
    /// Whether an earlier job is meant: one with the same idempotency key, or a live one with the same unique key (`keep`).
    public var duplicate: Bool
    /// The correlation id that the job's log lines bear.
    public var correlationId: String
    /// The job that was cancelled for this one (unique mode `replace`).
    public var replaced: JobID?
    /// What keeps the job from its lane, besides its time.
    public var hold: JobHold?

    public init(
        id: JobID, state: JobState, durability: JobDurability, duplicate: Bool, correlationId: String,
        replaced: JobID? = nil, hold: JobHold? = nil
    ) {
        self.id = id
        self.state = state
        self.durability = durability
        self.duplicate = duplicate
        self.correlationId = correlationId
        self.replaced = replaced
        self.hold = hold
    }
}

extension JobReceipt: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var id: JobID?, state: JobState?, durability: JobDurability?, duplicate: Bool = false, correlationId: String?,
            replaced: JobID?, hold: JobHold?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.value()
            case "state": state = try json.value()
            case "durability": durability = try json.value()
            case "duplicate": duplicate = try json.bool()
            case "correlationId": correlationId = try json.string()
            case "replaced": replaced = try json.value()
            case "hold": hold = try json.value()
            default: try json.skip()
            }
        }
        self.init(
            id: try json.require(id, "id"), state: try json.require(state, "state"),
            durability: try json.require(durability, "durability"), duplicate: duplicate,
            correlationId: try json.require(correlationId, "correlationId"), replaced: replaced, hold: hold)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("id", id)
            $0.member("state", state)
            $0.member("durability", durability)
            $0.member("duplicate", duplicate)
            $0.member("correlationId", correlationId)
            $0.member("replaced", ifPresent: replaced)
            $0.member("hold", ifPresent: hold)
        }
    }
}

/// Queues a job, answering once it is as safe as its durability says.
///
/// With `meta.idempotencyKey` the call may be repeated: the same job is meant.
public enum JobSubmit: RPCMethod {
    public static let name = "job.submit"
    public static let access = AccessClass.write
    public static let isKeyed = true
    public typealias Params = JobSpecification
    public typealias Result = JobReceipt
}

/// Queues several jobs in one transaction: all of them or none.
///
/// With `meta.idempotencyKey` the call may be repeated: each job without an idempotency key gets the key with `/` and its place
/// in the batch, from 0.
public enum JobSubmitBatch: RPCMethod {
    public static let name = "job.submitBatch"
    public static let access = AccessClass.write
    public static let isKeyed = true

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
