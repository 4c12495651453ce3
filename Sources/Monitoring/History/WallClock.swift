public import Linux

/// What the wall clock says, and what time it may be while that is doubted.
public struct WallReading: Sendable, Hashable {
    public var said: Timestamp
    /// It is this late for certain: what is dropped for its age goes by this.
    public var earliest: Timestamp
    /// It is not later than this: what lies behind it is of the future.
    public var latest: Timestamp

    /// A time that nobody doubts.
    public init(_ said: Timestamp) {
        self.init(said: said, earliest: said, latest: said)
    }

    init(said: Timestamp, earliest: Timestamp, latest: Timestamp) {
        self.said = said
        self.earliest = earliest
        self.latest = latest
    }
}

/// Doubts the wall clock when it jumps, so that one that was wrong for a while costs nothing of what is kept by the time.
///
/// The boot clock says how much time went by. A wall clock that says something else is believed once it has done so for
/// ``patience``, of times in which this runs: a machine that was off for long, or a clock that was wrong before, is then no
/// different from any other. It is a value.
public struct WallClock: Sendable, Hashable {
    /// The wall clock is believed when it is no farther off than this.
    public static let tolerance = Duration.seconds(600)
    /// How long it has to stand by what is not believed.
    public static let patience = Duration.seconds(12 * 3600)

    /// What has to be known again after a restart.
    public struct Memory: Sendable, Hashable {
        /// What time it was, as far as it was believed.
        public var believed: Timestamp
        /// For how long the wall clock had said something else.
        public var doubted: Duration

        public init(believed: Timestamp, doubted: Duration = .zero) {
            self.believed = believed
            self.doubted = doubted
        }
    }

    /// Nil before the first reading of all, which is believed.
    public private(set) var memory: Memory?
    private var boot: Duration?

    public init(_ memory: Memory? = nil) {
        self.memory = memory
    }

    /// - Parameter boot: of the boot clock, which must not go back.
    public mutating func read(wall: Timestamp, boot: Duration) -> WallReading {
        let passed = boot - (self.boot ?? boot)
        self.boot = boot
        let believed = memory.map { $0.believed + passed } ?? wall
        let doubted = (memory?.doubted ?? .zero) + passed
        guard abs((wall - believed).milliseconds) > Self.tolerance.milliseconds, doubted < Self.patience else {
            memory = Memory(believed: wall)
            return WallReading(wall)
        }
        memory = Memory(believed: believed, doubted: doubted)
        return WallReading(said: wall, earliest: min(wall, believed), latest: max(wall, believed))
    }
}
