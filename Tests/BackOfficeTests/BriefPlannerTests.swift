import Calendars
import JSONCodec
import Linux
import TestSupport
import Testing

@testable import BackOffice

private func time(_ text: String) -> Timestamp {
    guard let time = Timestamp(text) else { preconditionFailure("no time: \(text)") }
    return time
}

struct BriefPreferenceTests {
    @Test(arguments: [
        ("UTC", "2024-01-15T10:00:00Z", "2024-01-16T09:00:00Z"),
        ("UTC", "2024-01-15T08:00:00Z", "2024-01-15T09:00:00Z"),
        ("UTC", "2024-01-15T09:00:00Z", "2024-01-15T09:00:00Z"),
        ("America/New_York", "2024-01-15T10:00:00Z", "2024-01-15T14:00:00Z"),
        ("America/New_York", "2025-03-08T15:00:00Z", "2025-03-09T13:00:00Z"),
        ("America/New_York", "2025-11-01T15:00:00Z", "2025-11-02T14:00:00Z"),
        ("Asia/Tokyo", "2024-01-15T10:00:00Z", "2024-01-16T00:00:00Z"),
    ])
    func aDailyRunIsTheWallTimeInTheZone(zone: String, now: String, next: String) throws {
        let preference = BriefPreference(person: "p", zone: zone)
        #expect(try preference.nextRun(atOrAfter: Instant(time(now))) == Instant(time(next)))
    }

    @Test(arguments: [
        (1, "09:00", "UTC", "2024-01-15T10:00:00Z", "2024-01-22T09:00:00Z"),
        (1, "09:00:00", "UTC", "2024-01-15T08:00:00Z", "2024-01-15T09:00:00Z"),
        (5, "09:00", "UTC", "2024-01-15T10:00:00Z", "2024-01-19T09:00:00Z"),
        (0, "07:30", "Pacific/Auckland", "2024-01-13T20:00:00Z", "2024-01-20T18:30:00Z"),
    ])
    func aWeeklyRunIsOnItsDay(day: Int, at: String, zone: String, now: String, next: String) throws {
        let preference = BriefPreference(person: "p", frequency: "weekly", timeOfDay: at, zone: zone, dayOfWeek: day)
        #expect(try preference.nextRun(atOrAfter: Instant(time(now))) == Instant(time(next)))
    }

    @Test func whatIsNotSaidHasDefaultsAndCustomIsDaily() throws {
        let now = Instant(time("2024-01-16T10:00:00Z"))
        #expect(try BriefPreference(person: "p").nextRun(atOrAfter: now) == Instant(time("2024-01-17T09:00:00Z")))
        #expect(
            try BriefPreference(person: "p", frequency: "weekly").nextRun(atOrAfter: now)
                == Instant(time("2024-01-22T09:00:00Z")))
        #expect(
            try BriefPreference(person: "p", frequency: "custom").nextRun(atOrAfter: now)
                == Instant(time("2024-01-17T09:00:00Z")))
        #expect(
            try BriefPreference(person: "p", zone: "Nowhere/Land").nextRun(atOrAfter: now)
                == Instant(time("2024-01-17T09:00:00Z")), "an unknown zone is UTC")
    }

    @Test func aZoneThatIsThereAndCannotBeReadIsNotTakenForAnother() throws {
        let folder = TemporaryDirectory()
        folder.makeUnreadable("Mars")
        _ = folder.write("no zone", to: "Pluto")
        let zones = ZoneDatabase(folder: folder.path)
        for zone in ["Mars", "Pluto"] {
            let preference = BriefPreference(person: "p", zone: zone)
            let error = #expect(throws: BriefZoneError.self) {
                try preference.nextRun(atOrAfter: .epoch, zones: zones)
            }
            #expect(error?.zone == zone)
            #expect(throws: BriefZoneError.self) { try preference.zone(in: zones) }
        }
        let unknown = try BriefPreference(person: "p", zone: "Venus").zone(in: zones)
        #expect(unknown.name == "UTC", "there is none of that name")
    }

    @Test func allMistakesAreToldAtOnceAndNothingRuns() throws {
        let wrong = BriefPreference(person: "p", frequency: "hourly", timeOfDay: "25:60:61", dayOfWeek: 7)
        #expect(wrong.problems.count == 5, "\(wrong.problems)")
        #expect(try wrong.nextRun(atOrAfter: .epoch) == nil)
        for text in ["9", "", "9:0:0:0", "a:00", "09:-1"] {
            #expect(!BriefPreference(person: "p", timeOfDay: text).problems.isEmpty, "\(text)")
        }
    }
}

