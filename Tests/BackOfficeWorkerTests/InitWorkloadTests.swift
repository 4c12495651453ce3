import JSONCodec
import MillraceProtocol
import Testing

@testable import BackOfficeWorker

@Suite struct InitWorkloadTests {
    @Test func aJobPreparesTheMonthItWasPlannedIn() async throws {
        let harness = WorkloadHarness { InitWorkload(books: $0) }
        try await harness.enter(
            "id,date,contractor,project,hours\n1,2020-01-01,ada,kafi,1\n2,2020-01-01,bob,nghe,1\n")
        let result = try JSON.decode(JSONValue.self, from: try await harness.job(#"{"month":"2025-03"}"#))
        #expect(result["orders_created"]?.intValue == 2)
        #expect(result["line_items_created"]?.intValue == 2)
        #expect(result["details"]?[1]?["order_page_id"]?.stringValue == "ord-202503-bob")

        let items = try await harness.plan("{}").items
        let month = try #require(items.first?.input)
        try await harness.preload("{}", items)
        let output = try JSON.decode(JSONValue.self, from: try await harness.process("{}", items, 0).bytes)
        #expect(output["month"] == (try JSON.decode(JSONValue.self, from: month.bytes))["month"])
    }

    @Test func noDeploymentsIsAJobWithoutItems() async throws {
        let harness = WorkloadHarness { InitWorkload(books: $0) }
        let result = try await harness.job(#"{"month":"2025-03"}"#)
        #expect(
            result == """
                {"month":"2025-03","orders_created":0,"line_items_created":0,"deployments_processed":0,"skipped":0,\
                "details":[],"errors":[]}
                """)
    }

    @Test func aWrongMonthIsNamed() async throws {
        let harness = WorkloadHarness { InitWorkload(books: $0) }
        let error = try #require(
            await #expect(throws: RPCError.self) { try await harness.plan(#"{"month":"March"}"#) })
        #expect((error.status, error.field) == (.invalidArgument, "month"))
    }
}
