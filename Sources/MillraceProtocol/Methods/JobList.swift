import JSONCodec

/// Lists jobs, the newest first.
public enum JobList: RPCMethod {
    public static let name = "job.list"
    public static let access = AccessClass.read

    public struct Params: Sendable, Hashable, JSONCodable {
        /// Only these, 1 to 1,000; those that are not known any more are left out.
        public var ids: [JobID]?
        /// Any state when left out.
        public var states: [JobState]?
        public var kind: String?
        public var queue: String?
        public var key: String?
        /// 1–1,000; when left out 50, or as many as there are ids.
        public var limit: Int?
        /// Only jobs with a smaller id.
        public var before: JobID?

        public init(
            ids: [JobID]? = nil, states: [JobState]? = nil, kind: String? = nil, queue: String? = nil,
            key: String? = nil, limit: Int? = nil, before: JobID? = nil
        ) {
            self.ids = ids
            self.states = states
            self.kind = kind
            self.queue = queue
            self.key = key
            self.limit = limit
            self.before = before
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var ids: [JobID]?, states: [JobState]?, kind: String?, queue: String?, jobKey: String?, limit: Int?,
                before: JobID?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "ids": ids = try json.value()
                case "states": states = try json.value()
                case "kind": kind = try json.string()
                case "queue": queue = try json.string()
                case "key": jobKey = try json.string()
                case "limit": limit = try json.int()
                case "before": before = try json.value()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                ids: ids, states: states, kind: kind, queue: queue, key: jobKey, limit: limit, before: before)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("ids", ifPresent: ids)
                $0.member("states", ifPresent: states)
                $0.member("kind", ifPresent: kind)
                $0.member("queue", ifPresent: queue)
                $0.member("key", ifPresent: key)
                $0.member("limit", ifPresent: limit)
                $0.member("before", ifPresent: before)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        /// Without params and result.
        public var jobs: [JobView]
        /// Give this as `before` for the next page; absent on the last.
        public var nextBefore: JobID?

        public init(jobs: [JobView], nextBefore: JobID? = nil) {
            self.jobs = jobs
            self.nextBefore = nextBefore
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var jobs: [JobView]?, nextBefore: JobID?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "jobs": jobs = try json.value()
                case "nextBefore": nextBefore = try json.value()
                default: try json.skip()
                }
            }
            self.init(jobs: try json.require(jobs, "jobs"), nextBefore: nextBefore)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("jobs", jobs)
                $0.member("nextBefore", ifPresent: nextBefore)
            }
        }
    }
}
