import Linux
public import Telemetry

/// What a dataset was asked and what that cost, since the service started.
public struct DatasetFigures: Hashable, Sendable {
    /// Calls that asked for keys.
    public var asks: UInt64 = 0
    public var keysAsked: UInt64 = 0
    /// Of these, answered from the cache, stale values and known absence included.
    public var hits: UInt64 = 0
    public var staleHits: UInt64 = 0
    /// Answered by a load that another had begun.
    public var joined: UInt64 = 0
    /// Named more than once in one call.
    public var duplicates: UInt64 = 0
    /// Refused because too many waited.
    public var refused: UInt64 = 0
    /// Keys that went to the source.
    public var keysLoaded: UInt64 = 0
    /// Keys loaded only to keep the cache new.
    public var refreshes: UInt64 = 0
    /// Logical batches: lists of keys that were given to the source.
    public var batches: UInt64 = 0
    /// Physical requests to the source: each page and each try.
    public var requests: UInt64 = 0
    public var failedBatches: UInt64 = 0
    public var cancelledBatches: UInt64 = 0
    /// Batches whose answer was not as agreed.
    public var faultyBatches: UInt64 = 0

    public init() {}

    /// Requests that asking key by key would have cost beyond what it did cost.
    public var callsSaved: UInt64 { keysAsked > requests ? keysAsked - requests : 0 }

    /// The share of keys that the cache answered, 0…1.
    public var hitRate: Double { keysAsked == 0 ? 0 : Double(hits) / Double(keysAsked) }
}

/// How long the batches of a dataset took, since the service started.
public struct DatasetTimes: Sendable {
    /// From the coming of a batch's first key to its start.
    public let windowDelay = Distribution()
    /// From a batch's start to its end.
    public let load = Distribution()
}

/// What is in a dataset at this moment.
public struct DatasetLoad: Hashable, Sendable {
    public var entries = 0
    public var bytes = 0
    public var evicted: UInt64 = 0
    /// Keys that wait or are on their way.
    public var waiting = 0
    /// Batches on their way.
    public var running = 0
    /// What the next load is expected to take.
    public var expected = Duration.zero
}
