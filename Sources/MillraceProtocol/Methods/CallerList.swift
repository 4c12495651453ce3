import JSONCodec

/// How one caller asks for one dataset.
public struct CallerView: Sendable, Hashable {
    /// The name of the user.
    public var user: String
    /// The systemd unit its process belongs to.
    public var unit: String?
    /// The kind of job it asks for, where it says so.
    public var kind: String?
    public var dataset: String
    public var calls: Int
    public var keys: Int
    /// Times it asked key by key: 10 or more calls for one key each, less than a second apart.
    public var keyByKeyRuns: Int
    /// Calls in these.
    public var keyByKeyCalls: Int
    public var longestRun: Int
    /// Calls that asking in lists would have saved.
    public var wouldSave: Int

    public init(
        user: String, unit: String? = nil, kind: String? = nil, dataset: String, calls: Int = 0, keys: Int = 0,
        keyByKeyRuns: Int = 0, keyByKeyCalls: Int = 0, longestRun: Int = 0, wouldSave: Int = 0
    ) {
        self.user = user
        self.unit = unit
        self.kind = kind
        self.dataset = dataset
        self.calls = calls
        self.keys = keys
        self.keyByKeyRuns = keyByKeyRuns
        self.keyByKeyCalls = keyByKeyCalls
        self.longestRun = longestRun
        self.wouldSave = wouldSave
    }
}

extension CallerView: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var user: String?
        var unit: String?
        var kind: String?
        var dataset: String?
        var calls: Int = 0
        var keys: Int = 0
        var keyByKeyRuns: Int = 0
        var keyByKeyCalls: Int = 0
        var longestRun: Int = 0
        var wouldSave: Int = 0
        try json.object { key, json throws(JSONError) in
            switch key {
            case "user": user = try json.string()
            case "unit": unit = try json.string()
            case "kind": kind = try json.string()
            case "dataset": dataset = try json.string()
            case "calls": calls = try json.int()
            case "keys": keys = try json.int()
            case "keyByKeyRuns": keyByKeyRuns = try json.int()
            case "keyByKeyCalls": keyByKeyCalls = try json.int()
            case "longestRun": longestRun = try json.int()
            case "wouldSave": wouldSave = try json.int()
            default: try json.skip()
            }
        }
        self.init(
            user: try json.require(user, "user"), unit: unit, kind: kind, dataset: try json.require(dataset, "dataset"),
            calls: calls, keys: keys, keyByKeyRuns: keyByKeyRuns, keyByKeyCalls: keyByKeyCalls, longestRun: longestRun,
            wouldSave: wouldSave)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("user", user)
            $0.member("unit", ifPresent: unit)
            $0.member("kind", ifPresent: kind)
            $0.member("dataset", dataset)
            $0.member("calls", calls)
            $0.member("keys", keys)
            $0.member("keyByKeyRuns", keyByKeyRuns)
            $0.member("keyByKeyCalls", keyByKeyCalls)
            $0.member("longestRun", longestRun)
            $0.member("wouldSave", wouldSave)
        }
    }
}

/// Who asks, and who asks key by key although lists would do: the N+1 report.
public enum CallerList: RPCMethod {
    public static let name = "caller.list"
    public static let access = AccessClass.read
    public typealias Params = Empty

    public struct Result: Sendable, Hashable, JSONCodable {
        /// Those who ask key by key first, by what lists would save; at most 1,000.
        public var callers: [CallerView]
        /// Rows that had to make room for others since the service started.
        public var forgotten: Int

        public init(callers: [CallerView], forgotten: Int = 0) {
            self.callers = callers
            self.forgotten = forgotten
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var callers: [CallerView]?, forgotten = 0
            try json.object { key, json throws(JSONError) in
                switch key {
                case "callers": callers = try json.value()
                case "forgotten": forgotten = try json.int()
                default: try json.skip()
                }
            }
            self.init(callers: try json.require(callers, "callers"), forgotten: forgotten)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("callers", callers)
                $0.member("forgotten", forgotten)
            }
        }
    }
}
