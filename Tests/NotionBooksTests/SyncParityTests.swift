import BackOffice
import Decimals
import Simulators
import TestSupport
import Testing

/// The sync over Notion gives what it gives over SQLite.
@Suite(.serialized) struct SyncParityTests {
    @Test(arguments: UInt64(1)...12)
    func randomMonthsGiveTheSameInBothBooks(seed: UInt64) async throws {
        var month = TestMonth.random(seed: seed)
        var random = SeededGenerator(seed: seed &+ 1000)
        let local = try TemporaryBooks()
        let version = seed % 3 == 0 ? "2022-06-28" : "2025-09-03"
        try await BooksHarness.run(month.company, version: version) { harness in
            for round in 1...4 {
                try await month.enter(into: local.books)
                var parameters = SyncParameters(month: TestMonth.month)
                if round == 2 { parameters.force = true }
                if round == 3 { parameters.updateHoursOnly = true }
                if seed % 4 == 1 { parameters.contractor = "c1" }
                if seed % 4 == 2 { parameters.project = "p2" }
                let expected = try await sync(local.books, parameters)
                let found = try await sync(harness.books, parameters)
                #expect(facts(found, month) == facts(expected, month), "round \(round)")
                #expect(try await local.orders() == harness.orders, "round \(round)")

                // The same once more writes nothing and summarises nothing.
                harness.simulator.resetCounts()
                let summaries = CountingSummarizer()
                let again = try await sync(harness.books, parameters, summarizer: summaries)
                #expect(harness.writes == 0)
                #expect(summaries.count == 0)
                #expect(again.ordersCreated == 0)
                change(&month, harness, &random)
            }
        }
    }

    /// Some entries get other hours or another status.
    private func change(_ month: inout TestMonth, _ harness: BooksHarness, _ random: inout SeededGenerator) {
        for index in month.entries.indices where Int.random(in: 0..<4, using: &random) == 0 {
            let hours = ExactDecimal(coefficient: Int128(Int.random(in: 0...900, using: &random)), scale: 2).description
            let status = ["Reviewed", "Reviewed", "Draft"].randomElement(using: &random)!
            month.entries[index].hours = hours
            month.entries[index].status = status
            let page = month.entries[index].page
            harness.simulator.edit {
                $0.change(page, "Approximate effort", .number(hours))
                $0.change(page, "Status", .text(status))
            }
        }
    }

    /// With names instead of ids on both sides.
    private func facts(_ result: SyncResult, _ month: TestMonth) -> SyncFacts {
        let contractors = Dictionary(month.contractors.map { ($0.value, $0.key) }) { $1 }
        let projects = Dictionary(month.projects.map { ($0.value, $0.key) }) { $1 }
        return SyncFacts(result, contractor: { contractors[$0] ?? $0 }, project: { projects[$0] ?? $0 })
    }

    @Test func aLineOfManyEntriesIsReadWhole() async throws {
        let month = TestMonth.regular(contractors: 1, projects: 1, entriesEach: 90)
        try await BooksHarness.run(month.company) { harness in
            let first = try await sync(harness.books)
            #expect(first.details.first?.projects.first?.timesheets == 90)
            harness.simulator.resetCounts()
            let again = try await sync(harness.books)
            #expect(again.lineItemsUpdated == 0)
            #expect(harness.writes == 0)
            #expect(harness.simulator.counts["GET pages/*/properties/*"] == 1)
        }
    }

    @Test func moreEntriesThanARelationHoldsLoseTheirProjectOnly() async throws {
        var month = TestMonth.regular(contractors: 1, projects: 1, entriesEach: 101)
        month.add(
            .init(
                id: "other", date: "2026-10-05", contractor: "c1", project: "small", hours: "1", status: "Reviewed",
                text: "x"))
        try await BooksHarness.run(month.company) { harness in
            let result = try await sync(harness.books)
            #expect(result.details.first?.projects.count == 1)
            #expect(result.errors.isEmpty)
        }
    }

    @Test func anOrderWithoutLinesIsFoundByItsTitle() async throws {
        var month = TestMonth.regular(contractors: 2, projects: 1)
        month.company.order("c1", month: "2026-10", lastDay: "2026-10-31", status: "Draft")
        try await BooksHarness.run(month.company) { harness in
            let result = try await sync(harness.books)
            #expect(result.ordersCreated == 1)
            #expect(result.lineItemsCreated == 2)
            #expect(harness.simulator.notion.rows("orders").count == 4)
        }
    }

    @Test func anOrderIsFoundAmongMoreLinesThanOnePageHolds() async throws {
        let month = TestMonth.regular(contractors: 40, projects: 3)
        try await BooksHarness.run(month.company) { harness in
            let first = try await sync(harness.books, pool: 20)
            let second = try await sync(harness.books, pool: 20)
            #expect(first.ordersCreated == 40)
            #expect(second.ordersCreated == 0)
            #expect(harness.simulator.notion.rows("orders").count == 160)
        }
    }

    @Test func aMonthIsPreparedOnce() async throws {
        let month = TestMonth.regular(contractors: 3, projects: 2)
        try await BooksHarness.run(month.company) { harness in
            for round in 1...2 {
                let task = TaskOrderLogInit(books: harness.books)
                let parameters = InitParameters(month: TestMonth.month)
                let plan = try await task.plan(parameters)
                let context = try await task.preload(
                    parameters, month: plan.month, contractors: plan.contractors)
                var made = 0
                for contractor in plan.contractors {
                    made += try await task.process(contractor, month: plan.month, context).created.count
                }
                #expect(made == (round == 1 ? 6 : 0))
                #expect(harness.simulator.notion.rows("orders").count == 9)
            }
            // What was prepared empty is filled, not made again.
            let result = try await sync(harness.books)
            #expect(result.ordersCreated == 0)
            #expect(result.lineItemsCreated == 0)
            #expect(result.lineItemsUpdated == 6)
        }
    }

    @Test func tablesThatAreOtherwiseAreNamedAtOnce() async throws {
        let month = TestMonth.regular(contractors: 1, projects: 1)
        try await BooksHarness.run(month.company) { harness in
            try await harness.books.check()
        }
    }
}
