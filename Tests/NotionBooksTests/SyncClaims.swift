import BackOffice
import Simulators

/// What a sync over Notion costs in requests, counted at the service: for tests, and for the table of claims.
struct SyncClaims {
    /// Databases and data sources that are looked up once a process.
    var discovery: Int
    /// Of a run that finds nothing there, without those.
    var first: Int
    var firstSummaries: Int
    /// Of a run that finds everything there.
    var second: Int
    var secondWrites: Int
    var secondSummaries: Int

    static func measure(contractors: Int, projectsEach: Int, keepsBothSides: Bool = false) async throws -> SyncClaims {
        let month = TestMonth.regular(
            contractors: contractors, projects: projectsEach, keepsBothSides: keepsBothSides)
        return try await BooksHarness.run(month.company) { harness in
            let summaries = CountingSummarizer()
            _ = try await sync(harness.books, summarizer: summaries)
            let counts = harness.simulator.counts
            let discovery = ["GET databases/*", "GET data_sources/*"].reduce(0) { $0 + (counts[$1] ?? 0) }
            let first = harness.simulator.total - discovery
            let firstSummaries = summaries.count
            harness.simulator.resetCounts()
            _ = try await sync(harness.books, summarizer: summaries)
            return SyncClaims(
                discovery: discovery, first: first, firstSummaries: firstSummaries, second: harness.simulator.total,
                secondWrites: harness.writes, secondSummaries: summaries.count - firstSummaries)
        }
    }
}
