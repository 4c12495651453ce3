public import Calendars
import Oracle

/// The first runs after the instant, at most `count`: each lies after the one before it, is found backwards too, and has none
/// between itself and the last. Where no clock was set in the days before, it falls on a time of the expression.
///
/// - Parameter isTime: whether a time on the wall belongs to the expression, by another reader than the one under test.
public func judgedRuns(
    of runs: WallRecurrence, after start: Instant, count: Int, isTime: (WallTime) -> Bool = { _ in true }
) -> [Instant] {
    var found: [Instant] = []
    var last = start
    while found.count < count, let next = runs.next(after: last) {
        claim(next > last, "\(next) after \(last)")
        claim(runs.previous(before: Instant(microseconds: next.microseconds + 1)) == next, "not found backwards")
        claim(runs.previous(before: next).map { $0 <= last } ?? true, "one between \(last) and \(next)")
        // In a gap a run stands elsewhere than the expression says.
        let isNearChange =
            runs.zone.kind(at: Instant(microseconds: next.microseconds - 4 * 86_400_000_000))
            != runs.zone.kind(at: next)
        claim(isNearChange || isTime(runs.zone.wallTime(at: next)), "\(next) is no time of the expression")
        found.append(next)
        last = next
    }
    return found
}
