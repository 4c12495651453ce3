import Linux

/// Many instants, each with what happens then; adding and removing are cheap when the instants come in order.
///
/// Removing one does not wake the sleeper, so work that ends in time costs no more than two short locks.
final class Timers<Entry: Sendable>: Sendable {
    struct Timed: Sendable {
        let at: Duration
        let entry: Entry
    }

    typealias Position = Line<Timed>.Position

    private let line: Locked<Line<Timed>>
    private let alarm: Alarm

    /// - Parameter fire: called outside of all locks; it must not hold on to the timers' owner.
    init(time: any TimeSource, fire: @escaping @Sendable (Entry) -> Void) {
        let line = Locked(Line<Timed>())
        self.line = line
        alarm = Alarm(time: time) { now in
            while let due = Self.due(line, now) { fire(due) }
            return line.withLock { $0.first?.at }
        }
    }

    func add(_ entry: Entry, at instant: Duration) -> Position {
        let (position, isFirst) = line.withLock { line in
            let position = line.insert(Timed(at: instant, entry: entry)) { $0.at <= instant }
            return (position, line.first?.at == instant)
        }
        // Had it others before it, the alarm would ring for these.
        if isFirst { alarm.ring(by: instant) }
        return position
    }

    func remove(_ position: Position) {
        _ = line.withLock { $0.remove(position) }
    }

    /// How many are set.
    var count: Int { line.withLock { $0.count } }

    private static func due(_ line: Locked<Line<Timed>>, _ now: Duration) -> Entry? {
        line.withLock { line in
            guard let first = line.first, first.at <= now else { return nil }
            return line.popFirst()?.entry
        }
    }
}
