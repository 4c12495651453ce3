import TestSupport
import Testing

/// The commands of an operator, as the documentation has them, on a booted system with Millrace installed.
@Suite(
    .serialized, .heavy, .enabled(if: BootedSystem.hindrance == nil, "no systemd: \(BootedSystem.hindrance ?? "")"),
    .enabled(if: RunningSuite.isBuilt, "the executables are not built"), .bootedSystem, .installed)
struct DocumentationUnderSystemdTests {
    @Test func theCommandsOfOperationsRun() async throws {
        let system = try #require(BootedSystem.current)
        try await system.check(["systemctl", "start", "millrace.target"])
        let commands = try DocumentedCommands(page: "Operations").script(marked: "sh systemd")
        let finished = try await system.run(
            ["env", "NOTION_TOKEN=secret", "sh", "-euxc", commands], within: .seconds(300))
        guard finished.succeeded else {
            let journal = try await system.run(["journalctl", "--no-pager", "--unit", "millrace*"])
            throw TestFailure("\(finished)\n\(journal.output)")
        }
        // Nobody's data, also of an installed suite.
        #expect(try Tree(try await system.check(["cat", "/tmp/millrace-support.json"]))["underSystemd"].bool == true)
    }
}
