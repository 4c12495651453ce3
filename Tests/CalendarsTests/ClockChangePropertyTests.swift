import Linux
import TestSupport
import Testing

@testable import Calendars

/// Every clock change from 1990 to 2037 of every zone of this system.
@Suite(.enabled(if: Files.exists(ZoneDatabase.system.folder + "/Europe/Berlin"), "tzdata is not there"))
struct ClockChangePropertyTests {
    static let start = at("1990-01-01T00:00:00Z")
    static let end = at("2037-12-31T23:59:59Z")
    /// `MILLRACE_EVERY_RULE=1` tries each gap rule with each overlap rule at every change, also where only one is asked.
    static let triesAll = environment("MILLRACE_EVERY_RULE") == "1"

    /// One zone of each content; many names are links.
    static func zones() throws -> [Zone] {
        let database = ZoneDatabase.system
        var seen: Set<[UInt8]> = []
        var zones: [Zone] = []
        for name in database.names() where seen.insert(try Files.read("\(database.folder)/\(name)")).inserted {
            zones.append(try database.zone(named: name))
        }
        return zones
    }

    @Test func allNamesAreRead() throws {
        let names = ZoneDatabase.system.names()
        #expect(names.count > 500)
        #expect(names.contains("America/Argentina/Buenos_Aires"))
        for name in names { #expect(throws: Never.self, "\(name)") { try ZoneDatabase.system.zone(named: name) } }
    }

    /// Around each change the runs of a job every 20 minutes are, for each rule, exactly those that the rule names: each
    /// wall time once where it comes once, and in a gap or an overlap what was chosen. Forwards and backwards.
    @Test(.timeLimit(.minutes(10)))
    func noNominalTimeIsLostOrDoubledAgainstTheChosenRule() throws {
        let pattern = try CronExpression("*/20 * * * *").pattern
        let zones = try Self.zones()
        var (changes, checks, times) = (0, 0, 0)
        for zone in zones {
            for change in zone.changes(after: Self.start, through: Self.end) {
                changes += 1
                let length = Int64(change.length) * 1_000_000
                let around = length + 2 * 3_600_000_000
                let from = Instant(microseconds: change.instant.microseconds - around)
                let to = Instant(microseconds: change.instant.microseconds + around)
                // Alone, a change asks one of the two rules only.
                let isAlone = !Self.triesAll && zone.changes(after: from, through: to).count == 1
                for gap in isAlone && change.kind == .overlap ? [.skip] : GapRule.allCases {
                    for overlap in isAlone && change.kind == .gap ? [.both] : OverlapRule.allCases {
                        let runs = WallRecurrence(
                            pattern: pattern, zone: zone, rules: ChangeRules(gap: gap, overlap: overlap))
                        let expected = Self.expected(runs, from: from, to: to, gap: gap, overlap: overlap)
                        let place = "\(zone) \(change.instant) \(gap) \(overlap)"
                        #expect(Self.forwards(runs, from, to) == expected, "\(place)")
                        #expect(Self.backwards(runs, from, to) == expected, "\(place), backwards")
                        checks += 1
                        times += expected.count
                    }
                }
            }
        }
        #expect(changes > 10_000 && checks >= (Self.triesAll ? 9 : 3) * changes && times > 9 * checks)
        let names = ZoneDatabase.system.names().count
        print(
            "clock changes: \(zones.count) zones (\(names) names), \(changes) changes, \(checks) checks of a gap and an "
                + "overlap rule, \(times) nominal times, each forwards and backwards")
    }

    /// A time once a year, in the midst of what a change leaves out or doubles, so that the search passes over years: from
    /// before, from both sides of the change and from after, both ways.
    @Test(.timeLimit(.minutes(10)))
    func aYearlyTimeInTheMidstOfAChangeIsNeitherLostNorDoubled() throws {
        for zone in try Self.zones() {
            for change in zone.changes(after: Self.start, through: Self.end) {
                let middle = WallTime(microseconds: (change.from.microseconds + change.to.microseconds) / 2)
                let day: UInt32 = 1 << UInt32(middle.date.day)
                let pattern = WallPattern(
                    days: DayPattern(months: 1 << UInt16(middle.date.month)) { _, _ in day },
                    times: TimePattern(
                        hours: 1 << UInt32(middle.hour), minutes: 1 << UInt64(middle.minute),
                        seconds: .whole(1 << UInt64(middle.second))))
                let around = Int64(change.length) * 1_000_000 + 7_200_000_000
                let from = Instant(microseconds: change.instant.microseconds - around)
                let to = Instant(microseconds: change.instant.microseconds + around)
                for gap in change.kind == .gap ? GapRule.allCases : [.skip] {
                    for overlap in change.kind == .overlap ? OverlapRule.allCases : [.both] {
                        let runs = WallRecurrence(
                            pattern: pattern, zone: zone, rules: ChangeRules(gap: gap, overlap: overlap))
                        let expected = Self.expected(runs, from: from, to: to, gap: gap, overlap: overlap)
                        for place in [
                            from.microseconds, change.instant.microseconds - 1, change.instant.microseconds,
                            to.microseconds,
                        ] {
                            let place = Instant(microseconds: place)
                            let next = runs.next(after: place).flatMap { $0 <= to ? $0 : nil }
                            let previous = runs.previous(before: place).flatMap { $0 >= from ? $0 : nil }
                            #expect(next == expected.first { $0 > place }, "\(zone) after \(place) \(gap) \(overlap)")
                            #expect(
                                previous == expected.last { $0 < place }, "\(zone) before \(place) \(gap) \(overlap)")
                        }
                    }
                }
            }
        }
    }

