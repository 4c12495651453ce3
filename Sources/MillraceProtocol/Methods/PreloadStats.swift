import JSONCodec

/// What a dataset was asked since the service started, and what that cost.
public struct DatasetStats: Sendable, Hashable {
    public var dataset: String
    /// Calls that asked for keys of it.
    public var asks: Int
    public var keysAsked: Int
    /// Keys answered from the cache, stale ones and known absence included.
    public var hits: Int
    /// Of them, answered with a value whose time was over, while a new one was loaded.
    public var staleHits: Int
    /// Keys answered by a load that another caller had begun.
    public var joined: Int
    /// Keys named more than once in one call.
    public var duplicates: Int
    /// Keys refused because too many waited.
    public var refused: Int
    /// Keys that went to the source.
    public var keysLoaded: Int
    /// Of them, only to keep the cache new.
    public var refreshes: Int
    /// Lists of keys given to the source.
    public var logicalBatches: Int
    /// Requests the source got: each page and each try.
    public var physicalRequests: Int
    /// Requests that asking key by key would have cost beyond these.
    public var callsSaved: Int
    /// 0–1.
    public var hitRate: Double
    public var failedBatches: Int
    /// Nobody waited for them any more.
    public var cancelledBatches: Int
    /// The answer was not as agreed.
    public var faultyBatches: Int
    /// From the coming of a batch's first key to its start, in microseconds.
    public var windowDelayP50Us: Int
    public var windowDelayP99Us: Int
    /// From a batch's start to its end, in microseconds.
    public var loadP50Us: Int
    public var loadP99Us: Int
    /// Keys in the cache.
    public var entries: Int
    /// What they take, bookkeeping included.
    public var bytes: Int
    /// Keys that made room for others.
    public var evicted: Int
    /// Keys that wait or are on their way.
    public var waiting: Int
    /// Batches on their way.
    public var running: Int
    /// Of a dataset with a breaker.
    public var breaker: BreakerState?

    public init(
        dataset: String, asks: Int = 0, keysAsked: Int = 0, hits: Int = 0, staleHits: Int = 0, joined: Int = 0,
        duplicates: Int = 0, refused: Int = 0, keysLoaded: Int = 0, refreshes: Int = 0, logicalBatches: Int = 0,
        physicalRequests: Int = 0, callsSaved: Int = 0, hitRate: Double = 0, failedBatches: Int = 0,
        cancelledBatches: Int = 0, faultyBatches: Int = 0, windowDelayP50Us: Int = 0, windowDelayP99Us: Int = 0,
        loadP50Us: Int = 0, loadP99Us: Int = 0, entries: Int = 0, bytes: Int = 0, evicted: Int = 0, waiting: Int = 0,
        running: Int = 0, breaker: BreakerState? = nil
    ) {
        self.dataset = dataset
        self.asks = asks
        self.keysAsked = keysAsked
        self.hits = hits
        self.staleHits = staleHits
        self.joined = joined
        self.duplicates = duplicates
        self.refused = refused
        self.keysLoaded = keysLoaded
        self.refreshes = refreshes
        self.logicalBatches = logicalBatches
        self.physicalRequests = physicalRequests
        self.callsSaved = callsSaved
        self.hitRate = hitRate
        self.failedBatches = failedBatches
        self.cancelledBatches = cancelledBatches
        self.faultyBatches = faultyBatches
        self.windowDelayP50Us = windowDelayP50Us
        self.windowDelayP99Us = windowDelayP99Us
        self.loadP50Us = loadP50Us
        self.loadP99Us = loadP99Us
        self.entries = entries
        self.bytes = bytes
        self.evicted = evicted
        self.waiting = waiting
        self.running = running
        self.breaker = breaker
    }
}

