import Linux
import Notion
import Simulators
import TestSupport
import Testing

@Suite struct NotionQueryTests {
    @Test func aQueryFollowsTheCursorToItsEnd() async throws {
        let notion = NotionHarness.numbers(250)
        try await NotionHarness.run(notion) { client, simulator in
            let pages = try await client.all(NotionQuery(notion.source("Numbers")))
            #expect(pages.map { $0["Hours"]?.decimal?.integer } == (0..<250).map { Int64($0) })
            #expect(simulator.counts == ["POST data_sources/*/query": 3])
            #expect(client.counts == simulator.counts)
        }
    }

    @Test func whoHasEnoughStopsAsking() async throws {
        let notion = NotionHarness.numbers(250)
        try await NotionHarness.run(notion) { client, simulator in
            var pages = client.pages(NotionQuery(notion.source("Numbers")))
            let first = try #require(try await pages.next())
            #expect(first.count == 100)
            #expect(simulator.total == 1)
        }
    }

    @Test func oldVersionsAskTheDatabase() async throws {
        let notion = NotionHarness.numbers(3)
        try await NotionHarness.run(notion, version: "2022-06-28") { client, simulator in
            let source = try await client.source(notion.database("Numbers"))
            #expect(source.id == notion.database("Numbers"))
            #expect(try await client.all(NotionQuery(source.id)).count == 3)
            let page = try await client.create(in: source, ["Name": .title("new")])
            #expect(try await client.page(page.id).title == "new")
            #expect(
                simulator.counts == [
                    "GET databases/*": 1, "POST databases/*/query": 1, "POST pages": 1, "GET pages/*": 1,
                ])
        }
    }

    @Test func aDatabaseNamesItsDataSourceOnce() async throws {
        let notion = NotionHarness.numbers(1)
        try await NotionHarness.run(notion) { client, simulator in
            for _ in 1...3 {
                let source = try await client.source(notion.database("Numbers"))
                #expect(source.id == notion.source("Numbers"))
                #expect(source.properties["Hours"]?.type == "number")
                #expect(source.titleName == "Name")
            }
            #expect(simulator.counts == ["GET databases/*": 1, "GET data_sources/*": 1])
            // The id of the data source itself does as well.
            #expect(try await client.source(notion.source("Numbers")).id == notion.source("Numbers"))
        }
    }

    @Test func aDatabaseOfSeveralSourcesHasToBeToldApart() async throws {
        var notion = NotionHarness.numbers(1)
        notion.divided = ["Numbers"]
        try await NotionHarness.run(notion) { client, _ in
            await #expect(throws: NotionError.self) { try await client.source(notion.database("Numbers")) }
        }
        try await NotionHarness.run(notion, version: "2022-06-28") { client, _ in
            await #expect(throws: NotionError.self) { try await client.source(notion.database("Numbers")) }
        }
    }

    @Test func moreRowsThanNotionGivesIsAnErrorThatSaysSo() async throws {
        var notion = NotionHarness.numbers(30)
        notion.ceiling = 20
        try await NotionHarness.run(notion) { client, _ in
            await #expect(throws: NotionError.incomplete(source: notion.source("Numbers"), rows: 20)) {
                var query = NotionQuery(notion.source("Numbers"))
                query.pageSize = 10
                _ = try await client.all(query)
            }
        }
    }

    @Test func aQueryThatMaySplitGoesOnBehindTheCeiling() async throws {
        var notion = NotionHarness.numbers(95) { Timestamp(milliseconds: Int64($0 / 4) * 60_000) }
        notion.ceiling = 20
        try await NotionHarness.run(notion) { client, _ in
            var query = NotionQuery(notion.source("Numbers"))
            query.pageSize = 10
            query.filter = .property("Hours", "number", .number("greater_than", 4))
            let pages = try await client.all(query, splitting: true)
            #expect(Set(pages.map { $0["Hours"]?.decimal?.integer }) == Set((5..<95).map { Int64($0) }))
            #expect(pages.count == 90)
        }
    }

    @Test func rowsOfOneMinuteThatDoNotFitAreNotLostSilently() async throws {
        var notion = NotionHarness.numbers(30)
        notion.ceiling = 20
        try await NotionHarness.run(notion) { client, _ in
            await #expect(throws: NotionError.self) {
                _ = try await client.all(NotionQuery(notion.source("Numbers")), splitting: true)
            }
        }
    }

    @Test func aRowThatMovesDuringTheWalkComesOnce() async throws {
        let notion = NotionHarness.numbers(20)
        try await NotionHarness.run(notion) { client, simulator in
            var query = NotionQuery(notion.source("Numbers"), sorts: [.property("Day", ascending: true)])
            query.pageSize = 10
            var pages = client.pages(query)
            let first = try #require(try await pages.next())
            simulator.edit { $0.change(first[0].id.description, "Day", .date("2026-01-01")) }
            var all = first
            while let some = try await pages.next() { all += some }
            #expect(Set(all.map(\.id)).count == all.count)
        }
    }

    @Test(
        arguments: [
            (NotionFilter.property("Hours", "number", .number("less_than", 3)), 3),
            (.property("Name", "title", .contains("ROW 1")), 11),
            (.property("title", "title", .equals("row 7")), 1),
            (.property("Day", "date", .isEmpty), 20),
            (
                .or([
                    .property("Hours", "number", .number("equals", 1)),
                    .property("Hours", "number", .number("equals", 2)),
                ]), 2
            ),
            (
                .and([
                    .property("Name", "title", .contains("1")),
                    .property("Hours", "number", .number("greater_than", 9)),
                ]), 10
            ),
        ])
    func filtersChoose(filter: NotionFilter, count: Int) async throws {
        let notion = NotionHarness.numbers(20)
        try await NotionHarness.run(notion) { client, _ in
            let pages = try await client.all(NotionQuery(notion.source("Numbers"), filter: filter))
            #expect(pages.count == count)
        }
    }

    @Test func aFilterThatIsTooDeepIsNotSent() async throws {
        let notion = NotionHarness.numbers(1)
        let leaf = NotionFilter.property("Hours", "number", .number("equals", 1))
        try await NotionHarness.run(notion) { client, simulator in
            await #expect(throws: NotionError.self) {
                _ = try await client.all(
                    NotionQuery(notion.source("Numbers"), filter: .and([.or([.and([leaf]), leaf])])))
            }
            #expect(simulator.total == 0)
            _ = try await client.all(NotionQuery(notion.source("Numbers"), filter: .and([.or([leaf, leaf])])))
        }
    }
}
