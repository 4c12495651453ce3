import BackOffice
import Simulators
import TestSupport
import Testing

/// How many requests a sync costs over Notion, counted at the service.
@Suite(.serialized) struct SyncCountTests {
    /// The headline of the domain: 20 contractors, 60 projects.
    @Test func twentyContractorsWithSixtyProjects() async throws {
        let counts = try await SyncClaims.measure(contractors: 20, projectsEach: 3)
        // Tables are looked up once a process: a database and its data source each.
        #expect(counts.discovery == 6)
        // Entries, month, deployments; a look and a create for each order; a create, a read and a write for each line.
        #expect(counts.first == 3 + 20 * 2 + 60 * 3)
        #expect(counts.firstSummaries == 60)
        #expect(counts.second == 3)
        #expect(counts.secondWrites == 0)
        #expect(counts.secondSummaries == 0)
    }

    @Test func whereNotionKeepsBothSidesALineCostsTwo() async throws {
        let counts = try await SyncClaims.measure(contractors: 4, projectsEach: 3, keepsBothSides: true)
        #expect(counts.first == 3 + 4 * 2 + 12 * 2)
    }

    @Test func aChangedLineCostsTwoAndItsOrderOneLook() async throws {
        let month = TestMonth.regular(contractors: 3, projects: 2)
        try await BooksHarness.run(month.company) { harness in
            _ = try await sync(harness.books)
            for entry in month.entries.filter({ $0.contractor == "c1" }) {
                harness.simulator.edit { $0.change(entry.page, "Approximate effort", .number("7")) }
            }
            harness.simulator.resetCounts()
            let result = try await sync(harness.books)
            #expect(result.lineItemsUpdated == 2)
            // What this process wrote moments ago it need not look up again.
            #expect(harness.simulator.counts["PATCH pages/*"] == 4)
            #expect(harness.simulator.total == 3 + 4)
        }
    }
}
