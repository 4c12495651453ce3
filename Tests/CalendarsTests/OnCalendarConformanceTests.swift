import JSONCodec
import TestSupport
import Testing

@testable import Calendars

/// systemd 252's answers to its own test table, its manual, timers in the wild and clock changes in many zones.
@Suite(.enabled(if: sharedData("scheduling/oncalendar.jsonl") != nil, "shared data not there"))
struct OnCalendarConformanceTests {
    /// The expression in the zone of the process that was asked.
    private func recurrence(_ spec: String, environment: String) throws -> (OnCalendar, WallRecurrence) {
        let local = try ZoneDatabase.system.zone(forTZ: environment)
        let expression = try OnCalendar(spec, local: local)
        return (expression, try expression.recurrence(in: local))
    }

    @Test func refusesWhatSystemdRefuses() throws {
        let invalid = try cases("oncalendar.jsonl").filter { $0["valid"] == false }
        #expect(invalid.count > 50)
        for value in invalid {
            #expect(throws: (any Error).self, "\(value.text("id")): \(value.text("spec"))") {
                try recurrence(value.text("spec"), environment: value.text("environment_zone"))
            }
        }
    }

    @Test func normalisesAsSystemdDoes() throws {
        for value in try cases("oncalendar.jsonl") where value["valid"] == true {
            let (expression, _) = try recurrence(value.text("spec"), environment: value.text("environment_zone"))
            if let normalized = value["normalized"]?.stringValue {
                #expect(expression.description == normalized, "\(value.text("id")): \(value.text("spec"))")
                #expect(try OnCalendar(normalized) == expression, "\(normalized) means the same")
            }
        }
    }

    /// All cases but one: systemd 252 answers EDEADLK for every second hour in São Paulo when the gap lies at midnight,
    /// for its search goes back to the day before and around in a circle.
    @Test func runsWhenSystemdDoes() throws {
        var compared = 0
        for value in try cases("oncalendar.jsonl") where value["valid"] == true && value["next_utc"] != nil {
            let (_, runs) = try recurrence(value.text("spec"), environment: value.text("environment_zone"))
            let base = try value.instant("base_utc")
            let found = runs.texts(after: base, count: 6)
            #expect(found == value.texts("next_utc"), "\(value.text("id")): \(value.text("spec"))")
            #expect(runs.goesBack(over: found.map(at)), "\(value.text("id")): \(value.text("spec"))")
            compared += 1
        }
        #expect(compared > 250)
    }

    @Test func runsOnWhereSystemdFailsAtAGapAtMidnight() throws {
        let faults = try cases("oncalendar.jsonl").filter { $0["systemd_bug"] != nil }
        for value in faults {
            let (_, runs) = try recurrence(value.text("spec"), environment: value.text("environment_zone"))
            // 22:00 -03, then 02:00 -02: midnight is left out.
            #expect(
                runs.texts(after: try value.instant("base_utc"), count: 3) == [
                    "2018-11-03T21:00:00Z", "2018-11-03T23:00:00Z", "2018-11-04T01:00:00Z",
                ])
        }
    }

    @Test func runsWhenThePublishedTableSays() throws {
        for value in try cases("oncalendar_published_next.jsonl") {
            // The zone IST is made by systemd's test and is no name of tzdata; the expression names its own.
            let environment = value.text("environment_zone") == "IST" ? "" : value.text("environment_zone")
            let (_, runs) = try recurrence(value.text("spec"), environment: environment)
            let next = runs.next(after: Instant(microseconds: Int64(value["after_usec"]?.intValue ?? 0)))
            let expected = value["expect_usec"]?.intValue.map { Instant(microseconds: Int64($0)) }
            #expect(next == expected, "\(value.text("id")): \(value.text("spec"))")
        }
    }
}
