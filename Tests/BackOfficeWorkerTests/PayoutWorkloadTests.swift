import BackOffice
import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore
import TestSupport
import Testing

@testable import BackOfficeWorker

@Suite struct PayoutWorkloadTests {
    /// Approved orders of December 2025: ada has a rate, bob has none.
    private func harness(_ environment: [String: String] = [:]) async throws -> WorkloadHarness<PayoutWorkload> {
        let harness = WorkloadHarness(environment) { PayoutWorkload(books: $0) }
        try await harness.enter(
            "id,date,contractor,project,hours,text\ne1,2025-12-02,ada,kafi,8,doors\ne2,2025-12-02,bob,kafi,4,\n")
        let books = try SQLiteBooks(path: harness.folder.file("books.sqlite"), creates: true)
        defer { books.close() }
        let month = try #require(Month("2025-12"))
        for contractor in ["ada", "bob"] {
            let order = try await books.ensureOrder(of: ContractorID(contractor), month: month).order
            _ = try await books.putLine(
                LineDraft(
                    order: order.id, deployment: DeploymentID("\(contractor)/kafi"), hours: 8, summary: "",
                    entries: []))
        }
        _ = try await books.approveOrders(month: month)
        try await take(
            "id,contractor,payday,billing_type,monthly_fixed,currency\nr,ada,1,Monthly Fixed,2000,USD\n", harness)
        return harness
    }

    private func take(_ rates: String, _ harness: WorkloadHarness<PayoutWorkload>) async throws {
        let books = try SQLiteBooks(path: harness.folder.file("books.sqlite"), creates: true)
        defer { books.close() }
        _ = try await BooksImport(.rates, format: .csv).run(Array(rates.utf8), into: books)
    }

