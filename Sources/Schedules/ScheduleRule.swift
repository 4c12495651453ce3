public import Calendars
import Linux
public import MillraceProtocol

/// What is wrong with a schedule, and where.
public struct ScheduleFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// "onCalendar[1]"
    public var field: String
    public var message: String
    /// Nothing is wrong with the schedule: what it needs could not be read, and may be later.
    public var mayPass = false

    public init(_ field: String, _ message: String) {
        self.field = field
        self.message = message
    }

    init(_ field: String, _ message: String, because error: ZoneError) {
        self.init(field, message)
        if case .unreadable = error { mayPass = true }
    }

    public var description: String { "\(field): \(message)" }
}

/// A schedule that was understood: its runs, in whose clock, and how they are put off.
public struct ScheduleRule: Sendable {
    public let specification: ScheduleSpecification
    public let recurrence: Recurrence
    /// Whose clocks its days, its jitter and its quiet hours follow.
    public let zone: Zone
    let jitter: Int64
    let quiet: QuietHours?

    /// - Parameters:
    ///   - machine: What the jitter is stable for: the machine's id.
    ///   - localZone: For schedules that name none.
    /// - Throws: the first thing that is wrong.
    public init(
        _ specification: ScheduleSpecification, machine: String, localZone: String = ZoneDatabase.system.localName,
        zones: ZoneDatabase = .system
    ) throws(ScheduleFault) {
        self.specification = specification
        try Self.checkBounds(specification)
        do {
            zone = try zones.zone(forTZ: specification.zone ?? localZone)
        } catch {
            throw ScheduleFault("zone", "\(error)", because: error)
        }
        recurrence = try Self.recurrence(specification, zone, specification.zone ?? localZone, zones)
        quiet = try specification.quiet.map { value throws(ScheduleFault) in try QuietHours(value) }
        let most = Int64(specification.jitterMs ?? 0) * 1000
        jitter = most == 0 ? 0 : Int64(Self.hash(machine + "/" + specification.name) % UInt64(most + 1))
    }

    // MARK: Runs

    /// The first nominal time after the instant that may take place at all.
    public func next(after instant: Instant) -> Instant? {
        var from = instant
        if let start = specification.startAt {
            from = max(from, Instant(microseconds: Instant(start).microseconds - 1))
        }
        // Two steps take it through the quiet hours of a day, however many runs lie in them.
        for _ in 0..<100_000 {
            guard let run = recurrence.next(after: from) else { return nil }
            if let end = specification.endAt, run > Instant(end) { return nil }
            guard let quietEnd = endOfSkipping(run) else { return run }
            // Whatever the jitter, a run begins before the one that follows it; so only the last before their end may begin later.
            let last = recurrence.previous(before: quietEnd) ?? run
            from = max(run, Instant(microseconds: last.microseconds - 1))
        }
        return nil
    }

    /// The last nominal time before the instant, not before `bound`.
    public func previous(before instant: Instant, notBefore bound: Instant) -> Instant? {
        var from = instant
        if let end = specification.endAt { from = min(from, Instant(microseconds: Instant(end).microseconds + 1)) }
        for _ in 0..<100_000 {
            guard let run = recurrence.previous(before: from), run >= bound else { return nil }
            if let start = specification.startAt, run < Instant(start) { return nil }
            guard endOfSkipping(run) != nil else { return run }
            from = run
        }
        return nil
    }

    /// When the quiet hours end in which the run of a nominal time would begin, where they skip it; nil where it takes place.
    private func endOfSkipping(_ nominal: Instant) -> Instant? {
        quiet?.mode == .skip ? quietEnd(at: jittered(nominal)) : nil
    }

    /// When the quiet hours end in which an instant lies; nil where it lies in none.
    public func quietEnd(at instant: Instant) -> Instant? {
        guard let quiet, quiet.contains(instant, in: zone) else { return nil }
        return quiet.end(after: instant, in: zone)
    }

    /// When the run of a nominal time is to begin: later by the jitter, and after the quiet hours that this leads into.
    public func start(of nominal: Instant) -> Instant {
        let start = jittered(nominal)
        return quiet?.mode == .defer ? quietEnd(at: start) ?? start : start
    }

    private func jittered(_ nominal: Instant) -> Instant {
        guard jitter > 0 else { return nominal }
        var start = nominal.microseconds + jitter
        if let next = recurrence.next(after: nominal) {
            start = min(start, max(nominal.microseconds, next.microseconds - 1000))
        }
        if specification.jitterKeepsHour == true {
            let hour: Int64 = 3_600_000_000
            let wall = zone.wallTime(at: nominal).microseconds
            start = min(start, nominal.microseconds + (hour - 1_000_000 - (wall % hour + hour) % hour))
        }
        return Instant(microseconds: max(start, nominal.microseconds))
    }

    /// Stable over runs of the program and releases of Swift: FNV-1a, mixed.
    static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        hash ^= hash >> 33
        hash = hash &* 0xff51_afd7_ed55_8ccd
        return hash ^ (hash >> 33)
    }
}

// MARK: - Reading

