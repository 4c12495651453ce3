import BackOffice
import Calendars
import JSONCodec
import Linux
import MillraceProtocol
import MillraceRPC
import MillraceWorker
import TestSupport
import Testing

@testable import BackOfficeWorker

struct PlanBriefsWorkloadTests {
    private func harness(
        _ time: any TimeSource, zones: ZoneDatabase = .system
    ) -> WorkloadHarness<PlanBriefsWorkload> {
        WorkloadHarness(time: time) { door in
            let runner = RPCClient(socket: "/nowhere/runner.sock", patience: .zero)
            return PlanBriefsWorkload(
                books: door, runner: runner, post: BriefPost(books: door, runner: runner), usesEngagement: false,
                zones: zones)
        }
    }

    /// Whatever falls due while an hour is being planned belongs to the next one.
    @Test func anHourGoesFromTheMomentOfThePlanHoweverLongTheRestTakes() async throws {
        let time = ManualTime()
        let harness = harness(time)
        let begin = time.wall()
        let items = try await harness.plan("{}").items
        time.advance(by: .seconds(40))
        try await harness.preload("{}", items)
        let output = try await harness.process("{}", items, 0)
        time.advance(by: .seconds(40))
        _ = try await harness.summarize("{}", [harness.view(items[0].key, 0, .succeeded, output: output)])
        #expect(try await harness.door.localBooks().briefWatermark() == begin + BriefPlanner.window)
    }

    @Test func whoCannotBeQueuedIsNamedAndTheHourIsPlannedAgain() async throws {
        let time = ManualTime()
        let harness = harness(time)
        let soon = time.wall() + .seconds(600)
        let document = """
            {"users": [{"id": "ada"}],
             "preferences": [{"user_id": "ada", "is_active": true, "time_of_day": "\(soon.description.split(separator: "T")[1].prefix(5))"}]}
            """
        _ = try await harness.door.localBooks().importBriefRecords(
            try JSON.decode(JSONValue.self, from: Array(document.utf8)))
        let result = try Tree(try await harness.job("{}"))
        #expect(result["queued"].int == 0 && result["failed"][0]["user"].string == "ada", "\(result)")
        #expect(try await harness.door.localBooks().briefWatermark() == nil)
    }

    /// Her brief is planned once the file can be read, for up to an hour.
    @Test func whoseZoneCannotBeReadIsNamedAndTheHourIsPlannedAgain() async throws {
        let folder = TemporaryDirectory()
        folder.makeUnreadable("Mars")
        let harness = harness(ManualTime(), zones: ZoneDatabase(folder: folder.path))
        let document = """
            {"users": [{"id": "ada"}],
             "preferences": [{"user_id": "ada", "is_active": true, "timezone": "Mars"}]}
            """
        _ = try await harness.door.localBooks().importBriefRecords(
            try JSON.decode(JSONValue.self, from: Array(document.utf8)), zones: ZoneDatabase(folder: folder.path))
        for params in ["{}", #"{"dryRun": true}"#] {
            let failed = try Tree(try await harness.job(params))["failed"].elements
            #expect(failed.map { $0["user"].string } == ["ada"], "\(failed)")
            #expect(failed.first?["reason"].string?.hasSuffix("[UNAVAILABLE zone.unreadable]") == true, "\(failed)")
        }
        #expect(try await harness.door.localBooks().briefWatermark() == nil)
    }
}

struct DailyBriefWorkloadTests {
    /// Darwin's clocks are nine and a half hours before those of UTC.
    private static let records = """
        {"users": [{"id": "ada"}],
         "preferences": [{"user_id": "ada", "is_active": true, "timezone": "Australia/Darwin"}],
         "projects": [{"id": "p1", "user_id": "ada", "name": "Mill", "status": "active"},
                      {"id": "p 2", "user_id": "ada", "name": "Weir", "status": "active", "order": 2}]}
        """

