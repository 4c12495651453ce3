import Calendars
import MillraceProtocol

/// Hours of the day in which nothing begins; they may go over midnight.
struct QuietHours: Hashable, Sendable {
    let from: Int64
    let to: Int64
    let mode: ScheduleQuiet.Mode

    init(_ quiet: ScheduleQuiet) throws(ScheduleFault) {
        from = try Self.timeOfDay(quiet.from, "quiet.from")
        to = try Self.timeOfDay(quiet.to, "quiet.to")
        mode = quiet.mode ?? .skip
        guard from != to else { throw ScheduleFault("quiet.to", "the quiet hours end when they begin") }
    }

    private static func timeOfDay(_ text: String, _ field: String) throws(ScheduleFault) -> Int64 {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let hour = Int64(parts[0]), let minute = Int64(parts[1]), hour < 24, minute < 60
        else { throw ScheduleFault(field, "“\(text.prefix(40))” is no time such as 22:00") }
        return (hour * 60 + minute) * 60_000_000
    }

    func contains(_ instant: Instant, in zone: Zone) -> Bool {
        let time = Self.time(zone.wallTime(at: instant))
        return from < to ? from <= time && time < to : from <= time || time < to
    }

    /// The first instant after this one at which they end. Where the clocks leave that time out, when they are set.
    func end(after instant: Instant, in zone: Zone) -> Instant {
        let wall = zone.wallTime(at: instant)
        let time = Self.time(wall)
        let midnight = wall.microseconds - time
        let end = WallTime(microseconds: midnight + to + (time >= to ? 86_400_000_000 : 0))
        if let found = zone.instants(showing: end).first(where: { $0 > instant }) { return found }
        let gap = zone.changes(after: instant, count: 1).first?.instant
        return gap ?? Instant(microseconds: instant.microseconds + 3_600_000_000)
    }

    private static func time(_ wall: WallTime) -> Int64 {
        Int64(wall.hour * 3600 + wall.minute * 60 + wall.second) * 1_000_000 + Int64(wall.microsecond)
    }
}
