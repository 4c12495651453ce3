import BackOffice
import MillraceProtocol
import MillraceService
import NotionBooks
import TestSupport
import Testing

@testable import BackOfficeWorker

@Suite struct NotionSettingsTests {
    private static let ids = [
        "MILLRACE_BACKOFFICE_NOTION_ENTRIES": "100002bd00004000800000000000a001",
        "MILLRACE_BACKOFFICE_NOTION_ORDERS": "100002bd-0000-4000-8000-00000000a002",
        "MILLRACE_BACKOFFICE_NOTION_DEPLOYMENTS": "100002bd00004000800000000000a003",
        "MILLRACE_BACKOFFICE_NOTION_CONTRACTORS": "100002bd00004000800000000000a004",
    ]

    private func settings(_ variables: [String: String]) -> BackOfficeSettings {
        BackOfficeSettings(environment: { _ in nil }, variables: variables)
    }

    @Test func withoutSettingsTheBooksAreTheFile() {
        let settings = settings([:])
        #expect(settings.configuration.system == .sqlite)
        #expect(settings.configuration.summaries == .auto)
        #expect(settings.mistakes.isEmpty)
    }

    @Test func theFileSaysWhereTheTablesAreAndWhatTheirPropertiesAreCalled() {
        let folder = TemporaryDirectory()
        let path = folder.write(
            """
            [Books]
            Books=notion
            [Notion]
            NotionVersion=2022-06-28
            [Collections]
            NotionEntries=100002bd00004000800000000000a001
            NotionOrders=100002bd00004000800000000000a002
            NotionDeployments=100002bd00004000800000000000a003
            NotionContractors=100002bd00004000800000000000a004
            [Names]
            NameEntriesHours=Effort
            """, to: "backoffice.conf")
        let settings = settings(["MILLRACE_BACKOFFICE_CONFIG": path])
        #expect(settings.mistakes.isEmpty)
        #expect(settings.warnings.isEmpty)
        let books = settings.configuration.notionBooks()
        #expect(books.collections.count == 4)
        #expect(books.names.map { "\($0.key.path) \($0.value)" } == ["entries.hours Effort"])
        #expect(!settings.configuration.notionVersion.hasDataSources)
    }

    @Test func allMistakesAreSaidAtOnce() {
        let settings = settings([
            "MILLRACE_BACKOFFICE_BOOKS": "paper", "MILLRACE_BACKOFFICE_NOTION_URL": "ftp://x",
            "MILLRACE_BACKOFFICE_NOTION_ORDERS": "orders", "MILLRACE_BACKOFFICE_NOTION_VERSION": "new",
        ])
        #expect(settings.mistakes.count == 4)
        #expect(settings.mistakes.contains { $0.contains("BOOKS: \"paper\" is not one of sqlite, notion") })
        #expect(settings.mistakes.contains { $0.contains("is not an id of Notion") })
    }

    @Test func booksInNotionNeedTheirTables() {
        var variables = Self.ids
        variables["MILLRACE_BACKOFFICE_BOOKS"] = "notion"
        #expect(settings(variables).mistakes.isEmpty)
        variables["MILLRACE_BACKOFFICE_NOTION_ORDERS"] = nil
        variables["MILLRACE_BACKOFFICE_NOTION_ENTRIES"] = nil
        let mistakes = settings(variables).mistakes
        #expect(mistakes.count == 2)
        #expect(mistakes.allSatisfy { $0.contains("[Collections]") })
    }

    @Test func aJobSaysWhatIsWrongWithTheSettings() async throws {
        let harness = WorkloadHarness(variables: ["MILLRACE_BACKOFFICE_BOOKS": "paper"]) { SyncWorkload(books: $0) }
        do {
            _ = try await harness.job(#"{"month":"2025-01"}"#)
            Issue.record("no error")
        } catch let error as any RPCErrorConvertible {
            #expect(error.rpcError.reason == "backoffice.settings")
            #expect(error.rpcError.message.contains("paper"))
        }
    }
}
