import JSONCodec
import Linux

/// Why a job stands where it stands. The list is closed: there is no state of a job without one of these.
public enum WhyCode: String, WireWord {
    // Waiting.
    /// Its time, `runAt`, has not come.
    case time
    /// It failed for a while and is tried again at a time.
    case retry
    /// The work itself asked to be called again later.
    case snoozed
    /// Jobs it comes after are not over.
    case dependency
    /// As many jobs of its key run or are admitted as may.
    case keyLimit
    /// It was buried and waits for `job.redrive`.
    case buried
    case queuePaused
    case kindPaused
    /// The runner stops and begins nothing new.
    case draining
    /// No worker serves its kind.
    case noWorker
    /// Every worker of its kind has as many calls in flight as it takes.
    case workersBusy
    /// The machine runs as many jobs as it may.
    case jobSlots
    case queueLimit
    case kindLimit
    case userLimit
    /// The breaker of something it depends on is open.
    case breaker
    /// The rate of its queue or kind is used up for now.
    case rate
    /// Others of its lane come first, or its lane has not had its turn.
    case turn

    // Running.
    case planning, preloading, processing, summarizing
    /// The items that are left are tried again at a time.
    case itemsRetry
    /// Items wait for a free place in a worker.
    case place
    /// A worker waits for a token of a rate-limited resource on its behalf.
    case permit
    /// Its end is being written to disk.
    case saving
    /// It was cancelled and its work has not stopped yet.
    case cancelling

    // Over.
    case succeeded, partial, failed, timedOut
    /// Its worker died as often as it may.
    case crashed
    case cancelled
    /// A later submission with its unique key took its place.
    case replaced
    /// A job it came after did not succeed.
    case dependencyFailed
}

/// One reason, with the figures that prove it; which of them are there depends on the code.
public struct WhyReason: Sendable, Hashable {
    public var code: WhyCode
    /// For people, with the numbers in it.
    public var message: String
    /// Since when it holds.
    public var since: Timestamp?
    /// When it stops to hold by itself, as far as is known.
    public var until: Timestamp?
    /// What it is about: the queue, kind, key, user, breaker or resource.
    public var name: String?
    /// How many may, for limits.
    public var limit: Int?
    /// How many do.
    public var used: Int?
    /// Jobs before it in its lane or in the line of its key; at most 10,000 are counted.
    public var ahead: Int?
    /// The jobs it waits for, or the one that took its place; at most 100.
    public var jobs: [JobID]?
    /// How many of its items it holds for.
    public var items: Int?
    /// The worker's name and process id.
    public var worker: String?

    public init(
        code: WhyCode, message: String, since: Timestamp? = nil, until: Timestamp? = nil, name: String? = nil,
        limit: Int? = nil, used: Int? = nil, ahead: Int? = nil, jobs: [JobID]? = nil, items: Int? = nil,
        worker: String? = nil
    ) {
        self.code = code
        self.message = message
        self.since = since
        self.until = until
        self.name = name
        self.limit = limit
        self.used = used
        self.ahead = ahead
        self.jobs = jobs
        self.items = items
        self.worker = worker
    }
}

extension WhyReason: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var code: WhyCode?, message: String?, since: Timestamp?, until: Timestamp?, name: String?, limit: Int?,
            used: Int?, ahead: Int?, jobs: [JobID]?, items: Int?, worker: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "code": code = try json.value()
            case "message": message = try json.string()
            case "since": since = try json.value()
            case "until": until = try json.value()
            case "name": name = try json.string()
            case "limit": limit = try json.int()
            case "used": used = try json.int()
            case "ahead": ahead = try json.int()
            case "jobs": jobs = try json.value()
            case "items": items = try json.int()
            case "worker": worker = try json.string()
            default: try json.skip()
            }
        }
        self.init(
            code: try json.require(code, "code"), message: try json.require(message, "message"), since: since,
            until: until, name: name, limit: limit, used: used, ahead: ahead, jobs: jobs, items: items, worker: worker)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("code", code)
            $0.member("message", message)
            $0.member("since", ifPresent: since)
            $0.member("until", ifPresent: until)
            $0.member("name", ifPresent: name)
            $0.member("limit", ifPresent: limit)
            $0.member("used", ifPresent: used)
            $0.member("ahead", ifPresent: ahead)
            $0.member("jobs", ifPresent: jobs)
            $0.member("items", ifPresent: items)
            $0.member("worker", ifPresent: worker)
        }
    }
}

/// Says why a job waits, what a running job is doing, or how it ended.
public enum JobWhy: RPCMethod {
    public static let name = "job.why"
    public static let access = AccessClass.read
    public typealias Params = JobReference

    public struct Result: Sendable, Hashable, JSONCodable {
        public var id: JobID
        public var state: JobState
        /// At least one; the most telling first.
        public var reasons: [WhyReason]

        public init(id: JobID, state: JobState, reasons: [WhyReason]) {
            self.id = id
            self.state = state
            self.reasons = reasons
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var id: JobID?, state: JobState?, reasons: [WhyReason]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "id": id = try json.value()
                case "state": state = try json.value()
                case "reasons": reasons = try json.value()
                default: try json.skip()
                }
            }
            self.init(
                id: try json.require(id, "id"), state: try json.require(state, "state"),
                reasons: try json.require(reasons, "reasons"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("id", id)
                $0.member("state", state)
                $0.member("reasons", reasons)
            }
        }
    }
}
