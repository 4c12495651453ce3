import Foundation
import Glibc
import TestSupport
import Testing

/// Contractors are paid, by the commands that a person types.
@Suite(.serialized, .heavy, .enabled(if: RunningSuite.isBuilt, "the executables are not built"))
struct PayoutTests {
    private static let month = "2026-10"

    /// A month of approved orders, and rates by which they are paid.
    private func approved(_ suite: RunningSuite) async throws {
        for table in ["timesheets", "rates", "positions", "refunds", "splits"] {
            let path = suite.folder.file("\(table).csv")
            try await suite.check("books", "sample", table, "--month", Self.month, "--output", path)
            try await suite.check("books", "import", table, path)
        }
        let params = "{\"month\":\"\(Self.month)\"}"
        try await suite.check("job", "submit", "sync-task-order-logs", "--params", params, "--wait")
        let said = try await suite.check("books", "approve", "--month", Self.month)
        #expect(said == "20 orders of \(Self.month) approved\n")
    }

    private func payouts(_ suite: RunningSuite) async throws -> [[String: String]] {
        Table(csv: try await suite.check("books", "export", "payouts", "--format", "csv")).rows
    }

    @Test func aPreviewWritesNothingARunPaysAndASecondRunFindsNothing() async throws {
        try await RunningSuite.run { suite in
            try await approved(suite)
            let preview = try await suite.check("payout", "preview", "--month", Self.month)
            #expect(preview.contains("Would be paid") && preview.contains("working days"), "\(preview)")
            #expect(try await payouts(suite).isEmpty)

            let paid = try await suite.check("payout", "run", "--month", Self.month, "--json")
            let result = try Tree(paid)["job"]["result"]
            #expect(result["payouts_created"].int == 20)
            #expect(result["orders_processed"].int == 20)
            #expect(result["type"].string == "Service Fee")
            let rows = try await payouts(suite)
            #expect(Set(rows.compactMap { $0["source_id"] }).count == 20)
            for detail in result["details"].elements {
                let row = try #require(rows.first { $0["id"] == detail["payout_page_id"].string })
                #expect(Decimal(string: row["amount"]!) == detail["amount"].decimal)
                #expect(row["status"] == "Pending")
            }
            let orders = Table(csv: try await suite.check("books", "export", "orders", "--format", "csv"))
            #expect(Set(orders.rows.map { $0["status"] }) == ["Completed"])

            let again = try await suite.check("payout", "run")
            #expect(again.contains("Payouts created  0"), "\(again)")
            #expect(try await payouts(suite).count == 20)
            for type in ["refund", "invoice-split"] {
                #expect(try await suite.check("payout", "run", type).contains("Payouts created  3"))
            }
            #expect(try await payouts(suite).count == 26)
            let shown = try await suite.check("books", "show", "payouts")
            #expect(shown.contains("Commission") && shown.contains("Refund") && shown.contains("Service Fee"))
            let logs = try await suite.check("logs", "--job", "3")
            #expect(!logs.contains("VND"), "no amount stands in the log")
        }
    }

    @Test func whoCannotBePaidIsNamedAndARetryPaysWhenTheRateIsMended() async throws {
        try await RunningSuite.run { suite in
            try await approved(suite)
            let nobody = "id,contractor,status,payday\nrate-ada.marlow,ada.marlow,Ended,1\n"
            try await suite.check("books", "import", "rates", suite.folder.write(nobody, to: "ended.csv"))
            let run = try await suite.millctl("payout", "run", "--json")
            #expect(run.status == 2, "\(run)")
            let job = try Tree(run.output)["job"]
            #expect(job["state"].string == "partial")
            #expect(job["result"]["errors"].int == 1)
            let bad = job["result"]["details"].elements.filter { $0["status"].string == "error" }
            #expect(bad.map { $0["reason"].string } == ["no active rate"])
            #expect(bad.first?["contractor_id"].string == "ada.marlow")

            let mended = "id,contractor,status,payday\nrate-ada.marlow,ada.marlow,Active,1\n"
            try await suite.check("books", "import", "rates", suite.folder.write(mended, to: "mended.csv"))
            let id = try #require(job["id"].int)
            try await suite.check("job", "retry", "\(id)", "--wait")
            let again = try await suite.job(id)
            #expect(again["result"]["payouts_created"].int == 20)
            #expect(try await payouts(suite).count == 20)
        }
    }

