import Glibc
import TestSupport
import Testing

/// The suite on simulated outside systems, by the command that a person types.
@Suite(
    .serialized, .heavy,
    .enabled(if: RunningSuite.isBuilt && Binary.exist("millrace-simulator"), "the executables are not built"))
struct SimulateTests {
    /// What `up --json` said: where the simulators are.
    private func simulated(_ text: String) throws -> (notion: String, chat: String) {
        let tree = try Tree(text)
        return (
            try #require(tree["simulated"]["notion"].string), try #require(tree["simulated"]["chat"].string)
        )
    }

    private func counters(_ address: String) async throws -> Tree {
        let origin = address.split(separator: "/").prefix(2).joined(separator: "//")
        let finished = try await TestSupport.run(["curl", "-sS", "--max-time", "10", origin + "/simulator/counters"])
        return try Tree(finished.output)
    }

    private func writes(_ counters: Tree) -> Int {
        counters.names.filter { $0 == "POST pages" || $0.hasPrefix("PATCH") }.compactMap { counters[$0].int }.reduce(
            0, +)
    }

    /// Whoever reads to the end what it says would wait for ever otherwise.
    @Test func inTheBackgroundNothingOfItKeepsTheOutputOfItsCaller() async throws {
        let folder = TemporaryDirectory()
        let state = folder.file("state")
        let millctl = Binary.path("millctl")
        let up: Finished
        do {
            up = try await TestSupport.run(
                ["sh", "-c", "'\(millctl)' up --simulate --detach --state '\(state)' 2>&1 | cat"])
        } catch {
            _ = try? await TestSupport.run([millctl, "down", "--state", state])
            throw error
        }
        try await check([millctl, "down", "--state", state])
        #expect(up.succeeded && up.output.contains("millctl clinic add NORTH --url http://"), "\(up)")
    }

    @Test func theSampleCompanyIsSyncedAndPaidInASimulatedNotion() async throws {
        let folder = TemporaryDirectory()
        let state = folder.file("state")
        let up = try RunningProcess([
            "setpriv", "--pdeathsig", "TERM", Binary.path("millctl"), "up", "--state", state, "--json", "--simulate",
            "--simulate-rate", "0",
        ])
        do {
            try await eventually("the suite says where it is", within: .seconds(60)) {
                if let ending = up.progress.value.ending { throw TestFailure("up: \(ending)") }
                return up.progress.value.outputText.contains("\"simulated\"")
                    && (try? Tree(up.progress.value.outputText)) != nil
            }
            let addresses = try simulated(up.progress.value.outputText)
            let month = try await Self.lastMonth()
            func sync() async throws -> Tree {
                let finished = try await TestSupport.run(
                    [
                        Binary.path("millctl"), "job", "submit", "sync-task-order-logs", "--state", state, "--params",
                        "{\"month\":\"\(month)\"}", "--wait", "--json",
                    ], within: .seconds(120))
                guard finished.succeeded else { throw TestFailure("\(finished)") }
                return try Tree(finished.output)["job"]["result"]
            }
            let first = try await sync()
            #expect(first["orders_created"].int == 6)
            #expect(first["line_items_created"].int == 12)
            #expect(first["errors"].elements.isEmpty)
            let made = try await counters(addresses.notion)
            #expect(made["POST pages"].int == 18)
            let chat = try await counters(addresses.chat)
            #expect(chat.names.compactMap { chat[$0].int }.reduce(0, +) == 12)

            let second = try await sync()
            #expect(second["orders_created"].int == 0)
            #expect(second["line_items_updated"].int == 0)
            #expect(writes(try await counters(addresses.notion)) == writes(made))
            let after = try await counters(addresses.chat)
            #expect(after.names.compactMap { after[$0].int }.reduce(0, +) == 12)

            // The orders of the month before are approved and wait to be paid.
            func pay() async throws -> Tree {
                let finished = try await TestSupport.run(
                    [
                        Binary.path("millctl"), "job", "submit", "create-contractor-payouts", "--state", state,
                        "--params",
                        "{}", "--wait", "--json",
                    ], within: .seconds(120))
                guard finished.succeeded else { throw TestFailure("\(finished)") }
                return try Tree(finished.output)["job"]["result"]
            }
            let paid = try await pay()
            #expect(paid["payouts_created"].int == 6)
            #expect(paid["errors"].int == 0)
            #expect(try await counters(addresses.notion)["POST pages"].int == 24)
            // Who they are was asked of the preloader, in one list, and not page by page.
            let stats = try await TestSupport.check([
                Binary.path("millctl"), "preload", "stats", "notion-contractors", "--state", state, "--json",
            ])
            let contractors = try Tree(stats)["datasets"][0]
            #expect(contractors["keysLoaded"].int == 6 && contractors["logicalBatches"].int == 1, "\(contractors)")
            // They are Completed now.
            #expect(try await pay()["orders_processed"].int == 0)
            #expect(try await counters(addresses.notion)["POST pages"].int == 24)

            up.signal(SIGINT)
            let ended = try await up.wait(within: .seconds(45))
            #expect(ended == .exited(0))
            let gone = try await TestSupport.run(["curl", "-sS", "--max-time", "5", addresses.notion])
            #expect(!gone.succeeded)
        } catch {
            up.signalGroup(SIGKILL)
            throw TestFailure("\(error)\n\(text(of: state + "/log/millrace.log")?.suffix(6000) ?? "")")
        }
    }

    private static func lastMonth() async throws -> String {
        let finished = try await TestSupport.run(["sh", "-c", "date -u -d \"$(date -u +%Y-%m-01) -1 day\" +%Y-%m"])
        return finished.output.split(separator: "\n").map(String.init).first ?? ""
    }
}
