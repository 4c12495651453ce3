import Testing

@testable import Calendars

/// The run times of briefs: a wall time each day or week in a person's zone; a run exactly now counts as today's.
struct BriefTimeTests {
    @Test(arguments: [
        ("*-*-* 09:00:00", "UTC", "2024-01-15T10:00:00Z", "2024-01-16T09:00:00Z"),
        ("*-*-* 09:00:00", "UTC", "2024-01-15T08:00:00Z", "2024-01-15T09:00:00Z"),
        ("*-*-* 09:00:00", "UTC", "2024-01-15T09:00:00Z", "2024-01-15T09:00:00Z"),
        ("*-*-* 09:00:00", "America/New_York", "2024-01-15T10:00:00Z", "2024-01-15T14:00:00Z"),
        ("*-*-* 09:00:00", "America/New_York", "2025-03-08T15:00:00Z", "2025-03-09T13:00:00Z"),
        ("*-*-* 09:00:00", "America/New_York", "2025-11-01T15:00:00Z", "2025-11-02T14:00:00Z"),
        ("*-*-* 09:00:00", "Asia/Tokyo", "2024-01-15T10:00:00Z", "2024-01-16T00:00:00Z"),
        ("Mon *-*-* 09:00:00", "UTC", "2024-01-15T10:00:00Z", "2024-01-22T09:00:00Z"),
        ("Mon *-*-* 09:00:00", "UTC", "2024-01-15T08:00:00Z", "2024-01-15T09:00:00Z"),
        ("Fri *-*-* 09:00:00", "UTC", "2024-01-15T10:00:00Z", "2024-01-19T09:00:00Z"),
        ("Sun *-*-* 07:30:00", "Pacific/Auckland", "2024-01-13T20:00:00Z", "2024-01-20T18:30:00Z"),
    ])
    func theNextRunIsTheWallTimeInTheZone(spec: String, zone: String, now: String, next: String) throws {
        let runs = Recurrence.wall(try OnCalendar(spec).recurrence(in: try ZoneDatabase.system.zone(named: zone)))
        #expect(runs.next(atOrAfter: at(now)) == at(next))
    }

    @Test func aTimeOfDayNeedsNoText() throws {
        #expect(WallPattern(hour: 9, minute: 0) == (try OnCalendar("09:00").pattern))
        #expect(
            WallPattern(hour: 7, minute: 30, second: 5, weekdays: [6, 0])
                == (try OnCalendar("Sun,Mon 07:30:05").pattern))
        for (hour, minute, second, day) in [(24, 0, 0, 0), (0, 60, 0, 0), (0, 0, 60, 0), (-1, 0, 0, 0), (0, 0, 0, 7)] {
            #expect(WallPattern(hour: hour, minute: minute, second: second, weekdays: [day]) == nil)
        }
    }
}