    @Test func twoJobsAtOncePayEachOrderOnce() async throws {
        // Each request takes a while, so both have looked before either has paid.
        try await RunningSuite.run(environment: ["MILLRACE_REHEARSAL_DELAY_MS": "20"]) { suite in
            try await approved(suite)
            let submit = "{\"kind\":\"create-contractor-payouts\",\"params\":{}}"
            let one = try #require(try await suite.call("job.submit", submit)["id"].int)
            let two = try #require(try await suite.call("job.submit", submit)["id"].int)
            let jobs = [try await suite.finished(one), try await suite.finished(two)]
            #expect(jobs.allSatisfy { $0["state"].string == "succeeded" })
            #expect(jobs.compactMap { $0["result"]["payouts_created"].int }.reduce(0, +) == 20)
            #expect(jobs.compactMap { $0["result"]["orders_skipped"].int }.reduce(0, +) == 20)
            let rows = try await payouts(suite)
            #expect(rows.count == 20)
            #expect(Set(rows.compactMap { $0["source_id"] }).count == 20)
        }
    }

    @Test func aRunIsRefusedWhileAnotherOfItsTypeIsUnderWay() async throws {
        try await RunningSuite.run(environment: ["MILLRACE_REHEARSAL_DELAY_MS": "50"]) { suite in
            try await approved(suite)
            let first = try suite.start("payout", "run", "--json")
            try await eventually("the first run is there") {
                try await suite.call("job.list", "{\"kind\":\"create-contractor-payouts\"}")["jobs"] != .array([])
            }
            let second = try await suite.millctl("payout", "run")
            #expect(!second.succeeded)
            #expect(second.errors.contains("create-contractor-payouts/payroll"), "\(second)")
            #expect(try await first.wait(within: .seconds(120)) == .exited(0))
            #expect(try await payouts(suite).count == 20)
        }
    }

    @Test func aKilledRunnerPaysTheRestAndNobodyTwice() async throws {
        try await RunningSuite.run(environment: ["MILLRACE_REHEARSAL_DELAY_MS": "20"]) { suite in
            try await approved(suite)
            let waiting = try suite.start("payout", "run", "--month", Self.month, "--json")
            try await eventually("some are paid", every: .milliseconds(5)) {
                let jobs = try await suite.call("job.list", "{\"kind\":\"create-contractor-payouts\"}")["jobs"]
                return (jobs[0]["items"]["succeeded"].int ?? 0) >= 4
            }
            kill(try await suite.processID(), SIGKILL)
            #expect(try await waiting.wait(within: .seconds(120)) == .exited(0), "\(waiting.progress.value.errorText)")
            let result = try Tree(waiting.progress.value.outputText)["job"]["result"]
            #expect(result["payouts_created"].int == 20, "what was made before the kill is counted too")
            #expect(result["orders_skipped"].int == 0)
            let rows = try await payouts(suite)
            #expect(rows.count == 20)
            #expect(Set(rows.compactMap { $0["source_id"] }).count == 20)
            let orders = Table(csv: try await suite.check("books", "export", "orders", "--format", "csv"))
            #expect(Set(orders.rows.map { $0["status"] }) == ["Completed"], "none is left half done")
        }
    }

    @Test func booksThatCannotBeReadFailTheJobBeforeAnythingIsWritten() async throws {
        try await RunningSuite.run { suite in
            try await approved(suite)
            // Rates are read in the preload: one that is no number is damage that nobody may pay by.
            _ = try await check([
                "sqlite3", suite.books,
                "UPDATE contractor_rate SET hourly_rate = '1.2.3' WHERE contractor = 'ada.marlow'",
            ])
            let run = try await suite.millctl("payout", "run")
            #expect(run.status == 1, "\(run)")
            #expect((run.output + run.errors).contains("hourly_rate"), "\(run)")
            #expect(try await payouts(suite).isEmpty)
        }
    }

    @Test func aWrongRoundingTableStopsTheWorkersStart() async throws {
        let worker = try await run(
            [Binary.path("millrace-backoffice"), "--connect", "/nowhere/runner.sock"],
            environment: ["PAYOUT_ROUNDING": "VND=1000,USD=none"])
        #expect(worker.status == 78, "\(worker)")
        #expect(worker.errors.contains("PAYOUT_ROUNDING: 'USD=none' is not of the form CURRENCY=UNIT"), "\(worker)")
    }

    @Test func everyNumberOfWorkersPaysTheSame() async throws {
        var outcomes: Set<String> = []
        for workers in ["1", "5", "20"] {
            let environment = ["REFUND_PROCESSING_WORKERS": workers, "INVOICE_SPLIT_PROCESSING_WORKERS": workers]
            outcomes.insert(
                try await RunningSuite.run(environment: environment) { suite in
                    try await approved(suite)
                    var said = ""
                    for type in ["payroll", "refund", "invoice-split"] {
                        said += "\(try Tree(try await suite.check("payout", "run", type, "--json"))["job"]["result"])\n"
                    }
                    return said + (try await suite.check("books", "export", "payouts", "--format", "csv"))
                })
        }
        #expect(outcomes.count == 1)
    }
}
