import JSONCodec
import TestSupport
import Testing

@testable import Calendars

@Suite(.enabled(if: sharedData("scheduling/tz_transitions.jsonl") != nil, "shared data not there"))
struct ZoneConformanceTests {
    @Test func clockChangesAreThoseOfTzdata() throws {
        let all = try cases("tz_transitions.jsonl")
        for name in Set(all.map { $0.text("zone") }) {
            let zone = try ZoneDatabase.system.zone(named: name)
            let rows = all.filter { $0.text("zone") == name }
            let steady = rows.filter { $0.text("kind") == "none" }
            for value in steady {
                #expect(zone.kind(at: at("1990-01-01T00:00:00Z")).offset == value["offset_before"]?.intValue)
            }
            let expected = rows.filter { $0.text("kind") != "none" }
            // The rows of one zone go on to 2037.
            let last = try expected.map { try $0.instant("at_utc") }.max() ?? .epoch
            let end = max(last, at("2029-12-31T23:59:59Z"))
            let changes = zone.changes(after: at("1989-12-31T23:59:59Z"), through: end)
            #expect(changes.count == expected.count, "\(name)")
            for (change, value) in zip(changes, expected) {
                #expect(change.instant == (try value.instant("at_utc")))
                #expect(change.before.offset == value["offset_before"]?.intValue)
                #expect(change.after.offset == value["offset_after"]?.intValue)
                #expect(change.before.abbreviation == value.text("abbrev_before"))
                #expect(change.after.abbreviation == value.text("abbrev_after"))
                #expect(change.kind.rawValue == value.text("kind"))
                #expect(
                    "\(change.from.date)T\(change.from.clock)" == value.text("local_from"), "\(name) \(change.instant)")
                #expect("\(change.to.date)T\(change.to.clock)" == value.text("local_to"), "\(name) \(change.instant)")
            }
        }
    }
}
