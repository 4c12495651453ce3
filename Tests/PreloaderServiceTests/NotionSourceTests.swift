import Glibc
import Simulators
import TestSupport
import Testing

/// Datasets of Notion, against the simulator of it.
@Suite(.heavy, .enabled(if: RunningPreloader.isBuilt, "millrace-preloader is not built"))
struct NotionSourceTests {
    private static func preloader(_ simulator: NotionSimulator, _ source: String) -> RunningPreloader {
        let preloader = RunningPreloader()
        preloader.folder.write("secret-of-notion", to: "etc/credentials/notion-token")
        chmod(preloader.folder.file("etc/credentials/notion-token"), 0o600)
        preloader.declare(
            """
            datasets:
              - name: rates
                rows: first
                notion:
                  source: \(source)
                  key: Code
                  filter: { property: Status, status: { equals: Active } }
                  url: \(simulator.base)
              - name: pages
                notion: { source: \(source), url: "\(simulator.base)" }
            """)
        return preloader
    }

    @Test func pagesAreReadByHundredsUntilAllKeysAreFoundAndRequestsAreCounted() async throws {
        var notion = SimulatedNotion()
        let table = notion.addTable(
            "rates",
            [.init("Name", .title), .init("Code", .richText), .init("Status", .status), .init("Rate", .number)])
        var ids: [String] = []
        for number in 0..<450 {
            ids.append(
                notion.addRow(
                    "rates",
                    [
                        "Name": .text("Rate \(number)"), "Code": .text("c\(number / 2)"),
                        "Status": .text(number % 3 == 0 ? "Ended" : "Active"), "Rate": .number("\(number).5"),
                    ]))
        }
        var settings = NotionSimulator.Settings()
        settings.token = "secret-of-notion"
        let simulator = try await NotionSimulator(notion, settings)
        let firstID = ids[1]
        try await Self.preloader(simulator, table.id).use { preloader in
            let rows = try await preloader.fetch("rates", ["c1", "c2", "c40"])
            #expect(rows["values"]["c2"]["properties"]["Rate"].decimal == 4.5)
            #expect(rows["values"]["c1"]["properties"]["Name"].string == "Rate 2")
            // One request or two to find the source, then one for each page that was needed.
            let stats = try await preloader.stats("rates")
            #expect(stats["logicalBatches"].int == 1)
            #expect(stats["physicalRequests"].int == simulator.total)
            #expect(simulator.counts["POST data_sources/*/query"] == 1)
            #expect(try await preloader.fetch("rates", ["nobody"])["missing"].elements.count == 1)
            #expect(simulator.counts["POST data_sources/*/query"] == 4)
            #expect(try await preloader.fetch("pages", [firstID])["values"].names == [firstID])
        }
        await simulator.close()
    }
}
