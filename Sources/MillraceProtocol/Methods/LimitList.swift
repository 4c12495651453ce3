import JSONCodec

/// What a limit counts by.
public enum LimitScope: String, WireWord {
    /// All jobs.
    case machine
    case queue, kind
    /// The user who submitted, by name or number.
    case user
    /// Jobs of one kind with the same `key`; the name is the kind.
    case key
    /// Tokens that workers ask for with `permit.acquire`.
    case resource
}

/// Where a limit comes from; the later in this list goes before the earlier.
public enum LimitSource: String, WireWord {
    case `default`, file
    /// By `limit.set`.
    case set
}

/// A limit and how far it is used.
public struct LimitView: Sendable, Hashable {
    public var scope: LimitScope
    /// Absent for the machine, and for what holds for all of a scope that have no limit of their own.
    public var name: String?
    /// How many may run at once.
    public var running: Int?
    /// How many may wait; the next is refused with `RESOURCE_EXHAUSTED`.
    public var waiting: Int?
    /// Tokens that come back each second.
    public var ratePerSecond: Double?
    /// Tokens that may gather.
    public var burst: Int?
    /// What runs now; of a resource, permits that are out.
    public var used: Int
    /// What waits now.
    public var waitingNow: Int
    public var source: LimitSource

    public init(
        scope: LimitScope, name: String? = nil, running: Int? = nil, waiting: Int? = nil, ratePerSecond: Double? = nil,
        burst: Int? = nil, used: Int = 0, waitingNow: Int = 0, source: LimitSource
    ) {
        self.scope = scope
        self.name = name
        self.running = running
        self.waiting = waiting
        self.ratePerSecond = ratePerSecond
        self.burst = burst
        self.used = used
        self.waitingNow = waitingNow
        self.source = source
    }
}

extension LimitView: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var scope: LimitScope?, name: String?, running: Int?, waiting: Int?, ratePerSecond: Double?, burst: Int?,
            used: Int = 0, waitingNow: Int = 0, source: LimitSource?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "scope": scope = try json.value()
            case "name": name = try json.string()
            case "running": running = try json.int()
            case "waiting": waiting = try json.int()
            case "ratePerSecond": ratePerSecond = try json.double()
            case "burst": burst = try json.int()
            case "used": used = try json.int()
            case "waitingNow": waitingNow = try json.int()
            case "source": source = try json.value()
            default: try json.skip()
            }
        }
        self.init(
            scope: try json.require(scope, "scope"), name: name, running: running, waiting: waiting,
            ratePerSecond: ratePerSecond, burst: burst, used: used, waitingNow: waitingNow,
            source: try json.require(source, "source"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("scope", scope)
            $0.member("name", ifPresent: name)
            $0.member("running", ifPresent: running)
            $0.member("waiting", ifPresent: waiting)
            $0.member("ratePerSecond", ifPresent: ratePerSecond)
            $0.member("burst", ifPresent: burst)
            $0.member("used", used)
            $0.member("waitingNow", waitingNow)
            $0.member("source", source)
        }
    }
}

/// Lists the limits.
public enum LimitList: RPCMethod {
    public static let name = "limit.list"
    public static let access = AccessClass.read
    public typealias Params = Empty

    public struct Result: Sendable, Hashable, JSONCodable {
        /// By scope, then name.
        public var limits: [LimitView]

        public init(limits: [LimitView]) {
            self.limits = limits
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var limits: [LimitView]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "limits": limits = try json.value()
                default: try json.skip()
                }
            }
            self.init(limits: try json.require(limits, "limits"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object { $0.member("limits", limits) }
        }
    }
}
