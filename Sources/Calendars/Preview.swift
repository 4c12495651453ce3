/// What a schedule will do, for somebody to look at: its next runs, and what the next clock changes do to it.
public struct Preview: Hashable, Sendable {
    /// A run with what the clocks show at it.
    public struct Run: Hashable, Sendable {
        public let instant: Instant
        public let wall: WallTime
        public let kind: Zone.Kind

        /// "Sun 2026-03-29 03:00:00 CEST"
        public var description: String {
            "\(OnCalendar.weekdayNames[wall.weekday]) \(wall) \(kind.abbreviation)"
        }
    }

    /// What a clock change does to the schedule.
    public struct Change: Hashable, Sendable {
        public enum Effect: Hashable, Sendable {
            /// No run falls into it.
            case none
            /// Runs fall into the gap and do not take place.
            case skipped
            /// Runs fall into the gap and take place at other times.
            case moved
            /// Runs come twice and take place the first time only.
            case first
            /// Runs come twice and take place the second time only.
            case last
            /// Runs come twice and take place both times.
            case both
        }

        public let change: ClockChange
        public let effect: Effect
        /// The first few of the wall times concerned.
        public let concerned: [WallTime]
        /// The runs that come of them.
        public let runs: [Run]

        /// How many of the times and runs are named.
        public static let limit = 3
    }

    public let runs: [Run]
    public let changes: [Change]

    /// - Parameters:
    ///   - zone: The zone in which the runs are shown, and whose changes are told.
    ///   - count: How many runs, at least 0.
    public init(_ recurrence: Recurrence, in zone: Zone, after instant: Instant, count: Int, changes: Int = 2) {
        runs = recurrence.runs(after: instant, through: Instant(microseconds: .max), limit: count)
            .map { Run($0, in: zone) }
        self.changes = zone.changes(after: instant, count: changes).map { Change($0, recurrence, in: zone) }
    }
}

extension Preview.Run {
    init(_ instant: Instant, in zone: Zone) {
        self.init(instant: instant, wall: zone.wallTime(at: instant), kind: zone.kind(at: instant))
    }
}

extension Preview.Change {
    init(_ change: ClockChange, _ recurrence: Recurrence, in zone: Zone) {
        self.change = change
        let nominal = recurrence.nominal(from: change.from, to: change.to, in: zone, limit: Self.limit)
        concerned = nominal
        guard !nominal.isEmpty else {
            effect = .none
            runs = []
            return
        }
        let length = Int64(change.length) * 1_000_000
        let at = change.instant.microseconds
        switch change.kind {
        case .gap:
            // What is put off comes at the change or within the gap's length after it.
            let without = recurrence.choosing(gap: .skip)
            let made = recurrence.runs(
                after: Instant(microseconds: at - 1), through: Instant(microseconds: at + length), limit: 100)
            let own = Set(
                without.runs(after: Instant(microseconds: at - 1), through: Instant(microseconds: at + length), limit: 100))
            let moved = made.filter { !own.contains($0) }
            let joined = moved.isEmpty && recurrence.gapRules(length: length).contains { $0 != .skip }
            effect = moved.isEmpty && !joined ? .skipped : .moved
            runs = (joined ? made : moved).prefix(Self.limit).map { Preview.Run($0, in: zone) }
        case .overlap:
            let earlier = recurrence.runs(
                after: Instant(microseconds: at - length - 1), through: Instant(microseconds: at - 1), limit: Self.limit)
            let later = recurrence.runs(
                after: Instant(microseconds: at - 1), through: Instant(microseconds: at + length - 1), limit: Self.limit)
            effect = later.isEmpty ? .first : earlier.isEmpty ? .last : .both
            runs = (earlier + later).map { Preview.Run($0, in: zone) }
        }
    }

    /// "2026-03-29 the clocks go from 02:00:00 to 03:00:00: 02:30:00 is left out and skipped"
    public var description: String {
        let date = change.kind == .gap ? change.from.date : change.to.date
        let clocks = change.kind == .gap ? (change.from, change.to) : (change.to, change.from)
        let shown = concerned.map(\.clock).joined(separator: ", ")
        let some = concerned.count == Self.limit ? shown + " …" : shown
        let times = runs.map { "\($0.wall.clock) \($0.kind.abbreviation)" }.joined(separator: ", ")
        let what =
            switch effect {
            case .none: "no run is concerned"
            case .skipped: "\(some) left out, skipped"
            case .moved: "\(some) left out, made up at \(times)"
            case .first: "\(some) twice, run the first time"
            case .last: "\(some) twice, run the second time"
            case .both: "\(some) twice, run both times"
            }
        return "\(date) the clocks go from \(clocks.0.clock) to \(clocks.1.clock): \(what)"
    }
}

extension Recurrence {
    /// The wall times from `from` to before `to` that calendars in this zone name, in order.
    func nominal(from: WallTime, to: WallTime, in zone: Zone, limit: Int) -> [WallTime] {
        switch self {
        case .wall(let recurrence):
            guard recurrence.zone == zone else { return [] }
            return recurrence.pattern.times(from: from, to: to, limit: limit, excluding: nil)
        case .interval, .once: return []
        case .any(let recurrences):
            let all = recurrences.flatMap { $0.nominal(from: from, to: to, in: zone, limit: limit) }
            return Array(Set(all).sorted().prefix(limit))
        case .excluding(let recurrence, let days, _):
            return recurrence.nominal(from: from, to: to, in: zone, limit: limit).filter { !days.contains($0.date) }
        }
    }

    /// The same recurrence with another gap rule.
    func choosing(gap: GapRule) -> Recurrence {
        switch self {
        case .wall(let recurrence):
            let rules = ChangeRules(habit: recurrence.rules.habit, gap: gap, overlap: recurrence.rules.overlap)
            return .wall(
                WallRecurrence(
                    pattern: recurrence.pattern, zone: recurrence.zone, rules: rules, daylight: recurrence.daylight))
        case .interval, .once: return self
        case .any(let recurrences): return .any(recurrences.map { $0.choosing(gap: gap) })
        case .excluding(let recurrence, let days, let zone):
            return .excluding(recurrence.choosing(gap: gap), days: days, zone: zone)
        }
    }

    func gapRules(length: Int64) -> Set<GapRule> {
        switch self {
        case .wall(let recurrence): [recurrence.rules.gap(length: length)]
        case .interval, .once: []
        case .any(let recurrences): recurrences.reduce(into: []) { $0.formUnion($1.gapRules(length: length)) }
        case .excluding(let recurrence, _, _): recurrence.gapRules(length: length)
        }
    }
}

extension WallPattern {
    /// The times of the set from `from` to before `to`.
    func times(from: WallTime, to: WallTime, limit: Int, excluding exclusions: ExcludedDays?) -> [WallTime] {
        var found: [WallTime] = []
        var wall = from.microseconds
        while found.count < limit, let time = next(from: wall, excluding: exclusions), time < to.microseconds {
            found.append(WallTime(microseconds: time))
            wall = time + 1
        }
        return found
    }
}
