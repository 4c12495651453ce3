import Linux
import TestSupport
import Testing

@testable import Calendars

struct RecurrenceTests {
    private let berlin: Zone

    init() throws { berlin = try ZoneDatabase.zone(rule: "CET-1CEST,M3.5.0,M10.5.0/3") }

    private func calendar(_ text: String, gap: GapRule? = nil, overlap: OverlapRule? = nil) throws -> Recurrence {
        .wall(try OnCalendar(text).recurrence(in: berlin, gap: gap, overlap: overlap))
    }

    private func cron(_ text: String, gap: GapRule? = nil, overlap: OverlapRule? = nil) throws -> Recurrence {
        .wall(try CronExpression(text).recurrence(in: berlin, gap: gap, overlap: overlap))
    }

    // MARK: - Gap and overlap, on 2026-03-29 (02:00 to 03:00) and 2026-10-25 (03:00 to 02:00)

    @Test(arguments: [
        (GapRule?.none, "2026-03-30T00:30:00Z"), (.skip, "2026-03-30T00:30:00Z"), (.after, "2026-03-29T01:00:00Z"),
        (.shift, "2026-03-29T01:30:00Z"),
    ])
    func whatFallsIntoTheGapFollowsTheRuleChosen(gap: GapRule?, next: String) throws {
        #expect(try calendar("02:30", gap: gap).next(after: at("2026-03-28T12:00:00Z")) == at(next))
    }

    @Test(arguments: [
        (OverlapRule?.none, ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
        (.first, ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
        (.last, ["2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"]),
        (.both, ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]),
    ])
    func whatComesTwiceFollowsTheRuleChosen(overlap: OverlapRule?, next: [String]) throws {
        #expect(try calendar("02:30", overlap: overlap).texts(after: at("2026-10-24T12:00:00Z"), count: 2) == next)
    }

    /// The only time of the year comes twice; between its two passes the search must not pass over the year.
    @Test(arguments: [OverlapRule.first, .last, .both])
    func aYearlyTimeThatComesTwiceIsFoundFromBetweenItsPasses(overlap: OverlapRule) throws {
        let runs = try calendar("10-25 02:30", overlap: overlap)
        let (early, late) = (at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z"))
        for between in ["2026-10-25T00:50:00Z", "2026-10-25T01:10:00Z"] {
            #expect(runs.previous(before: at(between)) == (overlap == .last ? at("2025-10-25T00:30:00Z") : early))
            #expect(runs.next(after: at(between)) == (overlap == .first ? at("2027-10-25T00:30:00Z") : late))
        }
    }

    @Test func aRunCountsToTheDayThatItsExpressionNames() throws {
        // The clocks go from 23:30 on Sunday, March 29, to 00:30 on Monday.
        let late = try ZoneDatabase.zone(rule: "STD0DST-1,M3.5.0/23:30,M10.5.0/2")
        for (gap, run) in [(GapRule.shift, "2026-03-29T23:45:00Z"), (.after, "2026-03-29T23:30:00Z")] {
            let runs = Recurrence.wall(try OnCalendar("23:45").recurrence(in: late, gap: gap))
            #expect(runs.next(after: at("2026-03-29T00:00:00Z")) == at(run))
            #expect(late.wallTime(at: at(run)).date.description == "2026-03-30")
            #expect(runs.day(of: at(run))?.description == "2026-03-29")
            #expect(runs.day(of: at("2026-03-29T23:31:00Z")) == nil, "nothing runs then")
        }
        // 08:00 in Tokyo, where the first has begun while it is the last of the month in Berlin.
        let tokyo = ZoneDatabase(folder: ZoneDatabase.system.folder)
        let abroad = Recurrence.wall(try OnCalendar("*-*-01 08:00 Asia/Tokyo").recurrence(in: berlin, zones: tokyo))
        let first = try #require(abroad.next(after: at("2026-10-15T00:00:00Z")))
        #expect(first == at("2026-10-31T23:00:00Z") && abroad.day(of: first)?.description == "2026-11-01")
        let other = Recurrence.any([.once(first), .excluding(abroad, days: ExcludedDays(), zone: berlin)])
        #expect(other.day(of: first)?.description == "2026-11-01")
        #expect(Recurrence.once(first).day(of: first) == nil)
    }

    @Test func cronRunsAFixedTimeAtTheEndOfTheGapAndAWildcardByTheClock() throws {
        let night = at("2026-03-28T23:00:00Z")
        #expect(try cron("30 2 * * *").next(after: night) == at("2026-03-29T01:00:00Z"))
        #expect(try cron("*/30 2 * * *").next(after: night) == at("2026-03-30T00:00:00Z"))
        #expect(
            try cron("0 1-3 * * *").texts(after: night, count: 3) == [
                "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T23:00:00Z",
            ])
        let autumn = at("2026-10-24T22:59:00Z")
        #expect(
            try cron("30 2 * * *").texts(after: autumn, count: 2) == ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"])
        #expect(
            try cron("30 * * * *").texts(after: autumn, count: 3) == [
                "2026-10-24T23:30:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z",
            ])
    }

