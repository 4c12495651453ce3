/// What a schedule will do, for somebody to look at: its next runs, and what the next clock changes do to it.
public struct Preview: Hashable, Sendable {
    /// A run with what the clocks show at it.
    public struct Run: Hashable, Sendable, CustomStringConvertible {
        public let instant: Instant
        public let wall: WallTime
        public let kind: Zone.Kind

        /// "Sun 2026-03-29 03:00:00 CEST"
        public var description: String {
            "\(OnCalendar.weekdayNames[wall.weekday]) \(wall) \(kind.abbreviation)"
        }
    }

    /// What a clock change does to the schedule.
    public struct Change: Hashable, Sendable, CustomStringConvertible {
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
        let outcome = recurrence.outcome(of: change, in: zone)
        self.change = change
        concerned = Array(outcome.concerned.sorted().prefix(Self.limit))
        runs = outcome.runs.sorted().prefix(Self.limit).map { Preview.Run($0, in: zone) }
        let isBefore = outcome.runs.contains { $0 < change.instant }
        let isAfter = outcome.runs.contains { $0 >= change.instant }
        switch (change.kind, isBefore, isAfter) {
        case _ where outcome.concerned.isEmpty: effect = .none
        case (_, false, false): effect = .skipped
        case (.gap, _, _): effect = .moved
        case (.overlap, true, false): effect = .first
        case (.overlap, false, true): effect = .last
        case (.overlap, true, true): effect = .both
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
    /// The wall times concerned by a clock change, and the runs that come of them: of each calendar the first few.
    fileprivate func outcome(of change: ClockChange, in zone: Zone) -> (concerned: Set<WallTime>, runs: Set<Instant>) {
        switch self {
        case .wall(let recurrence): recurrence.zone == zone ? recurrence.outcome(of: change, excluding: nil) : ([], [])
        case .interval, .once: ([], [])
        case .any(let recurrences):
            recurrences.reduce(into: ([], [])) { all, recurrence in
                let (concerned, runs) = recurrence.outcome(of: change, in: zone)
                all.0.formUnion(concerned)
                all.1.formUnion(runs)
            }
        case .excluding(.wall(let recurrence), let days, _):
            recurrence.zone == zone ? recurrence.outcome(of: change, excluding: days) : ([], [])
        case .excluding(.any(let recurrences), let days, let place):
            Recurrence.any(recurrences.map { .excluding($0, days: days, zone: place) }).outcome(of: change, in: zone)
        case .excluding(.excluding(let recurrence, let inner, _), let days, let place):
            Recurrence.excluding(recurrence, days: days.union(inner), zone: place).outcome(of: change, in: zone)
        case .excluding: ([], [])
        }
    }
}

extension WallRecurrence {
    fileprivate func outcome(
        of change: ClockChange, excluding days: ExcludedDays?
    ) -> (concerned: Set<WallTime>, runs: Set<Instant>) {
        let concerned = pattern.times(
            from: change.from, to: change.to, limit: Preview.Change.limit, excluding: days)
        func runs(_ kind: Zone.Kind) -> [Instant] {
            guard daylight == nil || kind.isDaylight == daylight else { return [] }
            return concerned.map { Instant(microseconds: $0.microseconds - Int64(kind.offset) * 1_000_000) }
        }
        let length = Int64(change.length) * 1_000_000
        let found: [Instant] =
            switch change.kind {
            case .gap:
                switch rules.gap(length: length) {
                case .skip: []
                case .after: runs(change.before).isEmpty ? [] : [change.instant]
                case .shift: runs(change.before)
                }
            case .overlap where daylight != nil: runs(change.before) + runs(change.after)
            case .overlap:
                switch rules.overlap(length: length) {
                case .first: runs(change.before)
                case .last: runs(change.after)
                case .both: runs(change.before) + runs(change.after)
                }
            }
        return (Set(concerned), Set(found))
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
