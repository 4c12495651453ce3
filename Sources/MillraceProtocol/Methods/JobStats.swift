import JSONCodec
import Linux

/// Counts jobs by kind and state: those that wait or run, and those that are over for as long as they are kept.
public enum JobStats: RPCMethod {
    public static let name = "job.stats"
    public static let access = AccessClass.read

    public struct Params: Sendable, Hashable, JSONCodable {
        public var kind: String?
        public var queue: String?
        public var key: String?
        /// Only jobs that were submitted then or later.
        public var since: Timestamp?

        public init(kind: String? = nil, queue: String? = nil, key: String? = nil, since: Timestamp? = nil) {
            self.kind = kind
            self.queue = queue
            self.key = key
            self.since = since
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var kind: String?, queue: String?, jobKey: String?, since: Timestamp?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "kind": kind = try json.string()
                case "queue": queue = try json.string()
                case "key": jobKey = try json.string()
                case "since": since = try json.value()
                default: try json.unknownMember(key)
                }
            }
            self.init(kind: kind, queue: queue, key: jobKey, since: since)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("kind", ifPresent: kind)
                $0.member("queue", ifPresent: queue)
                $0.member("key", ifPresent: key)
                $0.member("since", ifPresent: since)
            }
        }
    }

    public struct Count: Sendable, Hashable, JSONCodable {
        public var kind: String
        public var state: JobState
        /// How many; one at least.
        public var jobs: Int

        public init(kind: String, state: JobState, jobs: Int) {
            self.kind = kind
            self.state = state
            self.jobs = jobs
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var kind: String?, state: JobState?, jobs: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "kind": kind = try json.string()
                case "state": state = try json.value()
                case "jobs": jobs = try json.int()
                default: try json.skip()
                }
            }
            self.init(
                kind: try json.require(kind, "kind"), state: try json.require(state, "state"),
                jobs: try json.require(jobs, "jobs"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("kind", kind)
                $0.member("state", state)
                $0.member("jobs", jobs)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        /// By kind, then by state in the order of a job's life.
        public var counts: [Count]

        public init(counts: [Count]) { self.counts = counts }

        public init(from json: inout JSONReader) throws(JSONError) {
            var counts: [Count]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "counts": counts = try json.value()
                default: try json.skip()
                }
            }
            self.init(counts: try json.require(counts, "counts"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object { $0.member("counts", counts) }
        }
    }
}
