import BackOffice
import Linux
import Notion
import Simulators
import TestSupport
import Testing

/// Whatever the service does, nothing is there twice, and a run without faults puts right what is missing.
@Suite(.serialized) struct SyncFaultTests {
    static let storms: [[FaultRule]] = [
        [FaultRule(.chance(0.3), .status(429, code: "rate_limited", retryAfter: "1"))],
        [FaultRule(.chance(0.2), .status(529, code: "service_overload", retryAfter: "1"))],
        [FaultRule(.chance(0.2), .status(500, code: "internal_server_error"))],
        [FaultRule(.chance(0.2), .status(503, code: "service_unavailable"))],
        [FaultRule(.chance(0.2), .doneButAnswered(504, code: "gateway_timeout"))],
        [FaultRule(.chance(0.03), .hang(done: true)), FaultRule(.chance(0.03), .hang(done: false))],
        [FaultRule(.chance(0.2), .cut)],
        [FaultRule(.chance(0.04), .drip(bytes: 20, every: .seconds(1)))],
        [FaultRule(.chance(0.2), .garbage)],
        [FaultRule(.chance(0.2), .lost)],
        [FaultRule("POST", "pages", .every(2), .lost)],
        [FaultRule("POST", "pages", .every(2), .doneButAnswered(503, code: "service_unavailable"))],
        [FaultRule("PATCH", "pages", .every(2), .status(409, code: "conflict_error"))],
    ]

    @Test(arguments: storms.indices)
    func nothingIsThereTwice(storm: Int) async throws {
        let month = TestMonth.regular(contractors: 6, projects: 3)
        var settings = NotionSimulator.Settings()
        settings.faults = Self.storms[storm]
        settings.seed = UInt64(storm) + 7
        try await BooksHarness.run(month.company, settings, change: { $0.timeout = .seconds(2) }) { harness in
            // A run whose first reads fail does nothing; the runner would plan it again.
            var first: SyncResult?
            for _ in 1...5 where first == nil { first = try? await sync(harness.books) }
            let result = try #require(first)
            #expect(harness.simulator.faults > 0)
            #expect(Set(harness.orders).count == harness.orders.count, "an order or line is there twice")

            harness.simulator.set { $0.faults = [] }
            let after = try await sync(harness.books)
            #expect(after.errors.isEmpty)
            #expect(Set(harness.orders).count == harness.orders.count, "an order or line is there twice")
            #expect(harness.orders.count == 6 + 18)
            #expect(after.ordersCreated + result.ordersCreated <= 6)
            #expect(after.details.allSatisfy { $0.projects.count == 3 })
        }
    }

    @Test func aCreateWhoseAnswerWasLostIsLookedForAndNotMadeAgain() async throws {
        let month = TestMonth.regular(contractors: 1, projects: 1)
        var settings = NotionSimulator.Settings()
        settings.faults = [FaultRule("POST", "pages", .calls(1...2), .lost)]
        try await BooksHarness.run(month.company, settings) { harness in
            let result = try await sync(harness.books)
            #expect(result.ordersCreated == 1)
            #expect(result.lineItemsCreated == 1)
            #expect(harness.simulator.counts["POST pages"] == 2)
            #expect(harness.simulator.notion.rows("orders").count == 2)
        }
    }

    @Test func aCreateThatNeverHappenedIsMadeAfterTheLook() async throws {
        let month = TestMonth.regular(contractors: 1, projects: 1)
        var settings = NotionSimulator.Settings()
        settings.faults = [FaultRule("POST", "pages", .calls(1...1), .status(500, code: "internal_server_error"))]
        try await BooksHarness.run(month.company, settings) { harness in
            let result = try await sync(harness.books)
            #expect(result.ordersCreated == 1)
            #expect(harness.simulator.counts["POST pages"] == 3)
            #expect(harness.simulator.notion.rows("orders").count == 2)
        }
    }

    @Test func anotherHandsLinkIsNotLost() async throws {
        let month = TestMonth.regular(contractors: 1, projects: 1)
        var settings = NotionSimulator.Settings()
        settings.faults = [FaultRule("PATCH", "pages", .calls(1...1), .status(409, code: "conflict_error"))]
        try await BooksHarness.run(month.company, settings) { harness in
            let result = try await sync(harness.books)
            #expect(result.lineItemsCreated == 1)
            let order = try #require(
                harness.simulator.notion.rows("orders").first { $0.values["Type"] == .text("Order") })
            let line = try #require(
                harness.simulator.notion.rows("orders").first { $0.values["Type"] == .text("Timesheet") })
            #expect(order.values["Sub-item"] == .pages([line.id]))
            #expect(harness.simulator.counts["PATCH pages/*"] == 2)
        }
    }

    @Test func aContractorWhoseOrderCannotBeMadeTakesNobodyAlong() async throws {
        let month = TestMonth.regular(contractors: 3, projects: 1)
        var settings = NotionSimulator.Settings()
        settings.faults = [FaultRule("POST", "pages", .calls(1...1), .status(400, code: "validation_error"))]
        try await BooksHarness.run(month.company, settings) { harness in
            let result = try await sync(harness.books, pool: 1)
            #expect(result.contractorsProcessed == 2)
            #expect(result.errors.count == 1)
            #expect(result.errors.first?.error.contains("validation_error") == true)
        }
    }

    @Test func aLinkThatFailsIsLoggedAndTheLineStays() async throws {
        let month = TestMonth.regular(contractors: 1, projects: 1)
        var settings = NotionSimulator.Settings()
        settings.faults = [FaultRule("PATCH", "pages", .every(1), .status(400, code: "validation_error"))]
        try await BooksHarness.run(month.company, settings) { harness in
            let result = try await sync(harness.books)
            #expect(result.lineItemsCreated == 1)
            #expect(harness.lines.withLock { $0 } == ["error line not linked into its order"])
            // The line says whose it is, so the next run finds all of it.
            harness.simulator.set { $0.faults = [] }
            let again = try await sync(harness.books)
            #expect(again.lineItemsCreated == 0)
            #expect(again.ordersCreated == 0)
        }
    }

    @Test func cancellingARunKeepsWhatIsDoneAndMakesNothingTwice() async throws {
        let month = TestMonth.regular(contractors: 6, projects: 2)
        var settings = NotionSimulator.Settings()
        settings.latency = .milliseconds(5)
        try await BooksHarness.run(month.company, settings) { harness in
            let run = Task { try await sync(harness.books, pool: 2) }
            try await harness.simulator.wait(for: "the first orders") { $0["POST pages", default: 0] >= 4 }
            run.cancel()
            let cut = try? await run.value
            #expect((cut?.contractorsProcessed ?? 0) < 6)
            let result = try await sync(harness.books)
            #expect(result.contractorsProcessed == 6)
            #expect(harness.orders.count == 18)
            #expect(Set(harness.orders).count == 18)
        }
    }

    @Test func tablesThatAreNotAsNeededAreNamedAllAtOnce() async throws {
        var month = TestMonth.regular(contractors: 1, projects: 1)
        month.company.notion.addTable(
            "orders", [.init("Name", .title), .init("Type", .richText), .init("Date", .date)])
        try await BooksHarness.run(month.company) { harness in
            do {
                try await harness.books.check()
                Issue.record("no error")
            } catch {
                let text = "\(error)"
                #expect(text.contains("orders has no property \"Sub-item\""))
                #expect(text.contains("property \"Type\" of orders is a rich_text, not a select or status"))
                #expect(text.contains("orders has no property \"Timesheet\""))
            }
        }
    }
}
