import Linux

/// How a dataset is loaded and kept.
public struct DatasetRules: Hashable, Sendable {
    /// When the keys that were asked for are sent on; at the first of these, see ``Board``.
    public struct Window: Hashable, Sendable {
        /// As soon as so many different keys wait, 1…100,000.
        public var size = 100
        /// So long after the first of them came, 0…10 s.
        public var age = Duration.milliseconds(2)

        public init() {}
    }

    /// The bounds of what is kept.
    public struct Cache: Hashable, Sendable {
        /// Keys, 0…100,000,000; with 0 nothing is kept, and keys under way are still loaded once for all who ask.
        public var entries = 10_000
        /// Memory of all of it, bookkeeping included, in bytes.
        public var bytes = 16 << 20
        /// How long a value is as good as new.
        public var ttl = Duration.seconds(60)
        /// How long it is known that there is no such key; with zero it is asked each time.
        public var negativeTTL = Duration.seconds(10)
        /// How long after its time a value is still given out, while a new one is loaded.
        public var stale = Duration.zero

        public init() {}

        public var isOn: Bool { entries > 0 && bytes > 0 }
    }

    /// What to make of several rows with one key.
    public enum Rows: String, Hashable, Sendable, CaseIterable {
        /// There is one at most; a second is a fault of the source.
        case one
        /// The first counts, in the order of the source.
        case first
        /// All of them are the value, as a list.
        case all
    }

    public var window = Window()
    /// Keys in one call of the source at most, 1…100,000.
    public var chunk = 100
    /// Calls of the source at once, 1…100.
    public var parallelism = 5
    /// Keys that may wait for the source at once; one more is refused.
    public var waiting = 100_000
    public var cache = Cache()
    public var rows = Rows.one
    /// For a load with all its pages and tries.
    public var timeout = Duration.seconds(30)
    /// Pages that one load reads at most; a source that has more is faulty.
    public var pages = 1000

    public init() {}
}
