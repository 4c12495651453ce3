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
            try JSON.decode(JSONValue.self, from: Array(document.utf8)))
        for params in ["{}", #"{"dryRun": true}"#] {
            let failed = try Tree(try await harness.job(params))["failed"].elements
            #expect(failed.map { $0["user"].string } == ["ada"], "\(failed)")
            #expect(failed.first?["reason"].string?.hasSuffix("[UNAVAILABLE zone.unreadable]") == true, "\(failed)")
        }
        #expect(try await harness.door.localBooks().briefWatermark() == nil)
    }
}

struct DailyBriefWorkloadTests {
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
        let books = try SQLiteBooks(path: folder.file("books.sqlite"))
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