    private func beforeMidnight() async throws -> (WorkloadHarness<DailyBriefWorkload>, ManualTime) {
        let time = ManualTime(wall: try #require(Timestamp("2026-11-21T14:29:59Z")))
        let harness = WorkloadHarness<DailyBriefWorkload>(time: time) { door in
            let post = BriefPost(books: door, runner: RPCClient(socket: "/nowhere/runner.sock", patience: .zero))
            return DailyBriefWorkload(books: door, post: post)
        }
        try await enter(Self.records, into: harness)
        return (harness, time)
    }

    private func enter(_ document: String, into harness: WorkloadHarness<DailyBriefWorkload>) async throws {
        _ = try await harness.door.localBooks().importBriefRecords(
            try JSON.decode(JSONValue.self, from: Array(document.utf8)))
    }

    @Test func aBriefWithoutADateIsThatOfTheDayItWasPlannedOnHoweverLateItIsDone() async throws {
        let (harness, time) = try await beforeMidnight()
        let params = #"{"user": "ada"}"#
        let items = try await harness.plan(params).items
        try await harness.preload(params, items)
        var views = [harness.view(items[0].key, 0, .succeeded, output: try await harness.process(params, items, 0))]
        time.advance(by: .seconds(86_400))
        // She has moved, too.
        try await enter(
            #"{"preferences": [{"user_id": "ada", "is_active": true, "timezone": "Asia/Tokyo"}]}"#, into: harness)
        views.append(harness.view(items[1].key, 1, .succeeded, output: try await harness.process(params, items, 1)))
        let result = try Tree(try await harness.summarize(params, views))
        #expect(result["date"].string == "2026-11-21" && result["projects"].int == 2, "\(result)")
        let (day, books) = (try #require(Day("2026-11-21")), try harness.door.localBooks())
        let brief = try #require(try await books.brief(of: "ada", on: day))
        #expect(brief.status == "completed" && brief.content.contains("## Mill") && brief.content.contains("## Weir"))
        for days in 1...2 { #expect(try await books.brief(of: "ada", on: day.later(by: days)) == nil) }
    }

    /// Where no item has an output there is still the plan.
    @Test(arguments: [(ItemState.failed, false, "completed"), (.cancelled, true, "failed")])
    func neitherFailedItemsNorACancelledJobLoseTheDay(
        state: ItemState, cancelled: Bool, status: String
    ) async throws {
        let (harness, time) = try await beforeMidnight()
        let params = #"{"user": "ada"}"#
        let items = try await harness.plan(params).items
        time.advance(by: .seconds(2))
        let views = items.enumerated().map { harness.view($0.element.key, $0.offset, state) }
        let result = try Tree(try await harness.summarize(params, views, cancelled: cancelled))
        #expect(result["date"].string == "2026-11-21" && result["failed"].int == 2, "\(result)")
        let day = try #require(Day("2026-11-21"))
        #expect(try await harness.door.localBooks().brief(of: "ada", on: day)?.status == status)
    }

    /// Items that the release before this one planned, for a day that its planning had named.
    @Test func aJobOfTheReleaseBeforeGoesOn() async throws {
        let (harness, _) = try await beforeMidnight()
        let params = #"{"user": "ada", "date": "2026-11-21"}"#
        var items = try await harness.plan(params).items
        for index in items.indices { items[index].key = String(items[index].key.dropFirst("2026-11-21 ".count)) }
        #expect(items.map(\.key) == ["p1", "p 2"])
        try await harness.preload(params, items)
        var views: [ItemView] = []
        for index in items.indices {
            views.append(
                harness.view(
                    items[index].key, index, .succeeded, output: try await harness.process(params, items, index)))
        }
        let result = try Tree(try await harness.summarize(params, views))
        #expect(result["date"].string == "2026-11-21" && result["projects"].int == 2, "\(result)")
    }

    @Test func aBriefThatWasNeverBegunIsNotCompletedInSilence() async throws {
        let (harness, _) = try await beforeMidnight()
        let day = try #require(Day("2026-11-21"))
        await #expect(throws: BooksError.noBrief(person: "ada", day: day)) {
            try await harness.door.localBooks().completeBrief(
                DailyBrief(day: day, texts: []), of: "ada", analysis: nil, now: .epoch)
        }
        let error = await #expect(throws: RPCError.self) {
            try await harness.summarize(
                #"{"user": "ada"}"#,
                [harness.view("2026-11-21 p1", 0, .failed, error: RPCError(.internal, "no", reason: "x"))])
        }
        #expect(error?.reason == "books.missing", "\(error as Any)")
    }

    /// Its days would be those of another clock.
    @Test func aBriefInAZoneThatCannotBeReadIsNotMade() async throws {
        let folder = TemporaryDirectory()
        folder.makeUnreadable("Mars")
        let zones = ZoneDatabase(folder: folder.path)
        let harness = WorkloadHarness<DailyBriefWorkload>(time: ManualTime()) { door in
            let post = BriefPost(books: door, runner: RPCClient(socket: "/nowhere/runner.sock", patience: .zero))
            return DailyBriefWorkload(books: door, post: post, zones: zones)
        }
        _ = try await harness.door.localBooks().importBriefRecords(
            try JSON.decode(JSONValue.self, from: Array(#"{"users": [{"id": "ada"}]}"#.utf8)))
        let error = await #expect(throws: RPCError.self) {
            try await harness.plan(#"{"user": "ada", "timezone": "Mars"}"#)
        }
        #expect(error?.status == .unavailable && error?.reason == "zone.unreadable", "\(error as Any)")
    }
}

/// Who was here when, by a preloader and without one.
struct PreloadedEngagementTests {
    @Test func withoutAPreloaderTheBooksAreAsked() async throws {
        let folder = TemporaryDirectory()
        let books = try SQLiteBooks(path: folder.file("books.sqlite"), creates: true)
        defer { books.close() }
        let document = #"{"users": [{"id": "ada", "last_visit": "2026-11-20T00:00:00Z"}, {"id": "bob"}]}"#
        _ = try await books.importBriefRecords(try JSON.decode(JSONValue.self, from: Array(document.utf8)))
        let engagement = PreloadedEngagement(
            books: books, run: .example, preloader: PreloadClient(socket: folder.file("none.sock")))
        let facts = try await engagement.engagement(of: ["ada", "bob", "eve"])
        #expect(facts["ada"]?.lastVisit == Timestamp("2026-11-20T00:00:00Z"))
        #expect(facts["bob"] == EngagementFacts() && facts["eve"] == nil)
    }
}
