/// What becomes of a run whose wall time is left out when the clocks are set forward.
public enum GapRule: String, CaseIterable, Hashable, Sendable {
    /// It does not take place.
    case skip
    /// It takes place at the moment the clocks are set: 02:30 at 03:00. Several such runs become one.
    case after
    /// It takes place when the old time would have shown it: 02:30 at 03:30. One that falls on a run of its own is one.
    case shift
}

/// What becomes of a run whose wall time comes twice when the clocks are set back.
public enum OverlapRule: String, CaseIterable, Hashable, Sendable {
    case first, last, both
}

/// How a schedule meets clock changes: as its grammar does by default, unless chosen otherwise.
public struct ChangeRules: Hashable, Sendable {
    /// What a grammar does where nothing is chosen.
    public enum Habit: Hashable, Sendable {
        /// systemd 252: skips what falls into a gap, runs once in an overlap, the first time.
        case systemd
        /// Debian's cron, for jobs whose minute and hour are both named: what falls into a gap runs when the clocks are
        /// set, and what comes twice runs the first time. From changes of three hours on the daemon starts afresh: it
        /// skips the gap and runs everything twice in the overlap.
        case cronAtFixedTime
        /// Debian's cron, for jobs whose minute or hour begins with "*": they run when the clock shows their time, so
        /// they skip a gap (unless of four minutes at most, which are made up) and run both times in an overlap.
        case cronByWildcard
    }

    public let habit: Habit
    /// Nil where the habit decides.
    public let gap: GapRule?
    /// Nil where the habit decides.
    public let overlap: OverlapRule?

    public init(habit: Habit, gap: GapRule? = nil, overlap: OverlapRule? = nil) {
        self.habit = habit
        self.gap = gap
        self.overlap = overlap
    }

    /// The same rules in every change.
    public init(gap: GapRule, overlap: OverlapRule) {
        self.init(habit: .systemd, gap: gap, overlap: overlap)
    }

    private static let minute: Int64 = 60_000_000

    /// The rule for a gap of so many microseconds.
    ///
    /// The daemon of cron compares minutes: it wakes up one minute after its last one, and as much later as the gap is
    /// long. Up to 5 it makes up all jobs, up to 180 those at fixed times, beyond that none.
    func gap(length: Int64) -> GapRule {
        if let gap { return gap }
        switch habit {
        case .systemd: return .skip
        case .cronAtFixedTime: return length <= 179 * Self.minute ? .after : .skip
        case .cronByWildcard: return length <= 4 * Self.minute ? .after : .skip
        }
    }

    /// The rule for an overlap of so many microseconds.
    func overlap(length: Int64) -> OverlapRule {
        if let overlap { return overlap }
        switch habit {
        case .systemd: return .first
        case .cronAtFixedTime: return length <= 180 * Self.minute ? .first : .both
        case .cronByWildcard: return .both
        }
    }
}
