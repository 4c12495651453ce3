import Decimals
import JSONCodec
import Simulators
import TestSupport
import Testing
import WebClient

@testable import Notion

/// The examples of the fact sheet, read where they are there.
@Suite(.enabled(if: sharedData("api/notion_examples.json") != nil, "shared data not there"))
struct NotionExampleTests {
    private let examples: JSONValue

    init() throws {
        let path = try #require(sharedData("api/notion_examples.json"))
        let bytes = try #require(contents(of: path))
        examples = try JSON.decode(JSONValue.self, from: bytes)
    }

    private func body(_ name: String) throws -> [UInt8] {
        JSON.encode(try #require(examples[name]?["body"], "no example \(name)"))
    }

    /// A client whose service answers with examples, one after the other.
    @discardableResult
    private func answering<Result: Sendable>(
        _ names: String..., body: (NotionClient, HTTPSimulator) async throws -> Result
    ) async throws -> Result {
        let answers = try names.map { name in
            var answer = HTTPAnswer(
                try #require(examples[name]?["status"]?.intValue), headers: [], body: try self.body(name))
            for header in examples[name]?["headers"]?.members ?? [] {
                answer.headers.append((header.name, header.value.stringValue ?? ""))
            }
            return answer
        }
        return try await HTTPSimulator.run(answers: answers) { service in
            let web = try WebClient()
            let client = NotionClient(
                NotionSettings(base: try WebURL(service.url("/v1"))), web: web, token: { "secret" },
                time: QuickTime())
            defer { Task { await web.close() } }
            return try await body(client, service)
        }
    }

    @Test func theQueryIsSentAndReadAsTheSheetHasIt() async throws {
        let source = try #require(NotionID("100002bc-0000-4000-8000-0000000002bc"))
        try await answering("query_response_first", "query_response_last") { client, service in
            var query = NotionQuery(source)
            query.pageSize = 2
            let pages = try await client.all(query)
            #expect(pages.count == 3)
            let last = try #require(pages.last)
            #expect(last.title == "Café – Đà Nẵng 😀")
            #expect(try last.number("Hours") == 0)
            #expect(try last.pages("Contractor") == [])
            #expect(try last.string("Status") == "Approved")
            #expect(try last.day("Day") == nil)
            #expect(try last.number("Total") == 0)
            #expect(try last.number("Rate") == ExactDecimal("12.5"))
            #expect(last.properties["Hours"]?.id == "%3BAbc")
            let second = service.calls[1]
            let example = try #require(examples["query_request_second"])
            #expect(second.target == example["path"]?.stringValue)
            #expect(second["Notion-Version"] == "2025-09-03")
            #expect(second["Authorization"] == "Bearer secret")
            let sent = try JSON.decode(JSONValue.self, from: second.body)
            #expect(sent["start_cursor"] == example["body"]?["start_cursor"])
            #expect(sent["page_size"] == example["body"]?["page_size"])
        }
    }

    @Test func aQueryThatIsCutOffIsNotTakenForWhole() async throws {
        let source = try #require(NotionID("100002bc-0000-4000-8000-0000000002bc"))
        try await answering("query_response_cut_off") { client, _ in
            await #expect(throws: NotionError.incomplete(source: source, rows: 1)) {
                try await client.all(NotionQuery(source))
            }
        }
    }

    @Test func pagesAreMadeAndChangedAsTheSheetHasIt() async throws {
        let properties: [String: NotionChange] = [
            "Name": .title("Migration"), "Hours": .number(ExactDecimal("6.5")),
            "Contractor": .relation([try #require(NotionID("100001f5-0000-4000-8000-0000000001f5"))]),
            "Status": .status("Approved"), "Day": .date(NotionDate(start: "2026-01-05")),
        ]
        let source = NotionSource(
            id: try #require(NotionID("100002bc-0000-4000-8000-0000000002bc")), isDatabase: false, properties: [:])
        try await answering("create_response") { client, service in
            let page = try await client.create(in: source, properties)
            #expect(page.id.description == "10000005-0000-4000-8000-000000000005")
            let sent = try JSON.decode(JSONValue.self, from: service.calls[0].body)
            let wanted = try #require(examples["create_request"]?["body"]?["properties"])
            for (name, _) in properties { #expect(sent["properties"]?[name] == wanted[name], "\(name)") }
            #expect(
                sent["parent"]?["data_source_id"] == examples["create_request"]?["body"]?["parent"]?["data_source_id"])
            let change: [String: NotionChange] = ["Hours": .number(7), "Day": .date(nil)]
            _ = try await client.update(page.id, change)
            #expect(service.calls[1].method == "PATCH")
            #expect(service.calls[1].target == examples["update_request"]?["path"]?.stringValue)
            let update = try JSON.decode(JSONValue.self, from: service.calls[1].body)
            for name in change.keys {
                #expect(update["properties"]?[name] == examples["update_request"]?["body"]?["properties"]?[name])
            }
        }
    }

    @Test func errorsAreReadAsTheSheetHasThem() async throws {
        let page = try #require(NotionID("10000005-0000-4000-8000-000000000005"))
        try await answering("rate_limited", "create_response") { client, service in
            let read = try await client.page(page)
            #expect(read.id == page)
            #expect(service.calls.count == 2)
        }
        for (name, code) in [("validation_error", "validation_error"), ("not_found", "object_not_found")] {
            try await answering(name) { client, _ in
                do {
                    _ = try await client.page(page)
                    Issue.record("no error")
                } catch NotionError.refused(let refusal) {
                    #expect(refusal.code == code)
                }
            }
        }
    }

    @Test func aDatabaseAndARelationAreReadAsTheSheetHasThem() throws {
        let list = try JSON.decode(List<JSONRaw>.self, from: try body("relation_property_response"))
        #expect(list.next == "rel-2")
        #expect(list.results.count == 2)
        let call = NotionCall(
            method: .get, path: "pages/10000006-0000-4000-8000-000000000006/properties/%5EqRs",
            query: [("page_size", "2")], effect: .reads)
        let url = try call.url(at: try WebURL("https://api.notion.com/v1"))
        #expect(url.target == examples["relation_property_request"]?["path"]?.stringValue)
        #expect(call.name == "GET pages/*/properties/*")
    }
}