extension DatasetStats: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var dataset: String?
        var asks: Int = 0
        var keysAsked: Int = 0
        var hits: Int = 0
        var staleHits: Int = 0
        var joined: Int = 0
        var duplicates: Int = 0
        var refused: Int = 0
        var keysLoaded: Int = 0
        var refreshes: Int = 0
        var logicalBatches: Int = 0
        var physicalRequests: Int = 0
        var callsSaved: Int = 0
        var hitRate: Double = 0
        var failedBatches: Int = 0
        var cancelledBatches: Int = 0
        var faultyBatches: Int = 0
        var windowDelayP50Us: Int = 0
        var windowDelayP99Us: Int = 0
        var loadP50Us: Int = 0
        var loadP99Us: Int = 0
        var entries: Int = 0
        var bytes: Int = 0
        var evicted: Int = 0
        var waiting: Int = 0
        var running: Int = 0
        var breaker: BreakerState?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "dataset": dataset = try json.string()
            case "asks": asks = try json.int()
            case "keysAsked": keysAsked = try json.int()
            case "hits": hits = try json.int()
            case "staleHits": staleHits = try json.int()
            case "joined": joined = try json.int()
            case "duplicates": duplicates = try json.int()
            case "refused": refused = try json.int()
            case "keysLoaded": keysLoaded = try json.int()
            case "refreshes": refreshes = try json.int()
            case "logicalBatches": logicalBatches = try json.int()
            case "physicalRequests": physicalRequests = try json.int()
            case "callsSaved": callsSaved = try json.int()
            case "hitRate": hitRate = try json.double()
            case "failedBatches": failedBatches = try json.int()
            case "cancelledBatches": cancelledBatches = try json.int()
            case "faultyBatches": faultyBatches = try json.int()
            case "windowDelayP50Us": windowDelayP50Us = try json.int()
            case "windowDelayP99Us": windowDelayP99Us = try json.int()
            case "loadP50Us": loadP50Us = try json.int()
            case "loadP99Us": loadP99Us = try json.int()
            case "entries": entries = try json.int()
            case "bytes": bytes = try json.int()
            case "evicted": evicted = try json.int()
            case "waiting": waiting = try json.int()
            case "running": running = try json.int()
            case "breaker": breaker = try json.value()
            default: try json.skip()
            }
        }
        self.init(
            dataset: try json.require(dataset, "dataset"), asks: asks, keysAsked: keysAsked, hits: hits,
            staleHits: staleHits, joined: joined, duplicates: duplicates, refused: refused, keysLoaded: keysLoaded,
            refreshes: refreshes, logicalBatches: logicalBatches, physicalRequests: physicalRequests,
            callsSaved: callsSaved, hitRate: hitRate, failedBatches: failedBatches, cancelledBatches: cancelledBatches,
            faultyBatches: faultyBatches, windowDelayP50Us: windowDelayP50Us, windowDelayP99Us: windowDelayP99Us,
            loadP50Us: loadP50Us, loadP99Us: loadP99Us, entries: entries, bytes: bytes, evicted: evicted,
            waiting: waiting, running: running, breaker: breaker)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("dataset", dataset)
            $0.member("asks", asks)
            $0.member("keysAsked", keysAsked)
            $0.member("hits", hits)
            $0.member("staleHits", staleHits)
            $0.member("joined", joined)
            $0.member("duplicates", duplicates)
            $0.member("refused", refused)
            $0.member("keysLoaded", keysLoaded)
            $0.member("refreshes", refreshes)
            $0.member("logicalBatches", logicalBatches)
            $0.member("physicalRequests", physicalRequests)
            $0.member("callsSaved", callsSaved)
            $0.member("hitRate", hitRate)
            $0.member("failedBatches", failedBatches)
            $0.member("cancelledBatches", cancelledBatches)
            $0.member("faultyBatches", faultyBatches)
            $0.member("windowDelayP50Us", windowDelayP50Us)
            $0.member("windowDelayP99Us", windowDelayP99Us)
            $0.member("loadP50Us", loadP50Us)
            $0.member("loadP99Us", loadP99Us)
            $0.member("entries", entries)
            $0.member("bytes", bytes)
            $0.member("evicted", evicted)
            $0.member("waiting", waiting)
            $0.member("running", running)
            $0.member("breaker", ifPresent: breaker)
        }
    }
}

/// What was asked and what it cost.
public enum PreloadStats: RPCMethod {
    public static let name = "preload.stats"
    public static let access = AccessClass.read

    public struct Params: Sendable, Hashable, JSONCodable {
        /// Without one: all of them.
        public var dataset: String?

        public init(dataset: String? = nil) {
            self.dataset = dataset
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var dataset: String?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "dataset": dataset = try json.string()
                default: try json.unknownMember(key)
                }
            }
            self.init(dataset: dataset)
        }

        public func encode(to json: inout JSONWriter) {
            json.object { $0.member("dataset", ifPresent: dataset) }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        /// By name.
        public var datasets: [DatasetStats]

        public init(datasets: [DatasetStats]) {
            self.datasets = datasets
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var datasets: [DatasetStats]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "datasets": datasets = try json.value()
                default: try json.skip()
                }
            }
            self.init(datasets: try json.require(datasets, "datasets"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object { $0.member("datasets", datasets) }
        }
    }
}
