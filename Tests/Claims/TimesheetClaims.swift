import BackOffice
import Linux

/// Timesheets to orders: 20 contractors, 60 projects.
struct TimesheetClaims {
    let scratch: Scratch
    private static let month = Month(year: 2025, month: 12)!

    /// A run as the runner drives it.
    static func run(
        _ books: any Books, _ summarizer: any Summarizer = OriginalTexts(), pool: Int = 5
    ) async throws -> SyncResult {
        let sync = TaskOrderLogSync(books: books, summarizer: summarizer, pool: PoolSize(configured: pool))
        let parameters = SyncParameters(month: month)
        let plan = try await sync.plan(parameters)
        let context = try await sync.preload(parameters, contractors: plan.contractors, entries: plan.entries)
        let outcomes = try await SideBySide.map(plan.contractors, atOnce: plan.workers) { contractor in
            let outcome = try await sync.process(contractor, parameters, context)
            return (contractor, Result<ContractorOutcome, ContractorFailure>.success(outcome))
        }
        return sync.summarize(outcomes, parameters)
    }

    private func sample() async throws -> (SQLiteBooks, StatementCounter) {
        let (books, counter) = try scratch.books()
        var csv = CSVWriter()
        csv.record(["id", "date", "contractor", "project", "hours", "status", "text"])
        for (index, contractor) in SampleBooks.contractors.enumerated() {
            for project in SampleBooks.projects(of: index) {
                csv.record(["\(project)-1", "2025-12-03", contractor, project, "7.5", "Reviewed", "work on \(project)"])
            }
        }
        _ = try await BooksImport(.timesheets, format: .csv).run(csv.bytes, into: books)
        counter.reset()
        return (books, counter)
    }

    func calls() async throws -> ClaimsTable {
        let (books, counter) = try await sample()
        let meter = CallMeter()
        _ = try await Self.run(MeteredBooks(books, meter: meter), MeteredSummarizer(meter: meter))
        let first = requests(meter)
        let again = CallMeter()
        _ = try await Self.run(MeteredBooks(books, meter: again), MeteredSummarizer(meter: again))
        let second = requests(again)
        books.close()

        let (own, ownCounter) = try await sample()
        let summaries = CallMeter()
        let result = try await Self.run(own, MeteredSummarizer(meter: summaries))
        let ours = "\(ownCounter.reads) reads, \(ownCounter.writes) writes, \(summaries.total) summaries"
        ownCounter.reset()
        let noSummaries = CallMeter()
        let repeated = try await Self.run(own, MeteredSummarizer(meter: noSummaries))
        let oursAgain = "\(ownCounter.reads) reads, \(ownCounter.writes) writes, \(noSummaries.total) summaries"
        own.close()
        counter.reset()

        let notion = try await NotionClaims.timesheets()
        return ClaimsTable(
            title: "Timesheets to orders: requests",
            intro: """
                20 contractors with 3 projects each and an entry for each, all new; then the same month again, nothing \
                changed.
                """,
            columns: ("original, modelled", "Millrace, SQLite books"),
            claims: [
                Claim(
                    what: "a month, all new (\(result.ordersCreated) orders, \(result.lineItemsCreated) lines)",
                    claimed: "341 requests + 60 summaries", original: first, measured: ours,
                    notion: "\(notion.first.total): \(notion.first.text)"),
                Claim(
                    what: "the same again (\(repeated.lineItemsUpdated ?? 0) lines updated)",
                    claimed: "201 + 60, later 201 + 0", original: second, measured: oursAgain,
                    notion: "\(notion.second.total): \(notion.second.text)"),
            ],
            notes: [
                """
                The writes: an order each, a line each, and a link from each line to each of its timesheet entries. The \
                look-ups that a transaction makes before it writes are among the reads; workers look up what was \
                preloaded, in memory.
                """
            ])
    }

    private func requests(_ meter: CallMeter) -> String {
        let summaries = meter.counts["summary"] ?? 0
        return "\(meter.total - summaries) + \(summaries)"
    }

    func times() async throws -> ClaimsTable {
        var claims: [Claim] = []
        for (pool, claimed) in [(1, "60 s"), (4, "15 s"), (5, "12 s"), (10, "6 s"), (20, "3 s")] {
            let (books, _) = try await sample()
            let meter = CallMeter(delay: .milliseconds(150))
            let original = try await ClaimTime.seconds {
                _ = try await Self.run(MeteredBooks(books, meter: meter), MeteredSummarizer(meter: meter), pool: pool)
            }
            books.close()
            let (own, _) = try await sample()
            let ours = try await ClaimTime.seconds { _ = try await Self.run(own, pool: pool) }
            own.close()
            claims.append(
                Claim(
                    what: "\(pool) at once", claimed: claimed, original: "\(original) s",
                    measured: "\(ours) s"))
        }
        return ClaimsTable(
            title: "Timesheets to orders: time by the size of the pool",
            intro:
                "The same month; every request of the original takes 150 ms, so that one after the other they take 60 s.",
            columns: ("original's requests, here", "Millrace, SQLite books, no delay"), claims: claims,
            notes: [
                "A service that allows three requests a second lets nobody be quicker than 401 / 3 = 134 s.",
                "The time on SQLite is that of commits: one transaction for each order and line, synced to the disk.",
            ])
    }
}