    /// By trying all wall times of the pattern, without any reckoning with segments.
    static func expected(
        _ runs: WallRecurrence, from: Instant, to: Instant, gap: GapRule, overlap: OverlapRule
    ) -> [Instant] {
        let day: Int64 = 2 * WallTime.microsecondsPerDay
        let near = runs.zone.changes(
            after: Instant(microseconds: from.microseconds - day), through: Instant(microseconds: to.microseconds + day)
        )
        let offsets = Set(
            [runs.zone.kind(at: from).offset, runs.zone.kind(at: to).offset]
                + near.flatMap { [$0.before.offset, $0.after.offset] })
        let low = WallTime(microseconds: from.microseconds + Int64(offsets.min()!) * 1_000_000 - 7_200_000_000)
        let high = WallTime(microseconds: to.microseconds + Int64(offsets.max()!) * 1_000_000 + 7_200_000_000)
        var found: Set<Instant> = []
        for wall in runs.pattern.times(from: low, to: high, limit: .max, excluding: nil) {
            let shown = offsets.map { Instant(microseconds: wall.microseconds - Int64($0) * 1_000_000) }
                .filter { runs.zone.wallTime(at: $0) == wall }.sorted()
            switch (shown.count, overlap) {
            case (0, _):
                guard let change = near.first(where: { $0.kind == .gap && $0.from <= wall && wall < $0.to }) else {
                    continue
                }
                switch gap {
                case .skip: break
                case .after: found.insert(change.instant)
                case .shift:
                    found.insert(Instant(microseconds: wall.microseconds - Int64(change.before.offset) * 1_000_000))
                }
            case (1, _), (_, .both): found.formUnion(shown)
            case (_, .first): found.insert(shown[0])
            case (_, .last): found.insert(shown[shown.count - 1])
            }
        }
        return found.filter { from <= $0 && $0 <= to }.sorted()
    }

    static func forwards(_ runs: WallRecurrence, _ from: Instant, _ to: Instant) -> [Instant] {
        Recurrence.wall(runs).runs(after: Instant(microseconds: from.microseconds - 1), through: to, limit: .max)
    }

    static func backwards(_ runs: WallRecurrence, _ from: Instant, _ to: Instant) -> [Instant] {
        var found: [Instant] = []
        var last = Instant(microseconds: to.microseconds + 1)
        while let run = runs.previous(before: last), run >= from {
            found.append(run)
            last = run
        }
        return found.reversed()
    }

    /// Zones whose clocks are set several times within hours, as no government does but a rule may say.
    @Test func zonesWithChangesCloseTogetherKeepTheRulesToo() throws {
        let pattern = try CronExpression("*/20 * * * *").pattern
        var random = SeededGenerator(seed: 9)
        for _ in 0..<300 {
            var time = Int64(1_000_000_000)
            var changes: [(time: Int64, kind: Zone.Kind)] = []
            for index in 0..<Int.random(in: 2...5, using: &random) {
                time += Int64.random(in: 1...20, using: &random) * 1800
                let offset = Int.random(in: -8...8, using: &random) * 1800
                changes.append((time, Zone.Kind(offset: offset, isDaylight: false, abbreviation: "T\(index)")))
            }
            let zone = Zone(
                name: "odd", initial: Zone.Kind(offset: 0, isDaylight: false, abbreviation: "T"), changes: changes)
            let from = Instant(seconds: 1_000_000_000 - 86_400)
            let to = Instant(seconds: time + 86_400)
            for gap in GapRule.allCases {
                for overlap in OverlapRule.allCases {
                    let runs = WallRecurrence(
                        pattern: pattern, zone: zone, rules: ChangeRules(gap: gap, overlap: overlap))
                    let expected = Self.expected(runs, from: from, to: to, gap: gap, overlap: overlap)
                    let place = "\(changes.map { ($0.time, $0.kind.offset) }) \(gap) \(overlap)"
                    #expect(Self.forwards(runs, from, to) == expected, "\(place)")
                    #expect(Self.backwards(runs, from, to) == expected, "\(place), backwards")
                }
            }
        }
    }
}
