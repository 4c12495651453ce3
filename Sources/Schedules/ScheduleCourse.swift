public import Calendars
import Linux
import MillraceProtocol

/// Which runs of a schedule are to begin now, which are left out, and when to look again.
///
/// A value without clock or I/O: from the place in time that a schedule has come to, and what time it is.
public struct ScheduleCourse: Hashable, Sendable {
    public struct Begin: Hashable, Sendable {
        public let nominal: Instant
        /// When it should have begun: the nominal time with its jitter.
        public let start: Instant
        public let isCatchUp: Bool
    }

    /// Nominal times that get no run, counted up to ``countLimit``.
    public struct Missed: Hashable, Sendable {
        public let first: Instant
        public let last: Instant
        public let count: Int
    }

    /// In order; at most ``batch``.
    public private(set) var begin: [Begin] = []
    public private(set) var missed: Missed?
    /// All nominal times up to here are decided.
    public private(set) var cursor: Instant
    /// The next nominal time; nil for never.
    public private(set) var next: Instant?
    /// When to look again; nil where nothing follows.
    public private(set) var due: Instant?

    /// Runs of one schedule that begin in one go; the rest follows at once.
    public static let batch = 100
    public static let countLimit = 10_000

    /// - Parameters:
    ///   - cursor: All nominal times up to here were decided before.
    ///   - runs: How many there were so far, for the limit.
    ///   - sinceBoot: How long the machine has been up.
    ///   - grace: A run that is later than this was missed.
    public init(
        _ rule: ScheduleRule, cursor: Instant, runs: Int, now: Instant, sinceBoot: Duration, grace: Duration
    ) {
        self.cursor = cursor
        let allowed = rule.specification.limit.map { max(0, $0 - runs) } ?? .max
        guard allowed > 0 else { return }
        let policy = rule.specification.catchUp ?? .init(.last)
        let horizon = Instant(microseconds: now.microseconds - Self.microseconds(grace))
        if let first = rule.next(after: cursor), rule.start(of: first) < horizon {
            let wait = Duration.milliseconds(policy.afterBootMs ?? 0) - sinceBoot
            if policy.mode != .none, wait > .zero {
                next = first
                due = Instant(microseconds: now.microseconds + Self.microseconds(wait))
                return
            }
            if policy.mode != .none, let end = rule.quietEnd(at: now) {
                next = first
                due = end
                return
            }
            catchUp(rule, policy, first: first, horizon: horizon, now: now, allowed: allowed)
            if due != nil { return }
        }
        takeDue(rule, now: now, allowed: allowed)
    }

    /// What begins at its time, and what comes after.
    private mutating func takeDue(_ rule: ScheduleRule, now: Instant, allowed: Int) {
        next = rule.next(after: cursor)
        while let nominal = next {
            guard begin.count < allowed else {
                next = nil
                due = nil
                return
            }
            let start = rule.start(of: nominal)
            guard start <= now, begin.count < Self.batch else {
                due = begin.count < Self.batch ? start : now
                return
            }
            // Several that quiet hours have put off to one moment are one.
            if let last = begin.last, last.start == start, last.nominal != last.start { begin.removeLast() }
            begin.append(Begin(nominal: nominal, start: start, isCatchUp: false))
            cursor = nominal
            next = rule.next(after: nominal)
        }
        due = nil
    }

    private mutating func catchUp(
        _ rule: ScheduleRule, _ policy: ScheduleCatchUp, first: Instant, horizon: Instant, now: Instant,
        allowed: Int
    ) {
        // By what begins when, not by the nominal times: a jitter may bring the last of them to after the horizon.
        var last = rule.previous(before: horizon, notBefore: first) ?? first
        while last > first, rule.start(of: last) >= horizon {
            last = rule.previous(before: last, notBefore: first) ?? first
        }
        let end = Instant(microseconds: last.microseconds + 1)
        switch policy.mode {
        case .none: leaveOut(rule, from: first, before: end)
        case .last:
            let isLater = rule.next(after: last).map { rule.start(of: $0) <= now } ?? false
            if isLater { return leaveOut(rule, from: first, before: end) }
            if last > first { leaveOut(rule, from: first, before: last) }
            take(rule, last)
        case .window:
            let edge = Instant(microseconds: now.microseconds - Int64(policy.spanMs ?? 0) * 1000)
            if first < edge { leaveOut(rule, from: first, before: min(edge, end)) }
            takeMissed(rule, before: horizon, now: now, limit: min(Self.batch, allowed))
        case .all: takeMissed(rule, before: horizon, now: now, limit: min(Self.batch, allowed))
        case .rate:
            takeMissed(rule, before: horizon, now: now, limit: 1)
            if let following = rule.next(after: cursor), rule.start(of: following) < horizon {
                next = following
                due = Instant(microseconds: now.microseconds + Int64(policy.spanMs ?? 0) * 1000)
            }
        }
    }

    private mutating func take(_ rule: ScheduleRule, _ nominal: Instant) {
        begin.append(Begin(nominal: nominal, start: rule.start(of: nominal), isCatchUp: true))
        cursor = nominal
    }

    private mutating func takeMissed(_ rule: ScheduleRule, before horizon: Instant, now: Instant, limit: Int) {
        while let nominal = rule.next(after: cursor), rule.start(of: nominal) < horizon {
            guard begin.count < limit else {
                next = nominal
                if limit >= Self.batch { due = now }
                return
            }
            take(rule, nominal)
        }
    }

    /// Passes over the times from `first` on that are before the instant.
    private mutating func leaveOut(_ rule: ScheduleRule, from first: Instant, before end: Instant) {
        var count = 0
        var last = first
        var run: Instant? = first
        while let nominal = run, nominal < end, count < Self.countLimit {
            count += 1
            last = nominal
            run = rule.next(after: nominal)
        }
        if count == Self.countLimit { last = rule.previous(before: end, notBefore: first) ?? last }
        guard count > 0 else { return }
        missed = Missed(first: first, last: last, count: count)
        cursor = max(cursor, last)
    }

    private static func microseconds(_ duration: Duration) -> Int64 { duration.nanoseconds / 1000 }
}
