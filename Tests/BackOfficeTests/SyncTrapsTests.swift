import BackOffice
import JSONCodec
import Linux
import TestSupport
import Testing

/// What went wrong in the system before this one, and what goes wrong when runs meet.
@Suite struct SyncTrapsTests {
    private let january = SyncParameters(month: .january)

    @Test func ordersAreFoundInAMonthOfMoreThanAHundredLines() async throws {
        let held = try TemporaryBooks()
        var csv = CSVWriter()
        csv.record(["id", "date", "contractor", "project", "hours", "status"])
        for number in 0..<130 {
            csv.record(["e\(number)", "2025-01-10", "c\(number % 3)", "p\(number)", "1", "Reviewed"])
        }
        _ = try await BooksImport(.timesheets, format: .csv).run(csv.bytes, into: held.books)
        let first = try await LocalRun(held.books)(january)
        let version = try await held.version()

        let second = try await LocalRun(held.books)(january)

        #expect(first.lineItemsCreated == 130)
        #expect(second.ordersCreated + second.lineItemsCreated + second.lineItemsUpdated! == 0)
        #expect(second.details == first.details)
        #expect(try await held.version() == version)
    }

    @Test func anOrderWhoseEveryLineFailedIsFoundByTheNextRun() async throws {
        let held = try await TemporaryBooks.holding("e1 2025-01-02 ada kafi 1 Reviewed x")
        let broken = try await LocalRun(FaultyBooks(held.books, failing: "putLine"))(january)
        #expect(broken.ordersCreated == 1)
        #expect(broken.details.first?.projects == [])

        let mended = try await LocalRun(held.books)(january)

        #expect(mended.ordersCreated == 0)
        #expect(mended.lineItemsCreated == 1)
        #expect(try await held.count("SELECT count(*) FROM task_order") == 1)
    }

