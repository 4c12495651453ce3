/// An expression of cron: five fields (minute, hour, day of month, month, day of week), six with seconds first, or a macro.
///
/// What each field takes: "*", numbers, names of months and weekdays, ranges, lists and steps as Debian's cron does;
/// besides `L` (last day of the month), `5#2` (second Friday) and `10/15` (from 10 to the end by 15).
/// A range that ends before it begins is refused; Debian's daemon accepts it and then never runs.
/// Likewise refused is what the daemon takes without sense: `1-5-9`, `*-5`, `1.5`, `**`.
///
/// Where a day of month and a day of week are given, either suffices, unless one of the two fields begins with "*":
/// then both must hold.
public struct CronExpression: Hashable, Sendable, CustomStringConvertible {
    /// The fields with single spaces between them; a macro is written out.
    public let description: String
    public let pattern: WallPattern
    /// Whether the minute or the hour begins with "*": such jobs follow the clock through its changes.
    public let isWildcard: Bool

    public static func == (left: CronExpression, right: CronExpression) -> Bool {
        left.pattern == right.pattern && left.isWildcard == right.isWildcard
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(pattern)
        hasher.combine(isWildcard)
    }

    /// The runs of this expression.
    ///
    /// - Parameters:
    ///   - gap, overlap: What happens when the clocks change; nil for what Debian's daemon does: a job at a fixed time
    ///     that falls into a gap runs when the clocks are set and once in an overlap, a wildcard job follows the clock.
    public func recurrence(in zone: Zone, gap: GapRule? = nil, overlap: OverlapRule? = nil) -> WallRecurrence {
        let habit = isWildcard ? ChangeRules.Habit.cronByWildcard : .cronAtFixedTime
        return WallRecurrence(
            pattern: pattern, zone: zone, rules: ChangeRules(habit: habit, gap: gap, overlap: overlap))
    }
}

/// Which expressions of cron are taken.
public enum CronDialect: String, CaseIterable, Hashable, Sendable {
    /// Debian's cron, and of the usual extensions `L`, `#` and `N/step`, on which the common libraries agree.
    case debian
    /// Also what fewer know: `15W` (the working day nearest to the 15th), `LW` (the last one), `5L` or `L5` (the last
    /// Friday), and `?` for `*` in the two day fields.
    case wide
}
