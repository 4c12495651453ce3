import JSONCodec

/// What a worker is told of the job it works for.
public struct JobBrief: Sendable, Hashable {
    public var id: JobID
    public var kind: String
    public var params: JSONRaw
    public var correlationId: String

    public init(id: JobID, kind: String, params: JSONRaw, correlationId: String) {
        self.id = id
        self.kind = kind
        self.params = params
        self.correlationId = correlationId
    }
}

extension JobBrief: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var id: JobID?, kind: String?, params: JSONRaw?, correlationId: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.value()
            case "kind": kind = try json.string()
            case "params": params = try json.raw()
            case "correlationId": correlationId = try json.string()
            default: try json.skip()
            }
        }
        self.init(
            id: try json.require(id, "id"), kind: try json.require(kind, "kind"),
            params: try json.require(params, "params"), correlationId: try json.require(correlationId, "correlationId"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("id", id)
            $0.member("kind", kind)
            $0.member("params", params)
            $0.member("correlationId", correlationId)
        }
    }
}

/// An item as the workload planned it.
public struct ItemBrief: Sendable, Hashable {
    /// From 0, in the order of the plan.
    public var index: Int
    /// Unique within its job.
    public var key: String
    public var input: JSONRaw

    public init(index: Int, key: String, input: JSONRaw) {
        self.index = index
        self.key = key
        self.input = input
    }
}

extension ItemBrief: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var index: Int?, itemKey: String?, input = JSONRaw.null
        try json.object { key, json throws(JSONError) in
            switch key {
            case "index": index = try json.int()
            case "key": itemKey = try json.string()
            case "input": input = try json.raw()
            default: try json.skip()
            }
        }
        self.init(index: try json.require(index, "index"), key: try json.require(itemKey, "key"), input: input)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("index", index)
            $0.member("key", key)
            $0.member("input", input)
        }
    }
}

/// Runner → worker: which items does the job have?
public enum WorkloadPlan: RPCMethod {
    public static let name = "workload.plan"
    public static let access = AccessClass.admin
    public static let execution = Execution.offloaded

    public struct Params: Sendable, Hashable, JSONCodable {
        public var job: JobBrief
        /// From 1.
        public var attempt: Int

        public init(job: JobBrief, attempt: Int) {
            self.job = job
            self.attempt = attempt
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var job: JobBrief?, attempt = 1
            try json.object { key, json throws(JSONError) in
                switch key {
                case "job": job = try json.value()
                case "attempt": attempt = try json.int()
                default: try json.skip()
                }
            }
            self.init(job: try json.require(job, "job"), attempt: attempt)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("job", job)
                $0.member("attempt", attempt)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        /// A planned item; `input` may be left out.
        public struct Item: Sendable, Hashable, JSONCodable {
            public var key: String
            public var input: JSONRaw?

            public init(key: String, input: JSONRaw? = nil) {
                self.key = key
                self.input = input
            }

            public init(from json: inout JSONReader) throws(JSONError) {
                var itemKey: String?, input: JSONRaw?
                try json.object { key, json throws(JSONError) in
                    switch key {
                    case "key": itemKey = try json.string()
                    case "input": input = try json.raw()
                    default: try json.unknownMember(key)
                    }
                }
                self.init(key: try json.require(itemKey, "key"), input: input)
            }

            public func encode(to json: inout JSONWriter) {
                json.object {
                    $0.member("key", key)
                    $0.member("input", ifPresent: input)
                }
            }
        }

        /// Keys are unique; none at all is a job with nothing to do.
        public var items: [Item]
        /// How many may run at once, 1–20; 5 when left out. What is beyond counts as the nearest of these.
        public var slots: Int?

        public init(items: [Item], slots: Int? = nil) {
            self.items = items
            self.slots = slots
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var items: [Item]?, slots: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "items": items = try json.value()
                case "slots": slots = try json.int()
                default: try json.skip()
                }
            }
            self.init(items: try json.require(items, "items"), slots: slots)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("items", items)
                $0.member("slots", ifPresent: slots)
            }
        }
    }
}

/// Runner → worker: read in bulk what these items will need. Once per job and worker, before its first item.
public enum WorkloadPreload: RPCMethod {
    public static let name = "workload.preload"
    public static let access = AccessClass.admin
    public static let execution = Execution.offloaded

