import Glibc
import MillraceProtocol
import TestSupport
import Testing

/// The commands in the documentation do what it says: every block of ```sh of a page, in one shell, on a suite that runs.
/// Blocks that need an installed system are marked ```sh systemd and are run on one by SystemdTests.
@Suite(.heavy, .enabled(if: RunningSuite.isBuilt, "the executables are not built"))
struct DocumentationTests {
    /// The expenses that pages speak of.
    private static let card = """
        id,description,category,amount,date
        e-17,SHELL 4711,Travel,40.00,2026-10-01
        e-18,STARBUCKS 12,Food,4.50,2026-10-02
        e-19,ARAL 7,Fuel,61.20,2026-10-03
        """

    @Test(arguments: ["../README", "Categorizer", "Workers", "Workloads", "Troubleshooting", "Limits"])
    func theCommandsOfAPageRun(page: String) async throws {
        let commands = try DocumentedCommands(page: page).script(marked: "sh")
        #expect(commands != "")
        try await RunningSuite.run { suite in
            suite.folder.write(Self.card, to: "card.csv")
            let finished = try await run(
                ["sh", "-euc", "cd \"$SCRATCH\"\n" + commands],
                environment: [
                    "SCRATCH": suite.folder.path, "MILLRACE_STATE": suite.state, "SOCKET": suite.socket,
                    "EXAMPLES": packageRoot + "/Examples",
                    "PATH": Binary.folder + ":" + (TestSupport.environment("PATH") ?? "/usr/bin:/bin"),
                ], within: .seconds(120))
            guard finished.succeeded else { throw TestFailure("\(finished)") }
        }
    }

    @Test func everyReasonOfWhyHasItsAdvice() throws {
        let page = try #require(text(of: packageRoot + "/Documentation/Troubleshooting.md"))
        let headings = page.split(separator: "\n").filter { $0.hasPrefix("### ") }.map { String($0.dropFirst(4)) }
        #expect(headings == WhyCode.allCases.map(\.rawValue))
    }
}
