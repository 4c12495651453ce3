import Calendars
import JSONCodec
import Linux
import TestSupport
import Testing

@testable import BackOffice

struct BriefPageTests {
    @Test func aBriefIsAPageOfHeadingsListsAndParagraphs() {
        let page = BriefPage.html(
            """
            2 tasks are for today.
            Begin now.

            # Your brief

            ## Mill & Co
            - today: [Grind <flour>](task:7) · **high** priority
            - [Docs](https://example.com/?a=1&b="2") and 2 * 3 [open
            Last words
            """, title: "A & B")
        #expect(page.contains("<title>A &amp; B</title>"))
        let body = page.split(separator: "\n").dropFirst(3).map(String.init)
        #expect(
            body == [
                "<p>2 tasks are for today.", "Begin now.</p>", "<h1>Your brief</h1>", "<h2>Mill &amp; Co</h2>", "<ul>",
                "<li>today: Grind &lt;flour&gt; · <strong>high</strong> priority</li>",
                "<li><a href=\"https://example.com/?a=1&amp;b=&quot;2&quot;\">Docs</a> and 2 * 3 [open</li>", "</ul>",
                "<p>Last words</p>", "</body></html>",
            ])
    }

    @Test(arguments: [
        "[x](javascript:alert(1))", "[x](data:text/html,<script>)", "<script>alert(1)</script>",
        "**<b>**", "[<img>](http://x\"onclick=1)",
    ])
    func nothingButTextAndLinksToTheWebComesThrough(markdown: String) {
        let page = BriefPage.html(markdown, title: "")
        for bad in ["<script", "javascript:", "data:", "<b>", "<img", "\"onclick"] {
            #expect(!page.contains(bad), "\(page)")
        }
    }

    @Test func anyTextEndsInAPage() {
        var generator = SeededGenerator(seed: 5)
        let signs = Array("[]()*# -\na<&\"")
        for _ in 0..<500 {
            let text = String(
                (0..<Int.random(in: 0...60, using: &generator)).map { _ in signs.randomElement(using: &generator)! })
            let page = BriefPage.html(text, title: "t")
            for tag in ["ul", "li", "p", "strong"] {
                let (open, shut) = (page.ranges(of: "<\(tag)>").count, page.ranges(of: "</\(tag)>").count)
                #expect(open == shut, "\(text)")
            }
        }
    }
}

/// A brief's mail in the books.
struct BriefMailTests {
    private let day = Day("2026-11-21")!
    private let now = Timestamp(milliseconds: 1_795_253_400_000)

    private func books(wants: Bool = true, email: String = "ada@example.com") async throws -> TemporaryBooks {
        let temporary = try TemporaryBooks()
        let document = """
            {"users": [{"id": "ada", "email": "\(email)"}, {"id": "bob", "email": "bob@example.com"}],
             "preferences": [{"user_id": "ada", "is_active": true, "email_daily_brief": \(wants)}],
             "projects": [{"id": "p", "user_id": "ada", "name": "Mill", "status": "active"}],
             "tasks": [{"id": "t", "project_id": "p", "title": "Grind", "status": "open",
                        "updated_at": "2026-11-20T00:00:00Z"}],
             "calendar_events": [
               {"id": "e1", "task_id": "t", "start_time": "2026-11-21T08:30:00Z", "end_time": "2026-11-21T09:00:00Z"},
               {"id": "e2", "task_id": "t", "title": "Early", "start_time": "2026-11-20T22:30:00Z",
                "end_time": "2026-11-21T00:30:00Z"},
               {"id": "e3", "task_id": "t", "start_time": "2026-11-22T08:30:00Z", "end_time": "2026-11-22T09:00:00Z"}]}
            """
        _ = try await temporary.books.importBriefRecords(try JSON.decode(JSONValue.self, from: Array(document.utf8)))
        try await temporary.books.beginBrief(of: "ada", on: day, metadata: .emptyObject, now: now)
        return temporary
    }

    @Test func oneIsNotedForWhoWantsItAndOnlyOnce() async throws {
        let temporary = try await books()
        let books = temporary.books
        #expect(try await books.noteBriefMail(of: "ada", on: day, token: "a", now: now) == .queued)
        #expect(try await books.noteBriefMail(of: "ada", on: day, token: "b", now: now) == .already)
        #expect(try await books.briefMail(of: "ada", on: day)?.token == "a")
        #expect(try await books.noteBriefMail(of: "bob", on: day, token: "c", now: now) == .unwanted)
        #expect(try await books.noteBriefMail(of: "eve", on: day, token: "c", now: now) == .unwanted)
        let silent = try await self.books(wants: false)
        #expect(try await silent.books.noteBriefMail(of: "ada", on: day, token: "a", now: now) == .unwanted)
        let nowhere = try await self.books(email: "")
        #expect(try await nowhere.books.noteBriefMail(of: "ada", on: day, token: "a", now: now) == .noAddress)
        #expect(try await nowhere.books.briefMail(of: "ada", on: day) == nil)
    }