    @Test func aRunThatPreloadedBeforeAnotherWroteDoublesNothing() async throws {
        let held = try await TemporaryBooks.holding("e1 2025-01-02 ada kafi 1 Reviewed x")
        let other = try held.another()
        defer { other.close() }
        let one = LocalRun(held.books).sync, two = LocalRun(other).sync
        let early = try await one.preload(january, contractors: ["ada"])
        let late = try await two.preload(january, contractors: ["ada"])

        let first = try await one.process("ada", january, early)
        try await held.execute("UPDATE task_order SET status = 'Approved'")
        try await held.execute("UPDATE order_line SET status = 'Approved'")
        let second = try await two.process("ada", january, late)

        #expect((first.ordersCreated, first.lineItemsCreated) == (1, 1))
        #expect((second.ordersCreated, second.lineItemsCreated, second.lineItemsUpdated) == (0, 0, 0))
        #expect(second.detail.projects == first.detail.projects)
        #expect(
            try await held.statuses().allSatisfy { $0.hasSuffix(" Approved") },
            "what is the same already is not reopened")
    }

    @Test func aRunThatPreloadedBeforeAChangeReopensWhatWasApprovedSince() async throws {
        let held = try await TemporaryBooks.holding("e1 2025-01-02 ada kafi 1 Reviewed x")
        let sync = LocalRun(held.books).sync
        let early = try await sync.preload(january, contractors: ["ada"])
        try await held.enter("e1 2025-01-02 ada kafi 3 Reviewed x")
        _ = try await LocalRun(held.books)(january)
        try await held.execute("UPDATE task_order SET status = 'Completed'")

        let outcome = try await sync.process("ada", january, early)

        #expect(outcome.lineItemsUpdated == 1)
        #expect(try await held.statuses().contains("ord-202501-ada Pending Approval"))
    }

    @Test func overlappingRunsOfSeveralProcessesCreateEachOrderAndLineOnce() async throws {
        let held = try await TemporaryBooks.sample()
        let others = try (0..<3).map { _ in try held.another() }
        defer { for other in others { other.close() } }

        let results = try await withThrowingTaskGroup(of: SyncResult.self) { group in
            for books in [held.books] + others {
                group.addTask { try await LocalRun(books, pool: 10)(january) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }

        #expect(results.allSatisfy { $0.errors.isEmpty })
        #expect(results.map(\.ordersCreated).reduce(0, +) == 20)
        #expect(results.map(\.lineItemsCreated).reduce(0, +) == 60)
        #expect(results.compactMap(\.lineItemsUpdated).reduce(0, +) == 0)
        #expect(Set(results.map { JSON.text($0.details) }).count == 1)
        #expect(try await held.count("SELECT count(*) FROM task_order") == 20)
        #expect(try await held.count("SELECT count(*) FROM order_line") == 60)
        #expect(
            try await held.count("SELECT count(*) FROM order_line_entry")
                == held.count(
                    "SELECT count(*) FROM timesheet_entry WHERE status = 'Reviewed' AND project IS NOT NULL"))
    }

    @Test func theSchemaItselfForbidsASecondOrderOrLine() async throws {
        let held = try await TemporaryBooks.holding(
            "e1 2025-01-02 ada kafi 1 Reviewed x", "e2 2025-01-02 bob kafi 1 Reviewed x")
        _ = try await LocalRun(held.books)(january)
        for statement in [
            """
            INSERT INTO task_order (id, contractor, month, date, title, status)
            VALUES ('another', 'ada', '2025-01', '2025-01-31', 't', 'Draft')
            """,
            """
            INSERT INTO order_line (id, task_order, deployment, hours, summary, status)
            VALUES ('another', 'ord-202501-ada', 'ada/kafi', '1', '', 'Draft')
            """,
            """
            INSERT INTO order_line (id, task_order, deployment, hours, summary, status)
            VALUES ('foreign', 'ord-202501-ada', 'bob/kafi', '1', '', 'Draft')
            """,
            "INSERT INTO deployment (id, contractor, project, status) VALUES ('d', 'ada', 'kafi', 'Active')",
            "INSERT INTO order_line_entry (order_line, entry) VALUES ('lin-202501-ada/kafi', 'nobody')",
            "UPDATE task_order SET date = '2025-01-30'", "UPDATE task_order SET status = 'Lost'",
            "UPDATE timesheet_entry SET date = '2025-02-30'", "UPDATE timesheet_entry SET hours = '-1'",
            "UPDATE timesheet_entry SET hours = '1e3'", "DELETE FROM contractor",
        ] {
            await #expect(throws: (any Error).self, "\(statement)") { try await held.execute(statement) }
        }
    }

    @Test func anOutsideSystemOfThisKindIsFasterConcurrently() async throws {
        func time(_ pool: Int) async throws -> Duration {
            let held = try await TemporaryBooks.sample()
            let meter = CallMeter(delay: .milliseconds(2))
            let run = LocalRun(
                MeteredBooks(held.books, meter: meter), summarizer: MeteredSummarizer(meter: meter), pool: pool)
            return try await ContinuousClock().measure { _ = try await run(january) }
        }
        let alone = try await time(1), many = try await time(10)
        #expect(many * 2 < alone, "10 at once \(many), one after the other \(alone)")
    }

    @Test func aFreshMonthCostsTheRequestsItAlwaysDid() async throws {
        let held = try TemporaryBooks()
        var csv = CSVWriter()
        csv.record(["id", "date", "contractor", "project", "hours", "status", "text"])
        for (index, contractor) in SampleBooks.contractors.enumerated() {
            for project in SampleBooks.projects(of: index) {
                csv.record([project, "2025-01-10", contractor, project, "1", "Reviewed", "x"])
            }
        }
        _ = try await BooksImport(.timesheets, format: .csv).run(csv.bytes, into: held.books)
        func requests() async throws -> (books: Int, summaries: Int, names: [String: Int]) {
            let books = CallMeter(), summaries = CallMeter()
            let run = LocalRun(
                MeteredBooks(held.books, meter: books), summarizer: MeteredSummarizer(meter: summaries))
            #expect(try await run(january).contractorsProcessed == 20)
            return (books.total, summaries.total, books.counts)
        }

        let fresh = try await requests(), again = try await requests()
        try await held.enter("e1 2025-01-20 ada.marlow alderway-portal 1 Reviewed x")
        let changed = try await requests()

        #expect((fresh.books, fresh.summaries) == (341, 60))
        #expect(
            fresh.names == [
                "entries.query": 1, "order.query": 20, "order.create": 20, "deployment.query": 60, "line.query": 60,
                "line.create": 60, "order.read": 60, "order.update": 60,
            ])
        #expect((again.books, again.summaries) == (201, 0))
        #expect((changed.books, changed.summaries) == (203, 1))
    }

    @Test func theEmbeddedBooksAreAskedInBulk() async throws {
        let held = try await TemporaryBooks.sample()
        let reads = Locked(0), writes = Locked(0)
        let watched = FaultyBooks(held.books) { name in
            if name == "entries" || name == "lookups" { reads.withLock { $0 += 1 } }
            if name.hasPrefix("ensure") || name.hasPrefix("put") { writes.withLock { $0 += 1 } }
        }
        _ = try await LocalRun(watched)(january)
        #expect(reads.withLock { $0 } == 2)
        #expect(writes.withLock { $0 } == 80)
    }
}
