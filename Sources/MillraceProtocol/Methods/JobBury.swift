import JSONCodec

/// Lays a waiting job aside until `job.redrive` takes it out again; no limit counts it meanwhile.
///
/// Burying a buried job changes nothing. One that runs or is over is `FAILED_PRECONDITION`, reason `job.notWaiting`.
public enum JobBury: RPCMethod {
    public static let name = "job.bury"
    public static let access = AccessClass.write
    public static let repeatable = true

    public typealias Params = JobReferenceWithReason

    public struct Result: Sendable, Hashable, JSONCodable {
        public var id: JobID
        public var state: JobState
        /// What keeps it from its lane: `bury`.
        public var hold: JobHold?

        public init(id: JobID, state: JobState, hold: JobHold? = nil) {
            self.id = id
            self.state = state
            self.hold = hold
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var id: JobID?, state: JobState?, hold: JobHold?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "id": id = try json.value()
                case "state": state = try json.value()
                case "hold": hold = try json.value()
                default: try json.skip()
                }
            }
            self.init(id: try json.require(id, "id"), state: try json.require(state, "state"), hold: hold)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("id", id)
                $0.member("state", state)
                $0.member("hold", ifPresent: hold)
            }
        }
    }
}

/// Makes jobs that ended badly or were buried ready again, the oldest first; what succeeded in them is not run again.
///
/// With `ids` just those; jobs among them that are neither over nor buried are passed over. Without, every job that the
/// other members describe, at least one of `kind`, `queue`, `states` and `buried` among them.
public enum JobRedrive: RPCMethod {
    public static let name = "job.redrive"
    public static let access = AccessClass.write

    public struct Params: Sendable, Hashable, JSONCodable {
        /// 1 to 10,000.
        public var ids: [JobID]?
        public var kind: String?
        public var queue: String?
        /// Of `failed`, `partial`, `cancelled`; `failed` when left out and `buried` is too.
        public var states: [JobState]?
        /// Whether buried jobs are meant; with `states`, these as well.
        public var buried: Bool?
        /// 1–10,000 jobs, 1,000 when left out.
        public var limit: Int?

        public init(
            ids: [JobID]? = nil, kind: String? = nil, queue: String? = nil, states: [JobState]? = nil,
            buried: Bool? = nil, limit: Int? = nil
        ) {
            self.ids = ids
            self.kind = kind
            self.queue = queue
            self.states = states
            self.buried = buried
            self.limit = limit
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var ids: [JobID]?, kind: String?, queue: String?, states: [JobState]?, buried: Bool?, limit: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "ids": ids = try json.value()
                case "kind": kind = try json.string()
                case "queue": queue = try json.string()
                case "states": states = try json.value()
                case "buried": buried = try json.bool()
                case "limit": limit = try json.int()
                default: try json.unknownMember(key)
                }
            }
            self.init(ids: ids, kind: kind, queue: queue, states: states, buried: buried, limit: limit)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("ids", ifPresent: ids)
                $0.member("kind", ifPresent: kind)
                $0.member("queue", ifPresent: queue)
                $0.member("states", ifPresent: states)
                $0.member("buried", ifPresent: buried)
                $0.member("limit", ifPresent: limit)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        /// How many jobs wait again now.
        public var redriven: Int
        /// Whether the limit left some over: call again.
        public var more: Bool

        public init(redriven: Int, more: Bool) {
            self.redriven = redriven
            self.more = more
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var redriven: Int?, more: Bool?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "redriven": redriven = try json.int()
                case "more": more = try json.bool()
                default: try json.skip()
                }
            }
            self.init(redriven: try json.require(redriven, "redriven"), more: try json.require(more, "more"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("redriven", redriven)
                $0.member("more", more)
            }
        }
    }
}