    @Test func oneOfManyWhoTryMaySendIt() async throws {
        let temporary = try await books()
        let (books, day, now) = (temporary.books, day, now)
        _ = try await books.noteBriefMail(of: "ada", on: day, token: "a", now: now)
        let allowed = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    try await books.beginBriefMail(of: "ada", on: day, after: 0, isRepeat: false, now: now)
                }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(allowed == 1)
        #expect(try await books.beginBriefMail(of: "ada", on: day, after: 1, isRepeat: true, now: now))
        try await books.noteBriefMail(.failed, of: "ada", on: day, after: 2, error: "no", now: now)
        #expect(try await books.brief(of: "ada", on: day)?.mail?.error == "no")
        #expect(try await books.beginBriefMail(of: "ada", on: day, after: 2, isRepeat: false, now: now))
        try await books.noteBriefMail(.sent, of: "ada", on: day, after: 3, now: now)
        #expect(try await !books.beginBriefMail(of: "ada", on: day, after: 3, isRepeat: false, now: now))
    }

    /// A worker that was frozen while another sent the mail, for instance.
    @Test func whoComesLateNeitherSendsItNorChangesWhatIsKnownOfIt() async throws {
        let temporary = try await books()
        let books = temporary.books
        _ = try await books.noteBriefMail(of: "ada", on: day, token: "a", now: now)
        let late = try #require(try await books.briefMail(of: "ada", on: day)).tries
        #expect(try await books.beginBriefMail(of: "ada", on: day, after: late, isRepeat: false, now: now))
        try await books.noteBriefMail(.sent, of: "ada", on: day, after: late + 1, now: now)
        try await books.noteBriefMail(.pending, of: "ada", on: day, after: late, error: "the runner is away", now: now)
        #expect(try await books.brief(of: "ada", on: day)?.mail?.status == .sent)
        for isRepeat in [false, true] {
            #expect(try await !books.beginBriefMail(of: "ada", on: day, after: late, isRepeat: isRepeat, now: now))
        }
    }

    @Test func whatNobodyQueuedIsFoundForADay() async throws {
        let temporary = try await books()
        let books = temporary.books
        _ = try await books.noteBriefMail(of: "ada", on: day, token: "a", now: now)
        func waiting(_ seconds: Int) async throws -> [String] {
            let later = now + .seconds(seconds)
            return try await books.pendingBriefMails(
                from: later - .seconds(86_400), before: later - .seconds(300), limit: 10
            ).map(\.person)
        }
        #expect(try await waiting(299) == [])
        #expect(try await waiting(301) == ["ada"])
        #expect(try await waiting(86_400) == ["ada"])
        #expect(try await waiting(86_401) == [])
        _ = try await books.beginBriefMail(of: "ada", on: day, after: 0, isRepeat: false, now: now)
        #expect(try await waiting(301) == [])
    }

    @Test func whatHasWaitedForADayIsGivenUpAndSaysWhy() async throws {
        let temporary = try await books()
        let books = temporary.books
        _ = try await books.noteBriefMail(of: "ada", on: day, token: "a", now: now)
        try await books.noteBriefMail(.pending, of: "ada", on: day, after: 0, error: "451 come again", now: now)
        let later = now + .seconds(86_400)
        #expect(try await books.giveUpBriefMails(before: now, now: later) == 0)
        #expect(try await books.giveUpBriefMails(before: now + .milliseconds(1), now: later) == 1)
        #expect(try await books.giveUpBriefMails(before: now + .milliseconds(1), now: later) == 0)
        let mail = try #require(try await books.brief(of: "ada", on: day)?.mail)
        #expect(mail.status == .failed && mail.error == "given up after a day, the last: 451 come again")
        #expect(mail.changedAt == later)
        // A person may still have it sent.
        #expect(try await books.beginBriefMail(of: "ada", on: day, after: 0, isRepeat: false, now: later))
    }

    @Test func theSubjectSaysWhyItComes() async throws {
        let temporary = try await books()
        let books = temporary.books
        _ = try await books.noteBriefMail(of: "ada", on: day, token: "a", now: now)
        #expect(try await books.briefMail(of: "ada", on: day)?.subject == "Your brief for 2026-11-21")
        let metadata = JSONRaw(unchecked: Array(#"{"is_reengagement":true,"days_since_last_login":10}"#.utf8))
        try await books.beginBrief(of: "ada", on: day, metadata: metadata, now: now)
        #expect(
            try await books.briefMail(of: "ada", on: day)?.subject
                == "Here is what has piled up in the last 10 days")
    }

    @Test func eventsOfTheDayAreInTheBriefByThePersonsClock() async throws {
        let temporary = try await books()
        let material = try await temporary.books.briefMaterial(of: "ada")
        let zone = try ZoneDatabase.system.zone(named: "Europe/Berlin")
        let brief = ProjectBrief(material.projects[0], of: material, on: day, in: zone)
        #expect(
            brief.text.contains(
                "### In the calendar (2)\n- 23:30–01:30 [Early](task:t)\n- 09:30–10:00 [Grind](task:t)\n"))
        let exported = try await temporary.books.exportBriefRecords()
        #expect(exported["calendar_events"]?.elements?.count == 3)
        #expect(exported["calendar_events"]?.elements?[1]["title"]?.stringValue == "Early")
    }
}
