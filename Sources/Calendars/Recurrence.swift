public import Linux

/// When something runs: by calendar, at intervals, once, or several of these together, less the days left out.
public indirect enum Recurrence: Hashable, Sendable {
    case wall(WallRecurrence)
    case interval(Interval)
    case once(Instant)
    /// Whenever one of them runs; two runs at the same instant are one.
    case any([Recurrence])
    /// Not on the days given. A run by calendar counts to the day that its expression names, the others to the day on
    /// which they fall in the zone.
    case excluding(Recurrence, days: ExcludedDays, zone: Zone)

    /// The first run after the instant; nil for "never", which is looked for until the end of 2199.
    public func next(after instant: Instant) -> Instant? {
        next(after: instant, DayFilter())
    }

    /// The first run at or after the instant.
    public func next(atOrAfter instant: Instant) -> Instant? {
        instant.microseconds == .min
            ? next(after: instant) : next(after: Instant(microseconds: instant.microseconds - 1))
    }

    /// The last run before the instant; nil where none was since 1970.
    public func previous(before instant: Instant) -> Instant? {
        previous(before: instant, DayFilter())
    }

    /// The day to which a run by calendar counts: that which its expression names, in the expression's own zone. Nil for the
    /// others, and where no run is at the instant.
    public func day(of run: Instant) -> CivilDate? {
        day(of: run, DayFilter())
    }

    /// The runs after `from` and not after `to`, at most `limit`, in order.
    public func runs(after from: Instant, through to: Instant, limit: Int) -> [Instant] {
        var found: [Instant] = []
        var last = from
        while found.count < limit, let run = next(after: last), run <= to {
            found.append(run)
            last = run
        }
        return found
    }
}

extension Recurrence {
    private func next(after instant: Instant, _ filter: DayFilter) -> Instant? {
        switch self {
        case .wall(let recurrence): recurrence.next(after: instant, excluding: filter.days)
        case .interval(let interval):
            filter.first(after: instant, next: interval.next(after:))
        case .once(let run): filter.first(after: instant) { $0 < run ? run : nil }
        case .any(let recurrences):
            recurrences.reduce(nil as Instant?) { best, recurrence in
                recurrence.next(after: instant, filter).map { min($0, best ?? $0) } ?? best
            }
        case .excluding(let recurrence, let days, let zone):
            recurrence.next(after: instant, filter.adding(days, in: zone))
        }
    }

    private func day(of run: Instant, _ filter: DayFilter) -> CivilDate? {
        switch self {
        case .wall(let recurrence): recurrence.day(of: run, excluding: filter.days)
        case .interval, .once: nil
        case .any(let recurrences): recurrences.lazy.compactMap { $0.day(of: run, filter) }.first
        case .excluding(let recurrence, let days, let zone): recurrence.day(of: run, filter.adding(days, in: zone))
        }
    }

    private func previous(before instant: Instant, _ filter: DayFilter) -> Instant? {
        switch self {
        case .wall(let recurrence): recurrence.previous(before: instant, excluding: filter.days)
        case .interval(let interval):
            filter.last(before: instant, previous: interval.previous(before:))
        case .once(let run): filter.last(before: instant) { run < $0 ? run : nil }
        case .any(let recurrences):
            recurrences.reduce(nil as Instant?) { best, recurrence in
                recurrence.previous(before: instant, filter).map { max($0, best ?? $0) } ?? best
            }
        case .excluding(let recurrence, let days, let zone):
            recurrence.previous(before: instant, filter.adding(days, in: zone))
        }
    }
}

/// The days that the recurrences around one leave out, each with the zone in which its days are counted.
private struct DayFilter {
    private(set) var days: ExcludedDays?
    private var parts: [(days: ExcludedDays, zone: Zone)] = []

    func adding(_ days: ExcludedDays, in zone: Zone) -> DayFilter {
        guard !days.isEmpty else { return self }
        var filter = self
        filter.days = self.days?.union(days) ?? days
        filter.parts.append((days, zone))
        return filter
    }

    /// The first run that falls on no day left out. Goes from free day to free day, so it ends after at most as many
    /// steps as the calendar has days.
    func first(after instant: Instant, next: (Instant) -> Instant?) -> Instant? {
        var from = instant
        search: while let run = next(from) {
            guard run.microseconds < WallRecurrence.Search.last else { return parts.isEmpty ? run : nil }
            for (days, zone) in parts where days.contains(zone.wallTime(at: run).date) {
                guard let free = days.nextFree(from: zone.wallTime(at: run).day + 1) else { return nil }
                from = max(run, Instant(microseconds: zone.beginning(ofDay: free).microseconds - 1))
                continue search
            }
            return run
        }
        return nil
    }

    func last(before instant: Instant, previous: (Instant) -> Instant?) -> Instant? {
        var from = instant
        search: while let run = previous(from) {
            guard run.microseconds > WallRecurrence.Search.first else { return parts.isEmpty ? run : nil }
            for (days, zone) in parts where days.contains(zone.wallTime(at: run).date) {
                guard let free = days.previousFree(from: zone.wallTime(at: run).day - 1) else { return nil }
                from = min(run, zone.beginning(ofDay: free + 1, last: true))
                continue search
            }
            return run
        }
        return nil
    }
}

extension Zone {
    /// The first instant at which the clocks show the day or a later one; with `last` the instant from which on they
    /// show no earlier day any more.
    func beginning(ofDay day: Int64, last: Bool = false) -> Instant {
        let midnight = day * WallTime.microsecondsPerDay
        var index = segment(at: midnight - Self.reach)
        var found = Int64.max
        while index < starts.count, starts[index] <= midnight + Self.reach {
            let window = window(of: index)
            if window.to > midnight, window.from < midnight || !last || found == .max {
                let instant = max(midnight, window.from) - offsets[index]
                if found == .max || last { found = instant }
            }
            index += 1
        }
        return Instant(microseconds: found)
    }
}
