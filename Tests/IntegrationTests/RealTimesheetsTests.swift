import Foundation
import TestSupport
import Testing

/// 8,013 hours entries of a real company, ten years of months.
@Suite(
    .serialized, .heavy, .enabled(if: RunningSuite.isBuilt, "the executables are not built"),
    .enabled(if: sharedData("timesheets/sip_hours.csv") != nil, "shared data not there"))
struct RealTimesheetsTests {
    @Test func everyMonthOfTheRealHoursIsOrderedToTheLastDecimal() async throws {
        let sums = try #require(sharedData("timesheets/sip_expected_hours_by_person_project_month.csv"))
        let expected = Table(csv: try #require(text(of: sums)))
        var hours: [String: Decimal] = [:]
        for row in expected.rows where row["month_completed"] != "unknown" {
            let key = "\(row["month_completed"]!) \(row["person"]!) \(row["project"]!)"
            hours[key] = Decimal(string: row["hours"]!)!
        }
        let months = Set(hours.keys.map { String($0.prefix(7)) }).sorted()
        #expect(months.count > 100)

        try await RunningSuite.run { suite in
            let columns = "contractor=person,project=project,date=completed_on,hours=person_hours"
            let mapping = columns + ",text=summary,id=entry_id"
            let imported = try await suite.millctl(
                "books", "import", "timesheets", sharedData("timesheets/sip_hours.csv")!, "--map", mapping,
                "--status", "Reviewed", "--skip-bad", within: .seconds(120))
            guard imported.succeeded else { throw TestFailure("\(imported)") }

            let jobs = months.map { "{\"kind\":\"sync-task-order-logs\",\"params\":{\"month\":\"\($0)\"}}" }
            let receipts = try await suite.call("job.submitBatch", "{\"jobs\":[\(jobs.joined(separator: ","))]}")
            for receipt in receipts["jobs"].elements {
                let job = try await suite.finished(try #require(receipt["id"].int), within: .seconds(300))
                #expect(job["state"].string == "succeeded", "\(job)")
                #expect(job["result"]["errors"].elements.isEmpty)
            }

            let lines = Table(csv: try await suite.check("books", "export", "lines", "--format", "csv"))
            var written: [String: Decimal] = [:]
            for row in lines.rows {
                let key = "\(row["month"]!) \(row["contractor"]!) \(row["project"]!)"
                #expect(written.updateValue(Decimal(string: row["hours"]!)!, forKey: key) == nil, "twice: \(key)")
            }
            #expect(written.count == hours.count)
            // A key with another value than expected is named; a missing or a superfluous one is in the count.
            for (key, value) in hours where written[key] != value {
                Issue.record("\(key): \(written[key].map { "\($0)" } ?? "nothing") instead of \(value)")
            }
        }
    }
}
