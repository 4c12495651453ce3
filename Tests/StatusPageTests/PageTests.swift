import Foundation
import FoundationXML
import Linux
import StatusPage
import TestSupport
import Testing

struct PageTests {
    /// Whether the page is one tree, with every element closed: its void elements are closed first.
    func tree(_ html: String) throws -> XMLDocument {
        let closed = html.replacing(/<(meta|link)([^>]*)>/) { "<\($0.1)\($0.2)/>" }
            .replacing("<br>", with: "<br/>").replacing("<!doctype html>", with: "")
            .replacing(/<script src="([^"]*)" defer>/) { "<script src=\"\($0.1)\" defer=\"defer\">" }
        return try XMLDocument(xmlString: closed)
    }

    @Test func pageHoldsAllPartsAndSaysTheWorst() throws {
        let page = try tree(StatusPage.overview(busySuite()))
        for id in ["alerts", "services", "plots", "queues", "jobs", "kinds", "resources", "schedules", "health"] {
            #expect(try page.nodes(forXPath: "//*[@id='\(id)']").count == 1, "\(id)")
        }
        #expect(try page.nodes(forXPath: "//*[@id='services']//tbody/tr").count == 4)
        #expect(try page.nodes(forXPath: "//*[@id='jobs']//tbody/tr").count == 12)
        #expect(try page.nodes(forXPath: "//*[@id='alerts']//li").count == 3)
        let health = try #require(page.nodes(forXPath: "//*[@id='health']").first?.stringValue)
        #expect(health.contains("Something is wrong: scheduler, categorizer"))
        #expect(try page.nodes(forXPath: "//*[@id='jobs']//a/@href").first?.stringValue == "/jobs/4100")
    }

    @Test func pageOfASuiteThatHasJustBegunSaysSo() throws {
        let page = try tree(StatusPage.overview(PageState(now: .epoch)))
        #expect(page.stringValue?.contains("No service has published yet.") ?? false)
        #expect(page.stringValue?.contains("All is well") ?? false)
    }

    @Test(arguments: [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onclick='x", "&lt;b&gt;", "]]>", "\u{0}",
        String(repeating: "ệ", count: 500),
    ])
    func noValueBecomesMarkup(_ hostile: String) throws {
        var state = busySuite()
        state.services[0].name = hostile
        state.services[0].line = hostile
        state.services[0].checks = [.init(hostile, .warn, reason: hostile)]
        state.alerts = [.init(hostile, hostile, severity: "warning", state: "firing", since: .epoch, muted: hostile)]
        state.queues = [.init(hostile, ready: 1, running: 1)]
        state.jobs = [.init(id: "1", kind: hostile, state: hostile, done: 1, total: 2, since: .epoch, why: hostile)]
        state.kinds = [.init(hostile, finished: 1, failed: 1, median: 1, p95: nil)]
        state.resources = [.init(hostile, breaker: hostile, tokens: nil, waiting: 0)]
        state.schedules = [.init(hostile, kind: hostile, next: .epoch, zone: hostile)]
        state.plots[0].title = hostile
        state.plots[0].lines[0].name = hostile
        let html = StatusPage.overview(state)
        #expect(!html.contains("<script>"))
        #expect(!html.contains("<img"))
        #expect(!html.contains("onclick='"))
        _ = try tree(html)
        var job = busyJob()
        job.items[0].key = hostile
        job.log[0].text = hostile
        _ = try tree(StatusPage.job(job))
    }

    @Test func nothingComesFromElsewhereAndNothingIsInline() throws {
        for html in [
            StatusPage.overview(busySuite()), StatusPage.job(busyJob()), StatusPage.missing("job 9", now: .epoch),
        ] {
            let page = try tree(html)
            let places = try page.nodes(forXPath: "//@src | //@href").compactMap(\.stringValue)
            #expect(places.allSatisfy { $0.hasPrefix("/") || $0.hasPrefix("#") || $0 == "data:," })
            #expect(try page.nodes(forXPath: "//@style | //style | //script[not(@src)]").isEmpty)
        }
        let style = String(decoding: StatusPage.styleSheet, as: UTF8.self)
        #expect(!style.contains("url(") && !style.contains("@import"))
        #expect(!String(decoding: StatusPage.script, as: UTF8.self).contains("http"))
    }

    @Test func longListIsPaged() throws {
        var state = busySuite(jobs: 10_000)
        state.page = 3
        let html = StatusPage.overview(state)
        #expect(html.utf8.count < 200_000)
        let page = try tree(html)
        #expect(try page.nodes(forXPath: "//*[@id='jobs']//tbody/tr").count == 100)
        #expect(try page.nodes(forXPath: "//a[@rel='prev']/@href").first?.stringValue == "/?page=2#jobs")
        #expect(try page.nodes(forXPath: "//a[@rel='next']/@href").first?.stringValue == "/?page=4#jobs")
    }

    @Test func everyCellNamesItsColumnForNarrowScreens() throws {
        let page = try tree(StatusPage.overview(busySuite()))
        for table in try page.nodes(forXPath: "//table") {
            let heads = try table.nodes(forXPath: ".//th").map(\.stringValue)
            for row in try table.nodes(forXPath: ".//tbody/tr") {
                #expect(try row.nodes(forXPath: "./td/@data-label").map(\.stringValue) == heads)
            }
        }
    }

    @Test func pageOfAJobHoldsItemsAttemptsAndLog() throws {
        let page = try tree(StatusPage.job(busyJob()))
        #expect(try page.nodes(forXPath: "//tbody/tr").count == 5)
        #expect(page.stringValue?.contains("297 more; see millctl job show 4103") ?? false)
        #expect(try page.nodes(forXPath: "//pre").first?.stringValue?.contains("attempt begins & goes on") ?? false)
    }
}
