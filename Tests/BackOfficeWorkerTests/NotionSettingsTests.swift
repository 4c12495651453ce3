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
        BackOfficeSettings(environment: { variables[$0] }, variables: variables)
    }

    @Test func withoutSettingsTheBooksAreTheFile() {
        let settings = settings([:])
        #expect(settings.configuration.system == .sqlite)
        #expect(settings.configuration.summaries == .auto)
        #expect(settings.problems.isEmpty)
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
        #expect(settings.problems.isEmpty)
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
        #expect(settings.problems.count == 4)
        #expect(settings.problems.contains { $0.contains("BOOKS: \"paper\" is not one of sqlite, notion") })
        #expect(settings.problems.contains { $0.contains("is not an id of Notion") })
    }

    @Test func booksInNotionNeedTheirTables() {
        var variables = Self.ids
        variables["MILLRACE_BACKOFFICE_BOOKS"] = "notion"
        #expect(settings(variables).problems.isEmpty)
        variables["MILLRACE_BACKOFFICE_NOTION_ORDERS"] = nil
        variables["MILLRACE_BACKOFFICE_NOTION_ENTRIES"] = nil
        let problems = settings(variables).problems
        #expect(problems.count == 2)
        #expect(problems.allSatisfy { $0.contains("[Collections]") })
    }

    @Test func whatIsWrongInTheFileAndInTheVariablesStopsTheStartTogether() throws {
        let folder = TemporaryDirectory()
        folder.write("[Books]\nBooks=paper\n[Notion]\nNotionTimeout=soon\n", to: "backoffice.conf")
        let settings = settings([
            "MILLRACE_BACKOFFICE_CONFIG": folder.file("backoffice.conf"), "MILLRACE_BACKOFFICE_CHAT_URL": "chat",
            "PAYOUT_ROUNDING": "VND:1000,*=0.01,USD=none",
        ])
        #expect(settings.problems.count == 4, "\(settings.problems)")
        #expect(settings.problems.contains { $0.contains("backoffice.conf:2: Books: \"paper\"") })
        #expect(settings.problems.contains { $0.contains("backoffice.conf:4: NotionTimeout: \"soon\"") })
        #expect(settings.problems.contains { $0.hasPrefix("$MILLRACE_BACKOFFICE_CHAT_URL") })
        #expect(settings.problems.contains { $0.contains("'VND:1000' and 'USD=none'") })
    }
}
