public import Linux

/// Runs at wall times of a zone: a pattern, and what becomes of it when the clocks change.
public struct WallRecurrence: Hashable, Sendable {
    public let pattern: WallPattern
    public let zone: Zone
    public let rules: ChangeRules
    /// Where set, only while the zone has daylight saving time, or only while it has not ("12:00 CEST").
    public let daylight: Bool?

    public init(pattern: WallPattern, zone: Zone, rules: ChangeRules, daylight: Bool? = nil) {
        self.pattern = pattern
        self.zone = zone
        self.rules = rules
        self.daylight = daylight
    }

    /// The first run after the instant; nil where none follows until the end of 2199 ("never").
    ///
    /// Days that are excluded are those of the wall time that the expression names.
    public func next(after instant: Instant, excluding exclusions: ExcludedDays? = nil) -> Instant? {
        guard instant.microseconds < Search.last else { return nil }
        let search = Search(self, exclusions)
        return search.next(from: max(instant.microseconds, Search.first) + 1).map(Instant.init(microseconds:))
    }

    /// The last run before the instant; nil where none was since 1970.
    public func previous(before instant: Instant, excluding exclusions: ExcludedDays? = nil) -> Instant? {
        guard instant.microseconds > Search.first else { return nil }
        let search = Search(self, exclusions)
        return search.previous(from: min(instant.microseconds, Search.last) - 1).map(Instant.init(microseconds:))
    }

    /// The day of the wall time that the expression names for a run; nil where none is at the instant.
    ///
    /// It is not always the day that the clocks show: a run that a gap has put off stays one of its own day.
    public func day(of run: Instant, excluding exclusions: ExcludedDays? = nil) -> CivilDate? {
        guard run.microseconds > Search.first, run.microseconds < Search.last else { return nil }
        return Search(self, exclusions).wall(of: run.microseconds).map { WallTime(microseconds: $0).date }
    }
}

extension WallRecurrence {
    /// The search for a run, segment by segment of the zone.
    ///
    /// Within a segment the offset is constant, so its runs are times of the pattern less the offset. Times that other
    /// segments show as well are left to them where the overlap rule says so; times that no segment shows are added at
    /// the change that leaves them out, where the gap rule says so. Segments in which the pattern has no time are passed
    /// over.
    struct Search {
        /// Three days beyond the calendar, so that no offset leads out of it.
        static let first = (DayPattern.days.lowerBound - 3) * WallTime.microsecondsPerDay
        static let last = (DayPattern.days.upperBound + 3) * WallTime.microsecondsPerDay

        let pattern: WallPattern
        let zone: Zone
        let rules: ChangeRules
        let daylight: Bool?
        let exclusions: ExcludedDays?

        init(_ recurrence: WallRecurrence, _ exclusions: ExcludedDays?) {
            pattern = recurrence.pattern
            zone = recurrence.zone
            rules = recurrence.rules
            daylight = recurrence.daylight
            self.exclusions = exclusions
        }

        func isOpen(_ segment: Int) -> Bool { daylight == nil || zone.kinds[segment].isDaylight == daylight }

        /// A segment before this one that shows the time as well and has the right to it.
        @inline(__always)
        func earlierOwner(of wall: Int64, in segment: Int) -> Int? {
            var other = segment - 1
            while other >= 0, zone.starts[segment] - zone.end(of: other) < Zone.reach {
                let window = zone.window(of: other)
                if window.from <= wall, wall < window.to, isOpen(other),
                    rules.overlap(length: zone.offsets[other] - zone.offsets[segment]) == .first
                {
                    return other
                }
                other -= 1
            }
            return nil
        }

        /// A segment after this one that shows the time as well and has the right to it.
        @inline(__always)
        func laterOwner(of wall: Int64, in segment: Int) -> Int? {
            var other = segment + 1
            while other < zone.starts.count, zone.starts[other] - zone.end(of: segment) < Zone.reach {
                let window = zone.window(of: other)
                if window.from <= wall, wall < window.to, isOpen(other),
                    rules.overlap(length: zone.offsets[segment] - zone.offsets[other]) == .last
                {
                    return other
                }
                other += 1
            }
            return nil
        }

        /// The times around this one that a segment shows after all, or that a change before this one has left out already;
        /// nil where the time is this change's to make up. Only crowded zones have such times.
        func claim(on wall: Int64, at change: Int) -> Range<Int64>? {
            guard zone.isCrowded else { return nil }
            var index = change
            while index > 0, zone.starts[change] - zone.starts[index] < 2 * Zone.reach { index -= 1 }
            while index < zone.starts.count, zone.starts[index] - zone.starts[change] < 2 * Zone.reach {
                let window = zone.window(of: index)
                if window.from <= wall, wall < window.to { return window.from..<window.to }
                if index < change, let gap = gap(at: index), gap.contains(wall) { return gap }
                index += 1
            }
            return nil
        }

        /// The wall times that the change leaves out.
        @inline(__always)
        func gap(at change: Int) -> Range<Int64>? {
            guard change > 0, zone.offsets[change] > zone.offsets[change - 1] else { return nil }
            return zone.starts[change] + zone.offsets[change - 1]..<zone.starts[change] + zone.offsets[change]
        }
    }
}
