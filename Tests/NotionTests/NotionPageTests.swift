import Decimals
import Notion
import Simulators
import TestSupport
import Testing

@Suite struct NotionPageTests {
    @Test func whatIsWrittenIsRead() async throws {
        let notion = NotionHarness.numbers(0)
        try await NotionHarness.run(notion) { client, simulator in
            let people = try await client.source(notion.source("People"))
            let person = try await client.create(in: people, ["Name": .title("Ada"), "Discord": .text("ada")])
            let source = try await client.source(notion.source("Numbers"))
            let made = try await client.create(
                in: source,
                [
                    "Name": .title("Migration"), "Hours": .number(ExactDecimal("6.25")), "Status": .status("Approved"),
                    "Kind": .select("Order"), "Tags": .multiSelect(["Design", "Planning"]),
                    "Day": .date(NotionDate(start: "2026-01-05")), "Text": .text("Café – Đà Nẵng 😀"),
                    "Person": .relation([person.id]),
                ])
            let page = try await client.page(made.id)
            #expect(page == made)
            #expect(page.title == "Migration")
            #expect(try page.number("Hours") == ExactDecimal("6.25"))
            #expect(try page.string("Status") == "Approved")
            #expect(try page.string("Kind") == "Order")
            #expect(page["Tags"] == .multiSelect(["Design", "Planning"]))
            #expect(try page.day("Day") == "2026-01-05")
            #expect(try page.string("Text") == "Café – Đà Nẵng 😀")
            #expect(try page.pages("Person") == [person.id])
            #expect(try page.string("Discord") == "ada")
            #expect(try page.string("Month") == "2026-01")

            let changed = try await client.update(
                made.id, ["Hours": .number(nil), "Day": .date(nil), "Person": .relation([])])
            #expect(try changed.number("Hours") == nil)
            #expect(try changed.day("Day") == nil)
            #expect(try changed.pages("Person") == [])
            #expect(changed.title == "Migration")
            #expect(simulator.counts["PATCH pages/*"] == 1)
        }
    }

    @Test func aPropertyThatIsNotThereOrAnotherTypeIsNamed() async throws {
        let notion = NotionHarness.numbers(1)
        try await NotionHarness.run(notion) { client, _ in
            let page = try #require(try await client.first(NotionQuery(notion.source("Numbers"))))
            #expect(throws: NotionError.self) { try page.number("Houres") }
            #expect(throws: NotionError.self) { try page.number("Name") }
            #expect(throws: NotionError.self) { try page.string("Hours") }
            #expect(throws: NotionError.self) { try page.pages("Day") }
        }
    }

    @Test func aRelationOfMoreThanAPageShowsIsReadByItself() async throws {
        var notion = NotionHarness.numbers(0)
        let people = (0..<230).map { notion.addRow("People", ["Name": .text("p\($0)")]) }
        notion.addRow("Numbers", ["Name": .text("many"), "Person": .pages(people)])
        notion.addRow("Numbers", ["Name": .text("few"), "Person": .pages(Array(people.prefix(25)))])
        try await NotionHarness.run(notion) { client, simulator in
            let pages = try await client.all(NotionQuery(notion.source("Numbers")))
            #expect(pages[0].properties["Person"].map { $0.value.pages.count } == 25)
            #expect(try await client.pages("Person", of: pages[0]).map(\.description) == people)
            #expect(try await client.pages("Person", of: pages[1]).count == 25)
            #expect(simulator.counts == ["POST data_sources/*/query": 1, "GET pages/*/properties/*": 3])
        }
    }

    @Test(arguments: [1, 2000, 2001, 200_000])
    func longTextsGoInParts(length: Int) async throws {
        // Two UTF-16 units each, so that a cut could fall into one.
        let text = String(repeating: "😀", count: length / 2) + (length % 2 == 1 ? "a" : "")
        let notion = NotionHarness.numbers(0)
        try await NotionHarness.run(notion) { client, _ in
            let source = try await client.source(notion.source("Numbers"))
            let page = try await client.create(in: source, ["Name": .title("long"), "Text": .text(text)])
            #expect(try await client.page(page.id).string("Text") == text)
        }
    }

    @Test(
        arguments: [
            NotionChange.text(String(repeating: "x", count: 200_001)),
            .multiSelect((0...100).map { "o\($0)" }),
            .relation((0...100).map { NotionID("00000000-0000-4000-8000-000000000\($0 + 100)")! }),
        ])
    func whatNotionWouldRefuseForItsSizeIsNotSent(change: NotionChange) async throws {
        let notion = NotionHarness.numbers(0)
        try await NotionHarness.run(notion) { client, simulator in
            let source = try await client.source(notion.source("Numbers"))
            simulator.resetCounts()
            await #expect(throws: NotionError.self) {
                try await client.create(in: source, ["Name": .title("x"), "Text": change])
            }
            #expect(simulator.total == 0)
        }
    }

    @Test(arguments: ["", "x", "10000001-0000-4000-8000-00000000000", "1000000100004000800000000000000g"])
    func whatIsNoIDIsNoneOfNotions(text: String) {
        #expect(NotionID(text) == nil)
    }

    @Test func idsCompareAsWritten() throws {
        let id = try #require(NotionID("F00000010000400080000000000000AB"))
        #expect(id.description == "f0000001-0000-4000-8000-0000000000ab")
        #expect(NotionID(id.description) == id)
        #expect(try #require(NotionID("10000001-0000-4000-8000-000000000001")) < id)
    }
}