    public struct Params: Sendable, Hashable, JSONCodable {
        public var job: JobBrief
        /// Every item of the job that is not finished.
        public var items: [ItemBrief]

        public init(job: JobBrief, items: [ItemBrief]) {
            self.job = job
            self.items = items
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var job: JobBrief?, items: [ItemBrief]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "job": job = try json.value()
                case "items": items = try json.value()
                default: try json.skip()
                }
            }
            self.init(job: try json.require(job, "job"), items: try json.require(items, "items"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("job", job)
                $0.member("items", items)
            }
        }
    }

    public typealias Result = Done
}

/// Runner → worker: do one item.
public enum WorkloadProcess: RPCMethod {
    public static let name = "workload.process"
    public static let access = AccessClass.admin
    public static let execution = Execution.offloaded

    public struct Params: Sendable, Hashable, JSONCodable {
        public var job: JobBrief
        public var item: ItemBrief
        /// From 1.
        public var attempt: Int
        /// Grows with every lease; an outside system that keeps the highest one seen can refuse a worker that woke too late.
        public var fence: Int64

        public init(job: JobBrief, item: ItemBrief, attempt: Int, fence: Int64) {
            self.job = job
            self.item = item
            self.attempt = attempt
            self.fence = fence
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var job: JobBrief?, item: ItemBrief?, attempt = 1, fence: Int64 = 0
            try json.object { key, json throws(JSONError) in
                switch key {
                case "job": job = try json.value()
                case "item": item = try json.value()
                case "attempt": attempt = try json.int()
                case "fence": fence = try json.int64()
                default: try json.skip()
                }
            }
            self.init(
                job: try json.require(job, "job"), item: try json.require(item, "item"), attempt: attempt, fence: fence)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("job", job)
                $0.member("item", item)
                $0.member("attempt", attempt)
                $0.member("fence", fence)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var output: JSONRaw?

        public init(output: JSONRaw?) {
            self.output = output
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var output: JSONRaw?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "output": output = try json.raw()
                default: try json.skip()
                }
            }
            self.init(output: output)
        }

        public func encode(to json: inout JSONWriter) {
            json.object { $0.member("output", ifPresent: output) }
        }
    }
}

/// Runner → worker: the items are settled; what is the result of the job?
public enum WorkloadSummarize: RPCMethod {
    public static let name = "workload.summarize"
    public static let access = AccessClass.admin
    public static let execution = Execution.offloaded

    public struct Params: Sendable, Hashable, JSONCodable {
        public var job: JobBrief
        /// In the order of the plan, with outputs and errors, without inputs.
        public var items: [ItemView]
        /// Whether the job was cancelled, so that items may be missing.
        public var cancelled: Bool

        public init(job: JobBrief, items: [ItemView], cancelled: Bool) {
            self.job = job
            self.items = items
            self.cancelled = cancelled
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var job: JobBrief?, items: [ItemView]?, cancelled = false
            try json.object { key, json throws(JSONError) in
                switch key {
                case "job": job = try json.value()
                case "items": items = try json.value()
                case "cancelled": cancelled = try json.bool()
                default: try json.skip()
                }
            }
            self.init(
                job: try json.require(job, "job"), items: try json.require(items, "items"), cancelled: cancelled)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("job", job)
                $0.member("items", items)
                $0.member("cancelled", cancelled)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var result: JSONRaw?

        public init(result: JSONRaw?) {
            self.result = result
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var result: JSONRaw?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "result": result = try json.raw()
                default: try json.skip()
                }
            }
            self.init(result: result)
        }

        public func encode(to json: inout JSONWriter) {
            json.object { $0.member("result", ifPresent: result) }
        }
    }
}

/// Runner → worker, a notification: the job needs nothing more here; what was preloaded for it may go.
public enum WorkloadRelease: RPCMethod {
    public static let name = "workload.release"
    public static let access = AccessClass.admin
    public typealias Params = JobReference
    public typealias Result = Done
}

/// What a workload says of its own course, in `$/progress` of a `workload.*` call.
public struct WorkloadProgress: Sendable, Hashable, JSONCodable {
    public var message: String

    public init(message: String) {
        self.message = message
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var message: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "message": message = try json.string()
            default: try json.skip()
            }
        }
        self.init(message: try json.require(message, "message"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object { $0.member("message", message) }
    }
}
