import BackOffice
import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore
import TestSupport
import Testing

@testable import BackOfficeWorker

@Suite struct SyncWorkloadTests {
    private let timesheets = """
        id,date,contractor,project,hours,text
        e1,2025-01-02,ada,kafi,0.1,doors
        e2,2025-01-03,ada,kafi,0.2,
        e3,2025-01-02,bob,nghe,8,
        """

    private func harness(_ environment: [String: String] = [:]) async throws -> WorkloadHarness<SyncWorkload> {
        let harness = WorkloadHarness(environment) { SyncWorkload(books: $0) }
        try await harness.enter(timesheets)
        return harness
    }

    @Test func aJobGoesFromParamsToResult() async throws {
        let harness = try await harness()
        #expect(
            try await harness.job(#"{"month":"2025-01"}"#) == """
                {"month":"2025-01","orders_created":2,"line_items_created":2,"line_items_updated":0,\
                "contractors_processed":2,"details":[\
                {"contractor_id":"ada","order_page_id":"ord-202501-ada","total_hours":0.3,"update_hours_only":false,\
                "projects":[{"project_id":"kafi","line_item_page_id":"lin-202501-ada/kafi","hours":0.3,\
                "timesheets_aggregated":2}]},\
                {"contractor_id":"bob","order_page_id":"ord-202501-bob","total_hours":8,"update_hours_only":false,\
                "projects":[{"project_id":"nghe","line_item_page_id":"lin-202501-bob/nghe","hours":8,\
                "timesheets_aggregated":1}]}],"errors":[]}
                """)
        #expect(try await harness.job(#"{"month":"2025-02"}"#, id: JobID(8)).contains(#""details":[]"#))
    }

    @Test(arguments: [
        ("{}", "month"), (#"{"month":"2025-13"}"#, "month"), (#"{"month":"2025-01","batch":7}"#, "batch"),
        (#"{"month":"2025-01","colour":"red"}"#, "colour"),
    ])
    func aWrongParameterFailsTheJobAndNamesTheField(params: String, field: String) async throws {
        let harness = try await harness()
        let error = try #require(await #expect(throws: RPCError.self) { try await harness.plan(params) })
        #expect(error.status == .invalidArgument)
        #expect(error.field == field)
    }

    @Test func thePlanHasAnItemPerContractorAndNoMoreSlotsThanThat() async throws {
        let plan = try await harness().plan(#"{"month":"2025-01"}"#)
        #expect(plan.items.map(\.key) == ["ada", "bob"])
        #expect(plan.slots == 2)
        let one = try await harness(["TASK_ORDER_LOG_WORKER_POOL_SIZE": "0"]).plan(#"{"month":"2025-01"}"#)
        #expect(one.slots == 1)
    }

    @Test func failedAndUnfinishedContractorsStandAmongTheErrorsOnly() async throws {
        let harness = try await harness()
        let params = #"{"month":"2025-01"}"#
        let items = try await harness.plan(params).items
        try await harness.preload(params, items)
        let output = try await harness.process(params, items, 0)
        let result = try await harness.summarize(
            params,
            [
                harness.view("cyd", 2, .cancelled), harness.view("ada", 0, .succeeded, output: output),
                harness.view("bob", 1, .failed, error: RPCError(.unavailable, "the books: locked", reason: "x")),
                harness.view("dan", 3, .running),
            ], cancelled: true)
        let json = try JSON.decode(JSONValue.self, from: result)
        #expect(json["contractors_processed"]?.intValue == 1)
        #expect(
            json["errors"] == [
                ["contractor_id": "bob", "error": "the books: locked"],
                ["contractor_id": "cyd", "error": "cancelled"], ["contractor_id": "dan", "error": "cancelled"],
            ])
    }

    @Test func theEntriesArePassedOnFromPlanToPreload() async throws {
        let harness = try await harness(["MILLRACE_REHEARSAL_DELAY_MS": "1"])
        let params = #"{"month":"2025-01"}"#
        _ = try await harness.job(params)
        #expect(harness.door.meter.counts["entries.query"] == 1)
        #expect(harness.door.meter.counts["summary"] == 1)
        #expect(harness.door.meter.total == 1 + 2 * 2 + 2 * 5 + 1)
    }

    @Test func aWorkerThatDidNotPlanPreloadsByItself() async throws {
        let harness = try await harness()
        let params = #"{"month":"2025-01"}"#
        let items = try await harness.plan(params).items
        try await harness.preload(params, items, job: JobID(8))
        let output = try await harness.process(params, items, 0, job: JobID(8))
        #expect(output.text.contains(#""total_hours":0.3"#))
    }

    @Test func theLogBearsTheJobAndTheContractor() async throws {
        let harness = try await harness()
        _ = try await harness.job(#"{"month":"2025-01"}"#)
        let lines = harness.lines.withLock { $0 }
        #expect(
            lines.first == """
                info sync of task order logs starts contractors=2 correlation-id=c-1 entries=3 job-id=7 \
                job-kind=sync-task-order-logs month=2025-01 workers=2
                """)
        for contractor in ["ada", "bob"] {
            for word in ["starts", "ends"] {
                #expect(lines.contains { $0.hasPrefix("info contractor \(word) contractor=\(contractor) ") })
            }
        }
        #expect(lines.last?.contains("is complete") == true)
    }

    @Test func booksThatDoNotOpenFailTheJobUntilTheyDo() async throws {
        let folder = TemporaryDirectory()
        let blocked = folder.write("not a folder", to: "data")
        let door = BooksDoor(
            settings: BackOfficeSettings(environment: { ["MILLRACE_STATE": folder.path][$0] }))
        let error = try #require(
            await #expect(throws: RPCError.self) { try await answering { try door.books(for: .example) } })
        #expect(error.status == .failedPrecondition)
        #expect(error.reason == "books.cannotOpen")
        try Files.remove(blocked)
        _ = try door.books(for: .example)
        #expect(Files.exists(folder.file("data/books.sqlite")))
    }

    @Test(
        arguments: [
            (.busy, true), (.ioError(.other), true), (.full, true), (.constraint(.unique), true), (.corrupt, false),
            (.fromTheFuture(9), false), (.misuse, false), (.cannotOpen, false),
        ] as [(StoreError.Kind, Bool)])
    func anErrorOfTheBooksSaysWhetherTryingAgainMayHelp(kind: StoreError.Kind, transient: Bool) async throws {
        let error = try #require(
            await #expect(throws: RPCError.self) { try await answering { throw StoreError(kind, "oh") } })
        #expect(error.status?.isTransient == transient)
    }
}
