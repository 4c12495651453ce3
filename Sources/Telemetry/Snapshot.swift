public import Linux

/// All that an instance of a service has counted since it began. The values are totals, so one snapshot is as good as all
/// before it: a lost one loses nothing.
public struct Snapshot: Sendable, Hashable {
    public var source: Source
    /// Rises with each snapshot of the instance.
    public var sequence: UInt64
    public var taken: Timestamp
    public var families: [FamilySnapshot]

    public init(source: Source, sequence: UInt64, taken: Timestamp, families: [FamilySnapshot]) {
        self.source = source
        self.sequence = sequence
        self.taken = taken
        self.families = families
    }

    /// Who counted.
    public struct Source: Sendable, Hashable {
        /// "runner"
        public var service: String
        /// Of this run of it; another after a restart.
        public var instance: String
        public var started: Timestamp
        /// Whether only one instance of the service lives at a time, so that a new one means the end of the one before.
        public var isSingle: Bool

        public init(service: String, instance: String, started: Timestamp, isSingle: Bool = true) {
            self.service = service
            self.instance = instance
            self.started = started
            self.isSingle = isSingle
        }
    }
}

/// The series of one family.
public struct FamilySnapshot: Sendable, Hashable {
    public var description: FamilyDescription
    public var series: [SeriesSnapshot]
    /// Nil for families that cannot outgrow anything.
    public var guarding: GuardReport?

    public init(_ description: FamilyDescription, _ series: [SeriesSnapshot], guarding: GuardReport? = nil) {
        self.description = description
        self.series = series
        self.guarding = guarding
    }
}

public struct SeriesSnapshot: Sendable, Hashable {
    /// Of the family's labels, in their order.
    public var labels: [String]
    /// When the series began to count.
    public var created: Timestamp
    public var value: SeriesValue

    public init(_ labels: [String] = [], created: Timestamp, _ value: SeriesValue) {
        self.labels = labels
        self.created = created
        self.value = value
    }
}

/// How full a family is, and what was turned away from it.
public struct GuardReport: Sendable, Hashable {
    /// Series now, the overflow series not counted.
    public var series: Int
    public var limit: Int
    /// How often a new series was asked for and the overflow series given.
    public var refused: UInt64
    /// Series that nobody held and that had not changed for long, and were dropped.
    public var expired: UInt64
    /// The label whose values are the most different, and how many values it has: who made the family grow.
    public var widest: Width?

    public struct Width: Sendable, Hashable {
        public var label: String
        public var values: Int

        public init(label: String, values: Int) {
            self.label = label
            self.values = values
        }
    }

    public init(series: Int, limit: Int, refused: UInt64 = 0, expired: UInt64 = 0, widest: Width? = nil) {
        self.series = series
        self.limit = limit
        self.refused = refused
        self.expired = expired
        self.widest = widest
    }
}
