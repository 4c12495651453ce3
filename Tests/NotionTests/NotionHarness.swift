import Linux
import Notion
import Simulators
import TestSupport
import WebClient

/// A client of a simulated Notion, for one test.
enum NotionHarness {
    @discardableResult
    static func run<Result: Sendable>(
        _ notion: SimulatedNotion, _ settings: NotionSimulator.Settings = .init(),
        version: String = "2025-09-03", change: (inout NotionSettings) -> Void = { _ in },
        _ body: (NotionClient, NotionSimulator) async throws -> Result
    ) async throws -> Result {
        try await NotionSimulator.run(notion, settings) { simulator in
            let web = try WebClient()
            do {
                guard let version = NotionVersion(version) else { throw TestFailure("no version \(version)") }
                var settings = NotionSettings(base: try WebURL(simulator.base), version: version)
                change(&settings)
                let client = NotionClient(settings, web: web, token: { "secret" }, time: QuickTime())
                let result = try await body(client, simulator)
                await web.close()
                return result
            } catch {
                await web.close()
                throw error
            }
        }
    }

    /// Rows with a number, a date and relations to a second table.
    static func numbers(_ count: Int, created: (Int) -> Timestamp = { _ in .epoch }) -> SimulatedNotion {
        var notion = SimulatedNotion()
        notion.addTable("People", [.init("Name", .title), .init("Discord", .richText)])
        notion.addTable(
            "Numbers",
            [
                .init("Name", .title), .init("Hours", .number), .init("Day", .date), .init("Status", .status),
                .init("Kind", .select), .init("Tags", .multiSelect), .init("Text", .richText),
                .init("Person", .relation("People")),
                .init("Discord", .rollup("Person", property: "Discord", .showOriginal)),
                .init("Month", .monthFormula("Day")),
            ])
        for number in 0..<count {
            notion.addRow(
                "Numbers", ["Name": .text("row \(number)"), "Hours": .number("\(number)")], created: created(number))
        }
        return notion
    }
}

extension SimulatedNotion {
    func source(_ table: String) -> NotionID { NotionID(tables[table]!.id)! }
    func database(_ table: String) -> NotionID { NotionID(tables[table]!.database)! }
}
