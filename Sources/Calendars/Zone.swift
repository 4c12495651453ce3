/// How the clocks of a place run: its offsets from UTC and when they change.
///
/// What a zone's rule says of the future is worked out up to the year 2201; beyond, the last offset holds.
public final class Zone: Sendable, CustomStringConvertible {
    /// A kind of time that a zone has, such as CEST.
    public struct Kind: Hashable, Sendable {
        /// Seconds east of UTC, from -89,999 to 93,599.
        public let offset: Int
        public let isDaylight: Bool
        public let abbreviation: String

        public init(offset: Int, isDaylight: Bool, abbreviation: String) {
            self.offset = offset
            self.isDaylight = isDaylight
            self.abbreviation = abbreviation
        }
    }

    /// "Europe/Berlin", or the text of the rule.
    public let name: String

    /// Where the segments of one kind of time begin, in microseconds, ascending; the first has always been.
    let starts: [Int64]
    /// The offset of each segment in microseconds.
    let offsets: [Int64]
    let kinds: [Kind]
    /// Whether two changes lie so near that a wall time may be met in more than two segments.
    let isCrowded: Bool

    static let beginning: Int64 = -(1 << 61)
    static let ending: Int64 = 1 << 61
    /// More than any two offsets differ by: 51 hours, in microseconds.
    static let reach: Int64 = 52 * 3_600_000_000
    /// Rules are worked out up to the end of this year, two days of the last calendar year included.
    static let lastYear: Int64 = 2201

    public static let utc = Zone(
        name: "UTC", initial: Kind(offset: 0, isDaylight: false, abbreviation: "UTC"), changes: [])

    /// A zone whose offset never changes.
    public convenience init(name: String, offset: Int) {
        self.init(name: name, initial: Kind(offset: offset, isDaylight: false, abbreviation: name), changes: [])
    }

    /// `changes` ascend by time, in seconds since the epoch; what changes nothing is left out.
    init(name: String, initial: Kind, changes: [(time: Int64, kind: Kind)]) {
        var starts = [Self.beginning]
        var kinds = [initial]
        for change in changes where change.kind != kinds.last {
            starts.append(change.time * 1_000_000)
            kinds.append(change.kind)
        }
        self.name = name
        self.starts = starts
        self.kinds = kinds
        offsets = kinds.map { Int64($0.offset) * 1_000_000 }
        isCrowded = zip(starts, starts.dropFirst()).contains { $1 - $0 < 2 * Self.reach }
    }

    public var description: String { name }

    /// The kind of time in force at the instant.
    public func kind(at instant: Instant) -> Kind { kinds[segment(at: instant.microseconds)] }

    public func wallTime(at instant: Instant) -> WallTime {
        let held = min(max(instant.microseconds, Self.beginning), Self.ending)
        return WallTime(microseconds: held + offsets[segment(at: held)])
    }

    /// All instants at which the clocks show the time: none in a gap, two in an overlap.
    public func instants(showing wall: WallTime) -> [Instant] {
        let first = segment(at: max(wall.microseconds, Self.beginning / 2) - Self.reach)
        var found: [Instant] = []
        for index in first..<starts.count {
            let instant = wall.microseconds - offsets[index]
            if starts[index] > wall.microseconds + Self.reach { break }
            if instant >= starts[index], instant < end(of: index) { found.append(Instant(microseconds: instant)) }
        }
        return found
    }

    // MARK: - Segments

    /// The index of the last segment that begins at or before the instant.
    func segment(at instant: Int64) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= instant { low = middle } else { high = middle }
        }
        return low
    }

    @inline(__always)
    func end(of index: Int) -> Int64 {
        index + 1 < starts.count ? starts[index + 1] : Self.ending
    }

    /// What the clocks show during the segment: from the first to before the second.
    @inline(__always)
    func window(of index: Int) -> (from: Int64, to: Int64) {
        (starts[index] + offsets[index], end(of: index) + offsets[index])
    }

    /// The abbreviation last used for standard time, or for daylight saving time.
    func abbreviation(isDaylight: Bool) -> String? {
        kinds.last { $0.isDaylight == isDaylight }?.abbreviation
    }
}

extension Zone: Hashable {
    public static func == (left: Zone, right: Zone) -> Bool {
        left === right || (left.name == right.name && left.starts == right.starts && left.kinds == right.kinds)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(starts.count)
    }
}