    /// The daemon starts afresh where the clock jumps by three hours or more.
    @Test func cronTakesNoJumpOfThreeHoursForAClockChange() throws {
        func zone(_ hours: Int) -> Zone {
            let later = Zone.Kind(offset: hours * 3600, isDaylight: false, abbreviation: "LAT")
            return Zone(
                name: "jump", initial: Zone.Kind(offset: 0, isDaylight: false, abbreviation: "ERL"),
                changes: [(at("2026-06-01T12:00:00Z").microseconds / 1_000_000, later)])
        }
        let fixed = try CronExpression("30 12 * * *")
        let base = at("2026-06-01T00:00:00Z")
        #expect(fixed.recurrence(in: zone(2)).next(after: base) == at("2026-06-01T12:00:00Z"))
        #expect(fixed.recurrence(in: zone(3)).next(after: base) == at("2026-06-02T09:30:00Z"))
        let early = try CronExpression("30 9 * * *")
        #expect(
            early.recurrence(in: zone(-3)).texts(after: base, count: 2) == [
                "2026-06-01T09:30:00Z", "2026-06-02T12:30:00Z",
            ])
        #expect(
            early.recurrence(in: zone(-4)).texts(after: base, count: 2) == [
                "2026-06-01T09:30:00Z", "2026-06-01T13:30:00Z",
            ])
    }

    @Test func anAbbreviationLimitsRunsToItsTime() throws {
        let summer = try OnCalendar("02:30 CEST", local: berlin)
        #expect(summer.description == "*-*-* 02:30:00 CEST")
        let runs = try summer.recurrence(in: berlin)
        #expect(
            runs.texts(after: at("2026-10-24T12:00:00Z"), count: 2) == ["2026-10-25T00:30:00Z", "2027-03-29T00:30:00Z"])
        let winter = try OnCalendar("02:30 cet", local: berlin).recurrence(in: berlin)
        #expect(
            winter.texts(after: at("2026-10-24T12:00:00Z"), count: 2) == [
                "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z",
            ])
        #expect(winter.previous(before: at("2026-07-01T00:00:00Z")) == at("2026-03-28T01:30:00Z"))
    }

    @Test func listedYearsAreFoundFromTheFirstToTheLast() throws {
        let runs = try OnCalendar("2026,2028..2031/3-06-01").recurrence(in: .utc)
        let all = ["2026-06-01T00:00:00Z", "2028-06-01T00:00:00Z", "2031-06-01T00:00:00Z"]
        #expect(runs.texts(after: at("1999-01-01T00:00:00Z"), count: 9) == all)
        #expect(runs.goesBack(over: all.map(at)))
        #expect(runs.previous(before: at("2150-01-01T00:00:00Z")) == at(all[2]))
        #expect(runs.previous(before: at(all[0])) == nil)
    }

    // MARK: - Intervals, single instants, combinations

    @Test func anIntervalCountsFromItsAnchorWhateverTheClocksShow() throws {
        let every = Recurrence.interval(try #require(Interval(try SystemdSpan("6h"), from: at("2026-03-28T22:00:00Z"))))
        #expect(
            every.texts(after: at("2026-03-28T22:00:00Z"), count: 2) == [
                "2026-03-29T04:00:00Z", "2026-03-29T10:00:00Z",
            ])
        #expect(every.next(after: at("2026-03-28T21:59:59Z")) == at("2026-03-28T22:00:00Z"))
        #expect(every.previous(before: at("2026-03-28T22:00:00Z")) == at("2026-03-28T16:00:00Z"))
        #expect(every.next(atOrAfter: at("2026-03-29T04:00:00Z")) == at("2026-03-29T04:00:00Z"))
        #expect(every.next(after: Instant(microseconds: .max)) == nil)
        #expect(Interval(SystemdSpan(microseconds: 0)) == nil)
        #expect(Interval(.infinity) == nil)
    }

    @Test func aSingleInstantRunsOnce() {
        let once = Recurrence.once(at("2026-06-15T10:00:00Z"))
        #expect(once.next(after: at("2026-06-15T09:59:59Z")) == at("2026-06-15T10:00:00Z"))
        #expect(once.next(after: at("2026-06-15T10:00:00Z")) == nil)
        #expect(once.previous(before: at("2027-01-01T00:00:00Z")) == at("2026-06-15T10:00:00Z"))
    }

    @Test func severalTogetherRunWheneverOneDoes() throws {
        let both = Recurrence.any([
            try calendar("Mon 09:00"), try cron("0 9 1 * *"), .once(at("2026-06-03T00:00:00Z")),
        ])
        // June 1 is a Monday: one run.
        #expect(
            both.texts(after: at("2026-05-31T12:00:00Z"), count: 3) == [
                "2026-06-01T07:00:00Z", "2026-06-03T00:00:00Z", "2026-06-08T07:00:00Z",
            ])
        #expect(both.previous(before: at("2026-06-08T07:00:00Z")) == at("2026-06-03T00:00:00Z"))
        #expect(Recurrence.any([]).next(after: .epoch) == nil)
    }

    @Test func holidaysAreLeftOut() throws {
        let holidays = ExcludedDays(
            dates: [try #require(CivilDate(year: 2026, month: 12, day: 24))],
            patterns: [try DayPattern("*-12-25..26"), try DayPattern("Sat,Sun")])
        let runs = Recurrence.excluding(try calendar("09:00"), days: holidays, zone: berlin)
        #expect(
            runs.texts(after: at("2026-12-22T12:00:00Z"), count: 3) == [
                "2026-12-23T08:00:00Z", "2026-12-28T08:00:00Z", "2026-12-29T08:00:00Z",
            ])
        #expect(runs.previous(before: at("2026-12-28T08:00:00Z")) == at("2026-12-23T08:00:00Z"))
        let every = Recurrence.excluding(
            .interval(try #require(Interval(try SystemdSpan("8h"), from: at("2026-12-23T07:00:00Z")))), days: holidays,
            zone: berlin)
        #expect(
            every.texts(after: at("2026-12-23T08:00:00Z"), count: 3) == [
                "2026-12-23T15:00:00Z", "2026-12-27T23:00:00Z", "2026-12-28T07:00:00Z",
            ])
        #expect(every.previous(before: at("2026-12-27T23:00:00Z")) == at("2026-12-23T15:00:00Z"))
    }

    @Test func whereAllDaysAreLeftOutThereIsNever() throws {
        let all = ExcludedDays(patterns: [try DayPattern("*-*-*")])
        for inner in [
            try calendar("09:00"), .interval(try #require(Interval(try SystemdSpan("1us")))),
            .once(at("2026-06-15T10:00:00Z")),
        ] {
            let runs = Recurrence.excluding(inner, days: all, zone: berlin)
            #expect(runs.next(after: at("2026-01-01T00:00:00Z")) == nil)
            #expect(runs.previous(before: at("2026-01-01T00:00:00Z")) == nil)
        }
    }

    /// An interval that always falls on a day left out goes from one such day to the next, to the end of the calendar.
    @Test func anIntervalThatAlwaysFallsOnADayLeftOutIsNever() throws {
        let sundays = ExcludedDays(patterns: [try DayPattern("Sun")])
        let weekly = Recurrence.interval(
            try #require(Interval(try SystemdSpan("1w"), from: at("2026-11-22T12:00:00Z"))))
        #expect(Recurrence.excluding(weekly, days: sundays, zone: .utc).next(after: at("2026-01-01T00:00:00Z")) == nil)
    }

    @Test func daysTakeNoTimeAndNoZone() {
        #expect(throws: ExpressionError.self) { try DayPattern("Sat 10:00") }
        #expect(throws: ExpressionError.self) { try DayPattern("Sat UTC") }
    }

    // MARK: - Wide cron

    @Test(arguments: [
        ("0 9 15W * *", ["2025-05-15", "2025-06-16", "2025-07-15", "2025-08-15", "2025-09-15", "2025-10-15"]),
        ("0 9 W15 * *", ["2025-05-15", "2025-06-16", "2025-07-15", "2025-08-15", "2025-09-15", "2025-10-15"]),
        ("0 9 1W * *", ["2025-05-01", "2025-06-02", "2025-07-01", "2025-08-01", "2025-09-01", "2025-10-01"]),
        ("0 9 LW * *", ["2025-05-30", "2025-06-30", "2025-07-31", "2025-08-29", "2025-09-30", "2025-10-31"]),
        ("0 9 * * 5L", ["2025-05-30", "2025-06-27", "2025-07-25", "2025-08-29", "2025-09-26", "2025-10-31"]),
        ("0 9 ? * L5", ["2025-05-30", "2025-06-27", "2025-07-25", "2025-08-29", "2025-09-26", "2025-10-31"]),
    ])
    func wideCronKnowsWorkingDaysAndLastWeekdays(text: String, days: [String]) throws {
        let runs = try CronExpression(text, dialect: .wide).recurrence(in: .utc)
        #expect(runs.texts(after: at("2025-04-30T23:00:00Z"), count: 6) == days.map { $0 + "T09:00:00Z" })
        #expect(throws: ExpressionError.self) { try CronExpression(text) }
    }

    @Test func macrosAreWrittenOut() throws {
        #expect(try CronExpression("@daily").description == "0 0 * * *")
        #expect(try CronExpression("@hourly").isWildcard)
        #expect(try CronExpression(" 0\t9  * * MON ").description == "0 9 * * MON")
        #expect(try CronExpression("0 9 * * mon") == CronExpression("0 9 * * 1"))
    }

    @Test func aStepFromAWeekdayEndsOnSaturday() throws {
        #expect(try CronExpression("0 0 * * 1/2") == CronExpression("0 0 * * 1,3,5"))
        #expect(try CronExpression("0 0 * * 0/2") == CronExpression("0 0 * * 0,2,4,6"))
    }
}