struct EngagementTests {
    @Test(arguments: [
        (0, 999, true, false, Engagement.Reason.active), (2, 0, true, false, .active),
        (3, 999, false, false, .coolingOff), (4, 2, true, true, .fourDayMail), (4, 999, true, true, .fourDayMail),
        (4, 1, false, false, .no), (5, 999, false, false, .firstBackOff), (9, 999, false, false, .firstBackOff),
        (10, 6, true, true, .tenDayMail), (10, 5, false, false, .no), (11, 999, false, false, .secondBackOff),
        (30, 999, false, false, .secondBackOff), (31, 31, true, true, .recurring), (31, 30, false, false, .waiting),
        (400, 31, true, true, .recurring), (400, 0, false, false, .waiting),
    ])
    func everyRowOfTheTableHolds(
        away: Int, brief: Int, sends: Bool, reengagement: Bool, reason: Engagement.Reason
    ) {
        let now = time("2026-06-01T12:00:00Z")
        let last = brief == 999 ? nil : now - .seconds(brief * 86_400 + 3600)
        let found = Engagement(lastVisit: now - .seconds(away * 86_400 + 60), lastBrief: last, now: now)
        #expect(found.sends == sends && found.isReengagement == reengagement && found.reason == reason)
        #expect(found.daysAway == away)
    }

    @Test func aNewUserAndOneWhoComesBackGetTheirBriefs() {
        let now = time("2026-06-01T12:00:00Z")
        let new = Engagement(lastVisit: nil, lastBrief: now, now: now)
        #expect(new.sends && !new.isReengagement && new.daysAway == 0 && new.reason == .newUser)
        let back = Engagement(lastVisit: now - .seconds(60), lastBrief: now - .seconds(86_400), now: now)
        #expect(back.sends && back.reason == .active)
        #expect(Engagement(lastVisit: now + .seconds(86_400), lastBrief: nil, now: now).daysAway == 0)
    }

    /// The newest brief counts whatever became of it, so the mail after the ten-day mail comes 31 days after that.
    @Test func afterTheTenDayMailTheNextIsDueOnDayFortyOne() {
        let visit = time("2026-01-01T12:00:00Z")
        let mail = visit + .seconds(10 * 86_400)
        func day(_ number: Int) -> Engagement {
            Engagement(lastVisit: visit, lastBrief: mail, now: visit + .seconds(number * 86_400))
        }
        #expect((31...40).allSatisfy { !day($0).sends })
        #expect(day(41).sends && day(41).isReengagement)
        #expect(Set([4, 10, 41].compactMap { Engagement(daysAway: $0, daysSinceBrief: 999).subject }).count == 3)
    }
}

/// Planning over real books.
struct BriefPlannerTests {
    private let folder = TemporaryDirectory()

    private func books(_ people: [(String, String)], counting counter: StatementCounter? = nil) async throws
        -> SQLiteBooks
    {
        let books = try SQLiteBooks(path: folder.file("books.sqlite"), creates: true, counting: counter)
        let users = people.map { JSONValue.object([JSONMember("id", .string($0.0))]) }
        let preferences = people.map { person, at in
            JSONValue.object([
                JSONMember("user_id", .string(person)), JSONMember("is_active", true),
                JSONMember("time_of_day", .string(at)),
            ])
        }
        _ = try await books.importBriefRecords(
            .object([JSONMember("users", .array(users)), JSONMember("preferences", .array(preferences))]))
        return books
    }

    @Test func theHourIsHalfOpenSoThatARunExactlyNowIsNotLost() async throws {
        let books = try await books([("a", "09:00"), ("b", "09:59:59"), ("c", "10:00"), ("d", "08:59")])
        let planner = BriefPlanner(books, usesEngagement: false)
        let now = time("2026-06-01T09:00:00Z")
        let plan = try await planner.plan(now: now, watermark: now)
        #expect(plan.due.map(\.person) == ["a", "b"] && plan.plannedTo == time("2026-06-01T10:00:00Z"))
        let next = try await planner.plan(now: plan.plannedTo, watermark: plan.plannedTo)
        #expect(next.due.map(\.person) == ["c"])
    }

    @Test func whatWasMissedWithinTheLastHourIsMadeUpForAndNoMore() async throws {
        let books = try await books([("a", "07:30"), ("b", "08:30"), ("c", "09:30")])
        let planner = BriefPlanner(books, usesEngagement: false)
        let now = time("2026-06-01T09:10:00Z")
        let after = try await planner.plan(now: now, watermark: time("2026-06-01T06:00:00Z"))
        #expect(after.due.map(\.person) == ["b", "c"])
        #expect(try await planner.plan(now: now, watermark: nil).due.map(\.person) == ["c"])
    }