    @Test func whatCannotBePaidIsAFailedItemThatKeepsItsDetail() async throws {
        let harness = try await harness()
        let params = #"{"month":"2025-12"}"#
        let plan = try await harness.plan(params)
        #expect(plan.items.map(\.key) == ["ord-202512-ada", "ord-202512-bob"])
        #expect(plan.slots == 5, "as ever; the runner starts no more than there are")
        try await harness.preload(params, plan.items)
        let output = try await harness.process(params, plan.items, 0)
        let thrown = try #require(
            await #expect(throws: RPCError.self) { try await harness.process(params, plan.items, 1) })
        #expect((thrown.status, thrown.reason) == (.failedPrecondition, "payout.refused"))
        #expect(thrown.status?.isTransient == false)
        // As the runner keeps it.
        let error = try JSON.decode(RPCError.self, from: JSON.text(thrown))
        let result = try await harness.summarize(
            params,
            [
                harness.view("ord-202512-ada", 0, .succeeded, output: output),
                harness.view("ord-202512-bob", 1, .failed, error: error), harness.view("ord-x", 2, .cancelled),
                harness.view("ord-y", 3, .failed, error: RPCError(.unavailable, "worker was lost", reason: "x")),
            ])
        #expect(
            result == """
                {"payouts_created":1,"orders_processed":4,"orders_skipped":0,"errors":3,"details":[\
                {"order_page_id":"ord-202512-ada","contractor_name":"","contractor_id":"ada","month":"2025-12",\
                "hours":8,"payout_page_id":"pay-ord-202512-ada","status":"created","reason":null,"amount":2000,\
                "currency":"USD","billing_type":"Monthly Fixed"},\
                {"order_page_id":"ord-202512-bob","contractor_name":"","contractor_id":"bob","month":"2025-12",\
                "hours":8,"payout_page_id":null,"status":"error","reason":"no active rate"},\
                {"order_page_id":"ord-x","contractor_name":"","contractor_id":"","month":"","hours":0,\
                "payout_page_id":null,"status":"error","reason":"cancelled"},\
                {"order_page_id":"ord-y","contractor_name":"","contractor_id":"","month":"","hours":0,\
                "payout_page_id":null,"status":"error","reason":"worker was lost"}],"type":"Service Fee"}
                """)
    }

    @Test(arguments: [
        (#"{"payout":{"order_page_id":"o","status":"odd"}}"#, true), (#"[1]"#, true),
        (#"{"other":{"status":1}}"#, false),
    ])
    func aDetailThatDoesNotReadIsToldAndItsErrorStandsAlone(details: String, isTold: Bool) async throws {
        let harness = try await harness()
        var error = RPCError(.internal, "no luck", reason: "x")
        error.details = JSONRaw(unchecked: Array(details.utf8))
        let result = try await harness.summarize(#"{"month":"2025-12"}"#, [harness.view("o", 0, .failed, error: error)])
        #expect(
            result == """
                {"payouts_created":0,"orders_processed":1,"orders_skipped":0,"errors":1,"details":[\
                {"order_page_id":"o","contractor_name":"","contractor_id":"","month":"","hours":0,\
                "payout_page_id":null,"status":"error","reason":"no luck"}],"type":"Service Fee"}
                """)
        let told = harness.lines.withLock { $0 }.filter { $0.contains("the detail of the payout of o does not read") }
        #expect(told.count == (isTold ? 1 : 0))
    }

    @Test func aJobTakenUpAgainCountsItsOwnPayoutAndAnotherJobDoesNot() async throws {
        let harness = try await harness()
        let params = #"{"contractor":"ada"}"#
        let items = try await harness.plan(params).items
        try await harness.preload(params, items)
        _ = try await harness.process(params, items, 0)
        try await harness.preload(params, items)
        #expect(try await harness.process(params, items, 0).text.contains(#""status":"created""#))
        try await harness.preload(params, items, job: JobID(8))
        let other = try await harness.process(params, items, 0, job: JobID(8)).text
        #expect(other.contains(#""payout_page_id":"pay-ord-202512-ada","status":"skipped""#))
    }

    @Test(arguments: [
        (#"{"type":"salary"}"#, "type"), (#"{"month":"2025-13"}"#, "month"), (#"{"payDay":"soon"}"#, "payDay"),
        (#"{"type":"refund","month":"2025-12"}"#, "month"),
    ])
    func aWrongParameterFailsTheJobAndNamesTheField(params: String, field: String) async throws {
        let harness = try await harness()
        let error = try #require(await #expect(throws: RPCError.self) { try await harness.plan(params) })
        #expect((error.status, error.field) == (.invalidArgument, field))
    }

    @Test func theSettingsDecideHowManyRefundsAndSplitsAreLookedAtAtOnce() async throws {
        let harness = try await harness([
            "REFUND_PROCESSING_WORKERS": "7", "INVOICE_SPLIT_PROCESSING_WORKERS": "99",
        ])
        #expect(try await harness.plan(#"{"type":"refund"}"#).slots == 7)
        #expect(try await harness.plan(#"{"type":"invoice_split"}"#).slots == 20)
        #expect(
            harness.door.settings.warnings == [
                "INVOICE_SPLIT_PROCESSING_WORKERS=99 is not a number from 1 to 20; 20 is used"
            ])
    }

    @Test func aWrongRoundingTableIsAProblemOfTheStart() {
        let settings = BackOfficeSettings { $0 == "PAYOUT_ROUNDING" ? "VND:1000" : nil }
        #expect(
            settings.problems == [
                "PAYOUT_ROUNDING: 'VND:1000' is not of the form CURRENCY=UNIT, as VND=1000 or *=0.01"
            ])
        #expect(BackOfficeSettings { _ in nil }.problems.isEmpty)
    }

    /// What the system before this one asked for the same: domain figures, one line per order here.
    @Test func aRehearsalCountsWhatItOnceCost() async throws {
        let harness = try await harness(["MILLRACE_REHEARSAL_DELAY_MS": "1"])
        _ = try await harness.plan(#"{"contractor":"ada"}"#)
        #expect(harness.door.meter.counts == ["orders.query": 1, "contractor.name": 2])
        let items = try await harness.plan(#"{"contractor":"ada"}"#).items
        try await harness.preload(#"{"contractor":"ada"}"#, items)
        _ = try await harness.process(#"{"contractor":"ada"}"#, items, 0)
        let counts = harness.door.meter.counts
        #expect((counts["rates.query"], counts["contractor.read"], counts["payouts.query"]) == (1, 1, 1))
        #expect((counts["positions.read"], counts["payout.create"]) == (1, 1))
        #expect((counts["order.update"], counts["lines.query"]) == (1, 1))
        #expect((counts["line.read"], counts["line.update"]) == (2, 1))
    }
}
