import JSONCodec
import TestSupport
import Testing

@testable import Calendars

/// What Debian's daemon itself, croniter and cronsim answered; a case counts where at least two of them agree.
@Suite(.enabled(if: sharedData("scheduling/cron_next.jsonl") != nil, "shared data not there"))
struct CronConformanceTests {
    /// Nothing where it is refused, no runs where it never runs.
    private func runs(_ value: JSONValue, hasSeconds: Bool = false) throws -> [String]? {
        guard let expression = try? CronExpression(value.text("expr"), hasSeconds: hasSeconds) else { return nil }
        let runs = expression.recurrence(in: try ZoneDatabase.system.zone(named: value.text("zone")))
        let found = runs.texts(after: try value.instant("base_utc"), count: 6)
        #expect(runs.goesBack(over: found.map(at)), "\(value.text("id")): \(value.text("expr"))")
        return found
    }

    private func compare(_ value: JSONValue, hasSeconds: Bool = false) throws {
        let found = try runs(value, hasSeconds: hasSeconds)
        let place = "\(value.text("id")): \(value.text("expr")) in \(value.text("zone"))"
        switch value.text("result") {
        case "runs": #expect(found == value.texts("next_utc"), "\(place)")
        case "invalid": #expect(found == nil, "\(place)")
        default: #expect(found == nil || found == [], "\(place)")
        }
    }

    @Test(arguments: ["portable", "debian_semantics", "extension"])
    func answersAsTheDaemonAndTheLibrariesDo(kind: String) throws {
        let chosen = try cases("cron_next.jsonl").filter { $0.text("class") == kind }
        #expect(chosen.count > 20)
        for value in chosen { try compare(value) }
    }

    /// The daemon takes `1-5-9`, `*-5`, `1.5` and `**` for something; both libraries refuse them, and so do we: what
    /// nobody meant should not run.
    @Test func refusesWhatTheDaemonTakesWithoutSense() throws {
        let chosen = try cases("cron_next.jsonl").filter { $0.text("class") == "lenient_in_debian" }
        #expect(chosen.count == 4)
        for value in chosen { try compare(value) }
    }

    /// Four cases in which no two agree have no expected answer; they are only tried.
    @Test func answersDisputedCasesWithoutFail() throws {
        for value in try cases("cron_next.jsonl") where value.text("class") == "disputed" { _ = try runs(value) }
    }

    @Test func answersWithSecondsFirstAsTheLibrariesDo() throws {
        let chosen = try cases("cron_seconds_first.jsonl")
        #expect(chosen.count > 50)
        for value in chosen { try compare(value, hasSeconds: true) }
    }

    /// The tables of robfig/cron hold runs in a gap to be skipped and those in an overlap to be run twice, and let `?`
    /// stand for `*`; asked for by name, we do the same. In three cases it takes `*/10 … Sun` as "either", where Debian's
    /// daemon takes a field that begins with `*` as "both": those are left out.
    @Test func answersPublishedTablesWhereTheRulesAreChosenAlike() throws {
        let otherwise = ["* * */10 * Sun", "* * */2 * Sun", "0 0 0 */5 Apr,Aug,Oct Mon"]
        for value in try cases("cron_published_tables.jsonl") where !otherwise.contains(value.text("spec")) {
            let spec = value.text("spec")
            let hasSeconds = value.text("fields").hasPrefix("6")
            let place = "\(value.text("id")): \(spec)"
            guard value.text("kind") != "invalid" else {
                #expect(throws: ExpressionError.self, "\(place)") {
                    try CronExpression(spec, hasSeconds: hasSeconds, dialect: .wide)
                }
                continue
            }
            let expression = try CronExpression(spec, hasSeconds: hasSeconds, dialect: .wide)
            let zone =
                value.text("zone").hasPrefix("+05:30")
                ? Zone(name: "+05:30", offset: 19_800) : try ZoneDatabase.system.zone(named: value.text("zone"))
            let runs = expression.recurrence(in: zone, gap: .skip, overlap: .both)
            if value.text("kind") == "activation" {
                let time = try value.instant("time")
                let next = runs.next(after: Instant(microseconds: time.microseconds - 1))
                #expect((next == time) == (value["is_activation"] == true), "\(place)")
            } else {
                let next = runs.next(after: try value.instant("after"))
                #expect(next?.description == value["next_utc"]?.stringValue, "\(place)")
            }
        }
    }
}
