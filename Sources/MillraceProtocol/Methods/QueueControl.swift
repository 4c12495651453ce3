import JSONCodec
import Linux

/// Lets no job of a queue or kind begin; running ones go on, new ones are taken in. Exactly one of `queue` and `kind` is
/// named. Survives restarts.
public enum QueuePause: RPCMethod {
    public static let name = "queue.pause"
    public static let access = AccessClass.admin
    public static let repeatable = true

    public struct Params: Sendable, Hashable, JSONCodable {
        public var queue: String?
        public var kind: String?
        /// For people; at most 500 characters.
        public var reason: String?
        /// When it goes on by itself.
        public var until: Timestamp?

        public init(queue: String? = nil, kind: String? = nil, reason: String? = nil, until: Timestamp? = nil) {
            self.queue = queue
            self.kind = kind
            self.reason = reason
            self.until = until
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var queue: String?, kind: String?, reason: String?, until: Timestamp?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "queue": queue = try json.string()
                case "kind": kind = try json.string()
                case "reason": reason = try json.string()
                case "until": until = try json.value()
                default: try json.unknownMember(key)
                }
            }
            self.init(queue: queue, kind: kind, reason: reason, until: until)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("queue", ifPresent: queue)
                $0.member("kind", ifPresent: kind)
                $0.member("reason", ifPresent: reason)
                $0.member("until", ifPresent: until)
            }
        }
    }

    public typealias Result = GateView
}

/// Opens a queue or kind that was paused or drained. Exactly one of the two is named.
public enum QueueResume: RPCMethod {
    public static let name = "queue.resume"
    public static let access = AccessClass.admin
    public static let repeatable = true

    public struct Params: Sendable, Hashable, JSONCodable {
        public var queue: String?
        public var kind: String?

        public init(queue: String? = nil, kind: String? = nil) {
            self.queue = queue
            self.kind = kind
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var queue: String?, kind: String?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "queue": queue = try json.string()
                case "kind": kind = try json.string()
                default: try json.unknownMember(key)
                }
            }
            self.init(queue: queue, kind: kind)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("queue", ifPresent: queue)
                $0.member("kind", ifPresent: kind)
            }
        }
    }

    public typealias Result = GateView
}

/// Refuses new jobs of a queue or kind with `FAILED_PRECONDITION`, reason `queue.draining` or `kind.draining`, and lets
/// those that are there run. Exactly one of the two is named. Survives restarts.
public enum QueueDrain: RPCMethod {
    public static let name = "queue.drain"
    public static let access = AccessClass.admin
    public static let repeatable = true

    public struct Params: Sendable, Hashable, JSONCodable {
        public var queue: String?
        public var kind: String?
        /// For people; at most 500 characters.
        public var reason: String?

        public init(queue: String? = nil, kind: String? = nil, reason: String? = nil) {
            self.queue = queue
            self.kind = kind
            self.reason = reason
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var queue: String?, kind: String?, reason: String?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "queue": queue = try json.string()
                case "kind": kind = try json.string()
                case "reason": reason = try json.string()
                default: try json.unknownMember(key)
                }
            }
            self.init(queue: queue, kind: kind, reason: reason)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("queue", ifPresent: queue)
                $0.member("kind", ifPresent: kind)
                $0.member("reason", ifPresent: reason)
            }
        }
    }

    public typealias Result = GateView
}

/// Gives a queue its own durability and limits; what is left out stays. Survives restarts.
public enum QueueSet: RPCMethod {
    public static let name = "queue.set"
    public static let access = AccessClass.admin
    public static let repeatable = true

    public struct Params: Sendable, Hashable, JSONCodable {
        public var queue: String
        /// Holds for jobs submitted from now on.
        public var durability: JobDurability?
        /// 1–1,000,000; 0 takes the limit away.
        public var runningLimit: Int?
        /// 1–100,000,000; 0 takes the limit away.
        public var waitingLimit: Int?

        public init(queue: String, durability: JobDurability? = nil, runningLimit: Int? = nil, waitingLimit: Int? = nil)
        {
            self.queue = queue
            self.durability = durability
            self.runningLimit = runningLimit
            self.waitingLimit = waitingLimit
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var queue: String?, durability: JobDurability?, runningLimit: Int?, waitingLimit: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "queue": queue = try json.string()
                case "durability": durability = try json.value()
                case "runningLimit": runningLimit = try json.int()
                case "waitingLimit": waitingLimit = try json.int()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                queue: try json.require(queue, "queue"), durability: durability, runningLimit: runningLimit,
                waitingLimit: waitingLimit)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("queue", queue)
                $0.member("durability", ifPresent: durability)
                $0.member("runningLimit", ifPresent: runningLimit)
                $0.member("waitingLimit", ifPresent: waitingLimit)
            }
        }
    }

    public typealias Result = QueueView
}
