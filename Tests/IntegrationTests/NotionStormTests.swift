import Glibc
import Simulators
import TestSupport
import Testing

/// The suite as it is installed, on a Notion that fails in every way, with a worker killed under way.
@Suite(.serialized, .heavy, .enabled(if: RunningSuite.isBuilt, "the executables are not built"))
struct NotionStormTests {
    @Test func whateverFailsNothingIsThereTwice() async throws {
        let company = SimulatedCompany.sample(
            month: "2026-10", days: 31, before: "2026-09", lastDayBefore: "2026-09-30")
        var settings = NotionSimulator.Settings()
        settings.token = "secret-token"
        settings.latency = .milliseconds(20)
        settings.seed = 5
        settings.faults = [
            FaultRule("POST", "pages", .every(4), .lost),
            FaultRule(.chance(0.08), .status(503, code: "service_unavailable")),
            FaultRule(.chance(0.08), .status(429, code: "rate_limited", retryAfter: "1")),
            FaultRule(.chance(0.05), .cut), FaultRule(.chance(0.05), .garbage),
        ]
        try await NotionSimulator.run(company.notion, settings) { notion in
            var environment: [String: String?] = [:]
            for (name, value) in company.variables { environment[name] = value }
            environment["MILLRACE_BACKOFFICE_BOOKS"] = "notion"
            environment["MILLRACE_BACKOFFICE_NOTION_URL"] = notion.base
            environment["MILLRACE_BACKOFFICE_NOTION_RATE"] = "0"
            try await RunningSuite.run(environment: environment) { suite in
                suite.credential("notion-token", "secret-token")
                let submitted = try await suite.call(
                    "job.submit", "{\"kind\":\"sync-task-order-logs\",\"params\":{\"month\":\"2026-10\"}}")
                let id = try #require(submitted["id"].int)
                try await notion.wait(for: "pages are made") { $0["POST pages", default: 0] >= 6 }
                let worker = try #require(try await suite.call("worker.list")["workers"][0]["pid"].int)
                kill(pid_t(worker), SIGKILL)
                let job = try await suite.finished(id)
                #expect(job["state"].string == "succeeded")

                // What a project lost to the storm is put right by the next run, which finds what there is.
                notion.set { $0.faults = [] }
                try await suite.check(
                    "job", "submit", "sync-task-order-logs", "--params", "{\"month\":\"2026-10\"}", "--wait")
                let rows = notion.notion.rows("orders")
                let orders = rows.filter { $0.values["Type"] == .text("Order") }.map { $0.values["Name"] }
                let lines = rows.filter { $0.values["Type"] == .text("Timesheet") }
                    .map { [$0.values["Parent item"], $0.values["Project Deployment"]] }
                #expect(orders.count == 12 && Set(orders).count == 12)
                #expect(lines.count == 24 && Set(lines).count == 24)
                #expect(!suite.log.contains("secret-token"))
            }
        }
    }
}
