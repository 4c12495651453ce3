import JSONCodec
import Linux

/// Whether jobs pass a queue or a kind.
public enum GateState: String, WireWord {
    case open
    /// Jobs are taken in and wait.
    case paused
    /// Jobs are refused, those that are there still run.
    case draining
}

/// A queue or a kind, as jobs pass through it.
public struct GateView: Sendable, Hashable {
    public var name: String
    public var state: GateState
    /// Why it is paused or drained, as it was said.
    public var reason: String?
    /// When a pause ends by itself.
    public var until: Timestamp?
    /// When it got into its state; absent when it was never changed.
    public var since: Timestamp?
    /// How safe its jobs are when they are acknowledged; queues only.
    public var durability: JobDurability?
    /// Jobs that run.
    public var running: Int
    /// Jobs that could run at once.
    public var ready: Int
    /// Jobs that wait for their key or for other jobs, or are buried.
    public var held: Int
    /// Jobs that wait for their time.
    public var scheduled: Int
    /// How many may run at once.
    public var runningLimit: Int?
    /// How many may wait; the next is refused with `RESOURCE_EXHAUSTED`.
    public var waitingLimit: Int?

    public init(
        name: String, state: GateState, reason: String? = nil, until: Timestamp? = nil, since: Timestamp? = nil,
        durability: JobDurability? = nil, running: Int = 0, ready: Int = 0, held: Int = 0, scheduled: Int = 0,
        runningLimit: Int? = nil, waitingLimit: Int? = nil
    ) {
        self.name = name
        self.state = state
        self.reason = reason
        self.until = until
        self.since = since
        self.durability = durability
        self.running = running
        self.ready = ready
        self.held = held
        self.scheduled = scheduled
        self.runningLimit = runningLimit
        self.waitingLimit = waitingLimit
    }
}

extension GateView: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var name: String?, state: GateState?, reason: String?, until: Timestamp?, since: Timestamp?,
            durability: JobDurability?, running: Int = 0, ready: Int = 0, held: Int = 0, scheduled: Int = 0,
            runningLimit: Int?, waitingLimit: Int?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "name": name = try json.string()
            case "state": state = try json.value()
            case "reason": reason = try json.string()
            case "until": until = try json.value()
            case "since": since = try json.value()
            case "durability": durability = try json.value()
            case "running": running = try json.int()
            case "ready": ready = try json.int()
            case "held": held = try json.int()
            case "scheduled": scheduled = try json.int()
            case "runningLimit": runningLimit = try json.int()
            case "waitingLimit": waitingLimit = try json.int()
            default: try json.skip()
            }
        }
        self.init(
            name: try json.require(name, "name"), state: try json.require(state, "state"), reason: reason, until: until,
            since: since, durability: durability, running: running, ready: ready, held: held, scheduled: scheduled,
            runningLimit: runningLimit, waitingLimit: waitingLimit)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("name", name)
            $0.member("state", state)
            $0.member("reason", ifPresent: reason)
            $0.member("until", ifPresent: until)
            $0.member("since", ifPresent: since)
            $0.member("durability", ifPresent: durability)
            $0.member("running", running)
            $0.member("ready", ready)
            $0.member("held", held)
            $0.member("scheduled", scheduled)
            $0.member("runningLimit", ifPresent: runningLimit)
            $0.member("waitingLimit", ifPresent: waitingLimit)
        }
    }
}

/// A queue is shown as any gate is, with its durability.
public typealias QueueView = GateView

/// Lists the queues and kinds that have jobs, or rules of their own.
public enum QueueList: RPCMethod {
    public static let name = "queue.list"
    public static let access = AccessClass.read
    public typealias Params = Empty

    public struct Result: Sendable, Hashable, JSONCodable {
        /// By name.
        public var queues: [QueueView]
        /// By name.
        public var kinds: [GateView]

        public init(queues: [QueueView], kinds: [GateView]) {
            self.queues = queues
            self.kinds = kinds
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var queues: [QueueView]?, kinds: [GateView]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "queues": queues = try json.value()
                case "kinds": kinds = try json.value()
                default: try json.skip()
                }
            }
            self.init(queues: try json.require(queues, "queues"), kinds: try json.require(kinds, "kinds"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("queues", queues)
                $0.member("kinds", kinds)
            }
        }
    }
}
