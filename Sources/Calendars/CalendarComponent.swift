/// One part of a list in a calendar expression: a number, a range or a repetition, "5", "1..4" or "0/15".
struct CalendarComponent: Hashable, Comparable, Sendable {
    var start: Int
    /// Nil where the repetition goes on to the end of the field.
    var stop: Int?
    /// 0 where nothing repeats.
    var step: Int

    static func < (left: CalendarComponent, right: CalendarComponent) -> Bool {
        (left.start, left.stop ?? -1, left.step) < (right.start, right.stop ?? -1, right.step)
    }

    func contains(_ value: Int) -> Bool {
        if value <= start || step == 0 { return value == start }
        return (value - start) % step == 0 && value <= stop ?? .max
    }

    /// The first value at or after the given one, at most `limit`.
    func next(from value: Int, limit: Int) -> Int? {
        let found: Int
        if value <= start {
            found = start
        } else {
            guard step > 0 else { return nil }
            found = start + (value - start + step - 1) / step * step
        }
        return found <= min(limit, stop ?? limit) ? found : nil
    }

    /// The last value at or before the given one, at most `limit`.
    func previous(from value: Int, limit: Int) -> Int? {
        let top = min(value, stop ?? limit, limit)
        guard top >= start else { return nil }
        return step == 0 ? start : start + (top - start) / step * step
    }
}