    @Test func whoHasABriefNearOrOfTheDayGetsNoSecond() async throws {
        let books = try await books([("a", "09:30"), ("b", "09:30"), ("c", "09:30")])
        let planner = BriefPlanner(books, usesEngagement: false)
        let now = time("2026-06-01T09:00:00Z")
        let first = try await planner.plan(now: now, watermark: now)
        try await books.planBriefs([first.due[1]])
        let second = try await planner.plan(now: now, watermark: now)
        #expect(second.due.map(\.person) == ["a", "c"] && second.leftOut.map(\.person) == ["b"])
        try await books.planBriefs(second.due)
        #expect(try await planner.plan(now: now, watermark: now).due.isEmpty)
    }

    @Test(arguments: [10, 1000, 20_000]) func oneReadFindsAllDuplicatesHoweverManyPeople(people: Int) async throws {
        let counter = StatementCounter()
        let books = try await books((0..<people).map { ("p\($0)", "09:30") }, counting: counter)
        let now = time("2026-06-01T09:00:00Z")
        let plan = try await BriefPlanner(books, usesEngagement: true).plan(now: now, watermark: now)
        #expect(plan.due.count == people, "all are new, so all get one")
        let duplicates = counter.total("SELECT person, day, planned_for")
        let visits = counter.total("SELECT id, last_visit")
        #expect(duplicates == 1 && visits == 1)
    }

    private struct Unreadable: BriefBooks {
        struct Fault: Error {}
        var people: [BriefPreference] = []
        var failsDuplicates = false
        var unknown: Set<String> = []

        func activePreferences() async throws -> [BriefPreference] { people }
        func engagement(of people: [String]) async throws -> [String: EngagementFacts] {
            Dictionary(uniqueKeysWithValues: people.filter { !unknown.contains($0) }.map { ($0, EngagementFacts()) })
        }
        func briefs(of people: [String], from: Timestamp) async throws -> [PlannedBrief] {
            if failsDuplicates { throw Fault() }
            return []
        }
    }

    @Test func withoutTheDuplicatesNothingIsPlanned() async throws {
        let books = Unreadable(people: [BriefPreference(person: "a")], failsDuplicates: true)
        await #expect(throws: Unreadable.Fault.self) {
            try await BriefPlanner(books, usesEngagement: false).plan(now: time("2026-06-01T08:30:00Z"), watermark: nil)
        }
    }

    @Test func whoseZoneCannotBeReadIsNamedAndHarmsNoOther() async throws {
        let folder = TemporaryDirectory()
        folder.makeUnreadable("Mars")
        let people = [
            BriefPreference(person: "a"), BriefPreference(person: "b", zone: "Mars"),
            BriefPreference(person: "c", zone: "Venus"),
        ]
        let planner = BriefPlanner(
            Unreadable(people: people), usesEngagement: false, zones: ZoneDatabase(folder: folder.path))
        let plan = try await planner.plan(now: time("2026-06-01T08:30:00Z"), watermark: nil)
        #expect(plan.due.map(\.person) == ["a", "c"] && plan.due.allSatisfy { $0.zone == "UTC" })
        #expect(plan.untold.map(\.person) == ["b"] && plan.leftOut.isEmpty)
    }

    @Test func whoseVisitsCannotBeReadGetsNoneAndHarmsNoOther() async throws {
        let people = ["a", "b", "c"].map { BriefPreference(person: $0) }
        let books = Unreadable(people: people + [BriefPreference(person: "d", timeOfDay: "noon")], unknown: ["b"])
        let now = time("2026-06-01T08:30:00Z")
        let plan = try await BriefPlanner(books, usesEngagement: true).plan(now: now, watermark: nil)
        #expect(plan.due.map(\.person) == ["a", "c"] && plan.leftOut.map(\.person) == ["b", "d"])
        let off = try await BriefPlanner(books, usesEngagement: false).plan(now: now, watermark: nil)
        #expect(off.due.map(\.person) == ["a", "b", "c"])
        #expect(try await BriefPlanner(Unreadable(), usesEngagement: true).plan(now: now, watermark: nil).due.isEmpty)
    }

    @Test(arguments: [("true", true), ("TRUE", false), ("1", false), ("", false), (nil, false)] as [(String?, Bool)])
    func onlyTheWordTrueTurnsTheBackOffOn(word: String?, isOn: Bool) {
        #expect(BriefPlanner.engagement.read(word).value == isOn)
    }
}

