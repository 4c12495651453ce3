/// Something outside that bears only so much: a token bucket, a circuit breaker, or both.
public struct ResourceDefinition: Hashable, Sendable {
    public struct Bucket: Hashable, Sendable {
        /// Tokens a second, 0.001…1,000,000.
        public var rate: Double
        /// Tokens that may be saved up, 1…1,000,000.
        public var burst: Int

        public init(rate: Double, burst: Int) {
            self.rate = rate
            self.burst = burst
        }
    }

    public struct Breaker: Hashable, Sendable {
        /// So many failures one after the other open it, 1…1,000.
        public var failures = 5
        /// So long it stays open before one trial is let through, 100 ms…24 h.
        public var pause = Duration.seconds(30)

        public init() {}
    }

    public var name: String
    public var bucket: Bucket?
    public var breaker: Breaker?

    public init(name: String, bucket: Bucket?, breaker: Breaker?) {
        self.name = name
        self.bucket = bucket
        self.breaker = breaker
    }
}

/// The rules of a queue.
public struct QueueDefinition: Hashable, Sendable {
    /// What an acknowledged job survives.
    public enum Durability: String, Hashable, Sendable, CaseIterable {
        /// A power cut.
        case disk
        /// A crash of the runner, not of the machine.
        case crash
    }

    public var name: String
    public var durability = Durability.disk
    /// Jobs of the queue that run at once, 1…10,000; nil is no limit of its own.
    public var concurrency: Int?
    /// Jobs that may wait in it, 1…1,000,000,000; the next is refused. Nil is no limit of its own.
    public var waiting: Int?

    public init(name: String) {
        self.name = name
    }
}
