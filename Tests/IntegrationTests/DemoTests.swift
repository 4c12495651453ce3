import Glibc
import TestSupport
import Testing

/// The first minutes of a newcomer.
@Suite(.serialized, .heavy, .enabled(if: RunningSuite.isBuilt, "the executables are not built"))
struct DemoTests {
    @Test func theDemoShowsOrdersAndThatASecondRunWritesNothingAndLeavesNothingRunning() async throws {
        let folder = TemporaryDirectory()
        let state = folder.file("demo")
        for _ in 1...2 {
            let demo = try await run(
                ["sh", packageRoot + "/Scripts/demo", Binary.folder, state],
                environment: ["MILLRACE_STATE": nil, "MILLRACE_BOOKS": nil], within: .seconds(120))
            #expect(demo.succeeded, "\(demo)")
            #expect(demo.output.contains("20/20 items"))
            let parts = demo.output.components(after: "5. ")
            #expect(parts.contains("20/20 items"))
            #expect(parts.contains("Where to look next"))
            #expect((try? WireClient(state + "/run/runner.sock")) == nil, "the suite is still there")
        }
    }

    @Test func makeListsItsTargets() async throws {
        let list = try await check(["make", "--no-print-directory", "-C", packageRoot])
        for target in ["setup", "build", "test", "check", "demo", "bench", "format", "install"] {
            #expect(list.contains("make \(target) "), "\(target)")
        }
    }
}

extension String {
    /// What follows the last `mark`; empty where it is not there.
    fileprivate func components(after mark: String) -> String {
        guard let range = ranges(of: mark).last else { return "" }
        return String(self[range.upperBound...])
    }
}