extension ScheduleRule {
    private static func recurrence(
        _ specification: ScheduleSpecification, _ zone: Zone, _ name: String, _ zones: ZoneDatabase
    ) throws(ScheduleFault) -> Recurrence {
        var options = Timetable.Options(zone: name, anchor: specification.startAt.map { Instant($0) } ?? .epoch)
        options.gap = try word(specification.gap, "gap")
        options.overlap = try word(specification.overlap, "overlap")
        options.dialect = try word(specification.dialect, "dialect") ?? .debian
        var parts: [Recurrence] = []
        let lists: [(String, [String]?, Timetable.Grammar)] = [
            ("onCalendar", specification.onCalendar, .onCalendar), ("cron", specification.cron, .cron),
            ("cronSeconds", specification.cronSeconds, .cronWithSeconds),
            ("every", specification.every.map { [$0] }, .span),
        ]
        for (field, texts, grammar) in lists {
            for (index, text) in (texts ?? []).enumerated() {
                let place = grammar == .span ? field : "\(field)[\(index)]"
                let table: Timetable
                do {
                    table = try Timetable(text, grammar, options, zones: zones)
                } catch {
                    let message = "“\(text.prefix(200))”: \(error)"
                    if case .zone(let zone) = error { throw ScheduleFault(place, message, because: zone) }
                    throw ScheduleFault(place, message)
                }
                guard let recurrence = table.recurrence else { throw ScheduleFault(place, "“\(text)” never runs") }
                if let span = table.span, span.microseconds < 1_000_000 {
                    throw ScheduleFault(place, "“\(text)” is less than a second")
                }
                parts.append(recurrence)
            }
        }
        parts += (specification.at ?? []).map { .once(Instant($0)) }
        guard (1...100).contains(parts.count) else {
            throw ScheduleFault(
                "onCalendar",
                parts.isEmpty
                    ? "there is no time; give onCalendar, cron, cronSeconds, every or at"
                    : "\(parts.count) rules are too many, at most 100 make a schedule")
        }
        let all = parts.count == 1 ? parts[0] : .any(parts)
        let days = try exclusions(specification)
        return days.isEmpty ? all : .excluding(all, days: days, zone: zone)
    }

    private static func exclusions(_ specification: ScheduleSpecification) throws(ScheduleFault) -> ExcludedDays {
        var dates: [CivilDate] = []
        for (index, text) in (specification.exceptDates ?? []).enumerated() {
            guard let midnight = Timestamp("\(text)T00:00:00Z") else {
                throw ScheduleFault("exceptDates[\(index)]", "“\(text.prefix(40))” is no date such as 2026-12-24")
            }
            dates.append(midnight.date)
        }
        var patterns: [DayPattern] = []
        for (index, text) in (specification.exceptDays ?? []).enumerated() {
            do {
                patterns.append(try DayPattern(text))
            } catch {
                throw ScheduleFault("exceptDays[\(index)]", "“\(text.prefix(200))”: \(error)")
            }
        }
        guard dates.count + patterns.count <= 1000 else {
            throw ScheduleFault("exceptDates", "more than 1000 days are left out")
        }
        return ExcludedDays(dates: dates, patterns: patterns)
    }

    private static func word<Word: RawRepresentable & CaseIterable>(
        _ text: String?, _ field: String
    ) throws(ScheduleFault) -> Word? where Word.RawValue == String {
        guard let text else { return nil }
        guard let word = Word(rawValue: text) else {
            let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw ScheduleFault(field, "“\(text.prefix(40))” is none of \(known)")
        }
        return word
    }

    static let longestSpan = 366 * 86_400_000

    private static func checkBounds(_ specification: ScheduleSpecification) throws(ScheduleFault) {
        func within(_ value: Int?, _ range: ClosedRange<Int>, _ field: String) throws(ScheduleFault) {
            guard let value, !range.contains(value) else { return }
            throw ScheduleFault(field, "\(value) is not from \(range.lowerBound) to \(range.upperBound)")
        }
        guard NameRule.isName(specification.name) else {
            throw ScheduleFault("name", "a name has \(NameRule.name)")
        }
        if let summary = specification.summary, summary.unicodeScalars.count > 200 {
            throw ScheduleFault("summary", "a summary has at most 200 characters")
        }
        try within(specification.jitterMs, 0...86_400_000, "jitterMs")
        try within(specification.limit, 1...1_000_000_000, "limit")
        try within(specification.pauseAfterFailures, 1...1000, "pauseAfterFailures")
        try within(specification.catchUp?.spanMs, 1000...longestSpan, "catchUp.spanMs")
        try within(specification.catchUp?.afterBootMs, 0...86_400_000, "catchUp.afterBootMs")
        if let catchUp = specification.catchUp {
            let needsSpan = catchUp.mode == .window || catchUp.mode == .rate
            if needsSpan != (catchUp.spanMs != nil) {
                throw ScheduleFault(
                    "catchUp.spanMs",
                    needsSpan ? "\(catchUp.mode.rawValue) needs a span" : "\(catchUp.mode.rawValue) has no span")
            }
        }
        if let start = specification.startAt, let end = specification.endAt, end < start {
            throw ScheduleFault("endAt", "the end is before the start")
        }
        let job = specification.job
        for (name, isThere) in [
            ("runAt", job.runAt != nil), ("idempotencyKey", job.idempotencyKey != nil), ("after", job.after != nil),
            ("attached", job.attached == true),
        ] where isThere {
            throw ScheduleFault("job.\(name)", "a schedule gives its jobs \(name) itself; leave it out")
        }
        guard NameRule.isName(job.kind) else {
            throw ScheduleFault("job.kind", "a kind has \(NameRule.name)")
        }
        if (job.params?.bytes.count ?? 0) > 1 << 20 { throw ScheduleFault("job.params", "params have at most 1M") }
    }
}
