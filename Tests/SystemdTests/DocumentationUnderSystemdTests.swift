import TestSupport
import Testing

/// The commands of an operator, as the documentation has them, on a booted system with Millrace installed.
@Suite(
    .serialized, .heavy, .enabled(if: BootedSystem.hindrance == nil, "no systemd: \(BootedSystem.hindrance ?? "")"),
    .enabled(if: RunningSuite.isBuilt, "the executables are not built"), .bootedSystem, .installed)
struct DocumentationUnderSystemdTests {
    @Test(arguments: DocumentedPage.all(marked: "systemd"))
    func theCommandsOfAPageRun(page: DocumentedPage) async throws {
        let system = try #require(BootedSystem.current)
        try await system.check(["systemctl", "start", "millrace.target"])
        let finished = try await system.run(
            ["env", "NOTION_TOKEN=secret", "PEOPLE_TOKEN=secret", "sh", "-euxc", page.commands(marked: "systemd")],
            within: .seconds(300))
        guard finished.succeeded else {
            let journal = try await system.run(["journalctl", "--no-pager", "--unit", "millrace*"])
            throw TestFailure("\(finished)\n\(journal.output)")
        }
        guard page.commands(marked: "systemd").contains("millctl support") else { return }
        // Nobody's data, also of an installed suite.
        #expect(try Tree(try await system.check(["cat", "/tmp/millrace-support.json"]))["underSystemd"].bool == true)
    }
}
