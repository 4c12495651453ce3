import Foundation
import TestSupport
import Testing

/// Timesheets become orders, by the commands that a person types.
@Suite(.serialized, .heavy, .enabled(if: RunningSuite.isBuilt, "the executables are not built"))
struct MainJobTests {
    static let month = "2026-10"
    static let params = "{\"month\":\"2026-10\"}"

    /// The sample of the project, in the books; returned as the table that was imported.
    private func importSample(_ suite: RunningSuite) async throws -> Table {
        let path = suite.folder.file("sample.csv")
        try await suite.check("books", "sample", "--month", Self.month, "--output", path)
        try await suite.check("books", "import", "timesheets", path)
        return Table(csv: try #require(text(of: path)))
    }

    private func sync(_ suite: RunningSuite, _ params: String = Self.params) async throws -> Tree {
        let job = ["job", "submit", "sync-task-order-logs", "--params", params, "--wait", "--json"]
        return try Tree(try await suite.check(job))["job"]
    }

    /// Hours per contractor and project of the reviewed entries, added up from the file by itself.
    private func reviewedHours(_ sample: Table) -> [String: Decimal] {
        var hours: [String: Decimal] = [:]
        for row in sample.rows where row["status"] == "Reviewed" && row["project"] != "" {
            hours[row["contractor"]! + " " + row["project"]!, default: 0] += Decimal(string: row["hours"]!)!
        }
        return hours
    }

    private func writtenHours(_ suite: RunningSuite) async throws -> [String: Decimal] {
        let lines = Table(csv: try await suite.check("books", "export", "lines", "--format", "csv"))
        let pairs = lines.rows.map { ($0["contractor"]! + " " + $0["project"]!, Decimal(string: $0["hours"]!)!) }
        return Dictionary(pairs) { _, _ in
            Issue.record("a line is there twice")
            return 0
        }
    }

    @Test func theSampleMonthBecomesOrdersAndASecondRunWritesNothing() async throws {
        try await RunningSuite.run(detached: true) { suite in
            let sample = try await importSample(suite)
            let expected = reviewedHours(sample)
            let first = try await sync(suite)["result"]

            #expect(first["month"].string == Self.month)
            #expect(first["orders_created"].int == 20)
            #expect(first["line_items_created"].int == 60)
            #expect(first["line_items_updated"].int == 0)
            #expect(first["contractors_processed"].int == 20)
            #expect(first["errors"].elements.isEmpty)
            #expect(try await writtenHours(suite) == expected)

            let details = first["details"].elements
            #expect(details.count == 20)
            let contractors = details.compactMap { $0["contractor_id"].string }
            #expect(contractors == contractors.sorted())
            for detail in details {
                #expect(detail.names.isSuperset(of: ["contractor_id", "order_page_id", "total_hours", "projects"]))
                let projects = detail["projects"].elements
                let names = projects.compactMap { $0["project_id"].string }
                #expect(names == names.sorted())
                #expect(projects.compactMap { $0["hours"].decimal }.reduce(0, +) == detail["total_hours"].decimal)
                for project in projects {
                    let fields: Set = ["project_id", "line_item_page_id", "hours", "timesheets_aggregated"]
                    #expect(project.names.isSuperset(of: fields))
                    let key = "\(detail["contractor_id"].string!) \(project["project_id"].string!)"
                    #expect(project["hours"].decimal == expected[key], "\(key)")
                }
            }

            let before = try await dump(suite)
            let second = try await sync(suite)["result"]
            #expect(second["orders_created"].int == 0)
            #expect(second["line_items_created"].int == 0)
            #expect(second["line_items_updated"].int == 0)
            #expect(second["contractors_processed"].int == 20)
            #expect(second["details"] == first["details"])
            #expect(try await dump(suite) == before)
        }
    }

    /// Every row of the books, with every column.
    private func dump(_ suite: RunningSuite) async throws -> String {
        try await check(["sqlite3", "-readonly", suite.books, ".dump"])
    }

    @Test func aChangedEntryReopensItsLineAndItsOrderAndNothingElse() async throws {
        try await RunningSuite.run { suite in
            let month = SampleMonth(Self.month, contractors: 3)
            try await suite.importMonth(month)
            _ = try await sync(suite)
            let rows = Table(csv: month.csv)
            let victim = rows.rows[0]
            let more =
                "id,date,contractor,project,hours,text,status\n\(victim["id"]!),\(victim["date"]!)"
                + ",\(victim["contractor"]!),\(victim["project"]!),99.25,more,Reviewed\n"
            try await suite.check("books", "import", "timesheets", suite.folder.write(more, to: "more.csv"))

            let result = try await sync(suite)["result"]
            #expect(result["orders_created"].int == 0)
            #expect(result["line_items_created"].int == 0)
            #expect(result["line_items_updated"].int == 1)
            let line = SampleMonth.Line(contractor: victim["contractor"]!, project: victim["project"]!)
            let key = "\(line.contractor) \(line.project)"
            let expected = month.hours[line]! - Decimal(string: victim["hours"]!)! + Decimal(string: "99.25")!
            #expect(try await writtenHours(suite)[key] == expected)
            let orders = Table(csv: try await suite.check("books", "export", "orders", "--format", "csv"))
            let reopened = orders.rows.filter { $0["status"] == "Pending Approval" }.map { $0["contractor"] }
            #expect(reopened == [line.contractor])
        }
    }

    @Test func everyPoolSizeGivesTheSameOrders() async throws {
        var outcomes: [String: Set<String>] = [:]
        for size in ["1", "5", "10", "20"] {
            let outcome = try await RunningSuite.run(environment: ["TASK_ORDER_LOG_WORKER_POOL_SIZE": size]) { suite in
                _ = try await importSample(suite)
                let job = try await sync(suite)
                #expect(job["slots"].int == Int(size)!)
                let lines = try await suite.check("books", "export", "lines", "--format", "json")
                return "\(Self.withoutPageIDs(job["result"]))\n\(Self.withoutPageIDs(try Tree(lines)))"
            }
            outcomes[outcome, default: []].insert(size)
        }
        #expect(outcomes.count == 1, "not the same: \(outcomes.values)")
    }

    /// What the books number by themselves may differ between two runs; nothing else may.
    private static func withoutPageIDs(_ tree: Tree) -> Tree {
        switch tree {
        case .array(let elements): return .array(elements.map(withoutPageIDs))
        case .object(let members):
            let kept = members.filter { !$0.key.hasSuffix("_page_id") && $0.key != "id" && $0.key != "order" }
            return .object(kept.mapValues(withoutPageIDs))
        default: return tree
        }
    }

    @Test func aWaitedJobShowsLinesInAPipeAndABarOnATerminal() async throws {
        try await RunningSuite.run { suite in
            _ = try await importSample(suite)
            let piped = try await suite.check(
                "job", "submit", "sync-task-order-logs", "--params", Self.params, "--wait")
            #expect(piped.contains("20/20 items"))
            #expect(!piped.contains("\r") && !piped.contains("\u{1B}"))

            let submit = "millctl job submit sync-task-order-logs --params '\(Self.params)' --wait"
            // `script` gives the command a terminal.
            let onTerminal = try await run(
                ["script", "--quiet", "--return", "--command", "stty cols 120 rows 40; \(submit)", "/dev/null"],
                environment: [
                    "TERM": "xterm", "LC_ALL": "C.UTF-8", "NO_COLOR": nil, "MILLRACE_STATE": suite.state,
                    "PATH": Binary.folder + ":/usr/bin:/bin",
                ])
            #expect(onTerminal.succeeded, "\(onTerminal)")
            #expect(onTerminal.output.contains("\r"))
            #expect(onTerminal.output.contains(String(repeating: "█", count: 20)))
            #expect(onTerminal.output.contains("20/20"))
        }
    }

    @Test func theLogsOfAJobAreFoundByItsNumber() async throws {
        try await RunningSuite.run { suite in
            _ = try await importSample(suite)
            let job = try await sync(suite)
            let id = try #require(job["id"].int)
            let other = try await sync(suite, "{\"month\":\"2020-01\"}")
            let logs = try await suite.check("logs", "--job", "\(id)")
            #expect(logs.contains("20"), "the counts of contractors stand in the log: \(logs)")
            #expect(logs.split(separator: "\n").count >= 42, "a start and an end per contractor: \(logs)")
            #expect(!logs.contains("job-id=\(other["id"].int!)"))
        }
    }

    @Test func aMonthWithoutEntriesIsDoneWithZeroCounts() async throws {
        try await RunningSuite.run { suite in
            let result = try await sync(suite, "{\"month\":\"2020-01\"}")["result"]
            #expect(result["orders_created"].int == 0)
            #expect(result["line_items_created"].int == 0)
            #expect(result["contractors_processed"].int == 0)
            #expect(result["details"] == .array([]))
        }
    }

    @Test(arguments: [
        ("{}", "month"), ("{\"month\":\"2026-13\"}", "month"), ("{\"month\":202610}", "month"),
        ("{\"month\":\"2026-10\",\"batch\":7}", "batch"), ("{\"month\":\"2026-10\",\"forse\":true}", "forse"),
    ])
    func wrongParametersAreNamed(params: String, field: String) async throws {
        try await RunningSuite.run { suite in
            // Refused at once, or by the workload as soon as it plans; in both cases with the name of the field.
            let finished = try await suite.millctl(
                "job", "submit", "sync-task-order-logs", "--params", params, "--wait")
            #expect([1, 65].contains(finished.status), "\(finished)")
            #expect((finished.output + finished.errors).contains(field), "\(finished)")
        }
    }
}