struct ProjectBriefTests {
    private let zone = Zone(name: "+02:00", offset: 7200)
    private let day = Day("2026-06-15")!

    private func task(_ id: String, _ start: String?, done: Bool = false, updated: String = "2026-01-01T00:00:00Z")
        -> OwnTask
    {
        OwnTask(
            id: id, project: "p", title: id, isDone: done, priority: id.hasPrefix("high") ? .high : .medium,
            startsAt: start.map(time), updatedAt: time(updated))
    }

    private func brief(_ tasks: [OwnTask], phases: [OwnPhase] = [], phaseTasks: [String: Set<String>] = [:])
        -> ProjectBrief
    {
        let material = BriefMaterial(
            projects: [OwnProject(id: "p", name: "P")], tasks: tasks, phases: phases, phaseTasks: phaseTasks)
        return ProjectBrief(material.projects[0], of: material, on: day, in: zone)
    }

    @Test func tasksFallIntoTheirPartsByTheLocalDay() {
        let found = brief([
            task("first", "2026-06-14T22:00:00Z"), task("last", "2026-06-15T21:59:59Z"),
            task("late", "2026-06-14T21:59:59Z"), task("later", "2026-06-01T00:00:00Z"),
            task("tomorrow", "2026-06-15T22:00:00Z"), task("week", "2026-06-22T21:59:59Z"),
            task("beyond", "2026-06-22T22:00:00Z"),
            task("done", "2026-06-15T10:00:00Z", done: true, updated: "2026-06-14T22:00:00Z"),
            task("old", nil, done: true, updated: "2026-06-13T21:59:59Z"), task("someday", nil),
        ])
        #expect(found.today.map(\.id) == ["first", "last"])
        #expect(found.overdue.map(\.id) == ["late", "later"], "the newest first")
        #expect(found.upcoming.map(\.id) == ["first", "last", "tomorrow", "week", "beyond"])
        #expect(found.nextSevenDays.map(\.id) == ["tomorrow", "week"])
        #expect(found.recentlyDone.map(\.id) == ["done"])
    }

    @Test func upcomingIsBoundedAndKeepsToTheCurrentPhase() {
        let many = (10..<30).map { task("t\($0)", "2026-06-\($0)T12:00:00Z") }
        #expect(brief(many).upcoming.count == ProjectBrief.upcomingLimit)
        let phase = OwnPhase(
            id: "f", project: "p", name: "Build", startsOn: Day("2026-06-01"), endsOn: Day("2026-06-15"))
        let found = brief(many, phases: [phase], phaseTasks: ["f": ["t20", "t22"]])
        #expect(found.phase == phase && found.upcoming.map(\.id) == ["t20", "t22"])
        #expect(found.text.contains("Phase: Build"))
    }

    @Test func theBriefKeepsTheOrderAndNamesWhatComesFirst() {
        let one = brief([task("now", "2026-06-15T10:00:00Z"), task("high", "2026-06-20T10:00:00Z")])
        let daily = DailyBrief(day: day, texts: ["## A\n", one.text])
        #expect(daily.priorityActions == ["now", "high"])
        let lines = daily.text.split(separator: "\n")
        #expect(lines.first == "# Your brief for 2026-06-15")
        let analysis = RuleAnalyst().analyse(daily, [BriefPart(one)], daysAway: 10)
        #expect(analysis == "You were away for 10 days. 1 task is for today. Begin with “now”.")
        #expect(DailyBrief(day: day, texts: []).text.contains("No project"))
    }

    @Test func previewsEndAtASentenceOrAWord() {
        let sentence = String(repeating: "word ", count: 50) + "end. " + String(repeating: "more ", count: 40)
        #expect(TextPreview.cut(sentence).hasSuffix("end."))
        let words = TextPreview.cut(String(repeating: "word ", count: 100))
        #expect(words.hasSuffix("word…") && words.count <= 296)
        #expect(TextPreview.cut("short\ntext") == "short text")
    }

    @Test func theStepsHaveTheirShares() {
        #expect(BriefStep.processingProject(name: "x", done: 1, of: 3).percent == 40)
        #expect(BriefStep.processingProject(name: "x", done: 3, of: 3).percent == 80)
        #expect(
            [
                BriefStep.starting, .fetchingProjects, .generatingProjectBriefs, .consolidating, .analysing,
                .finalizing,
                .completed,
            ].map(\.percent) == [0, 10, 20, 85, 90, 95, 100])
    }
}
