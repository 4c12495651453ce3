import BackOffice
import JSONCodec
import Linux
import TestSupport
import Testing

/// The checklist of the task-order-log sync: what a run over a month amounts to.
@Suite struct SyncTests {
    private let january = SyncParameters(month: .january)

    @Test func oneContractorWithThreeProjectsGivesOneOrderOfThreeLines() async throws {
        let held = try await TemporaryBooks.holding(
            "e1 2025-01-02 ada kafi 2.5 Reviewed Built the door", "e2 2025-01-31 ada kafi 0.1 Reviewed Hung it",
            "e3 2025-01-07 ada nghe 0.2 Reviewed -", "e4 2025-01-09 ada zeta 8 Reviewed Talks")

        let result = try await LocalRun(held.books)(january)

        #expect(
            JSON.text(result) == """
                {"month":"2025-01","orders_created":1,"line_items_created":3,"line_items_updated":0,\
                "contractors_processed":1,"details":[{"contractor_id":"ada","order_page_id":"ord-202501-ada",\
                "total_hours":10.8,"update_hours_only":false,"projects":[\
                {"project_id":"kafi","line_item_page_id":"lin-202501-ada/kafi","hours":2.6,"timesheets_aggregated":2},\
                {"project_id":"nghe","line_item_page_id":"lin-202501-ada/nghe","hours":0.2,"timesheets_aggregated":1},\
                {"project_id":"zeta","line_item_page_id":"lin-202501-ada/zeta","hours":8,"timesheets_aggregated":1}\
                ]}],"errors":[]}
                """)
        let order = try #require(try await held.books.orders().first)
        #expect(order.order.title == "ORD :: ada :: 202501")
        #expect(order.order.date.description == "2025-01-31")
        #expect(order.order.status == .draft)
        #expect(order.subtotal == Hours("10.8"))
        #expect(order.lines.map(\.status) == [.pendingFeedback, .pendingFeedback, .pendingFeedback])
        #expect(order.lines.map(\.summary) == ["Built the door\n\nHung it", "", "Talks"])
    }

    @Test func fiveContractorsAreTheSumOfTheirParts() async throws {
        let held = try TemporaryBooks()
        var expected: Hours = 0
        for contractor in 1...5 {
            for project in 1...contractor {
                let hours = Hours(coefficient: Int128(contractor * 100 + project), scale: 2)
                expected = expected + hours
                let place = "c\(contractor) p\(project)"
                try await held.enter("e\(contractor)-\(project) 2025-01-15 \(place) \(hours) Reviewed x")
            }
        }

        let result = try await LocalRun(held.books)(january)

        #expect(result.contractorsProcessed == 5)
        #expect(result.ordersCreated == 5)
        #expect(result.lineItemsCreated == 15)
        #expect(result.details.map(\.projects.count) == [1, 2, 3, 4, 5])
        #expect(result.details.reduce(0 as Hours) { $0 + ($1.totalHours ?? 0) } == expected)
        for detail in result.details {
            #expect(detail.totalHours == detail.projects.reduce(0) { $0 + $1.hours })
        }
    }

    @Test func oneContractorThatFailsTakesNobodyAlong() async throws {
        let held = try await TemporaryBooks.holding(
            "e1 2025-01-02 ada kafi 1 Reviewed x", "e2 2025-01-02 bob kafi 2 Reviewed x",
            "e3 2025-01-02 cyd kafi 4 Reviewed x")
        let book = LogBook()

        let result = try await LocalRun(
            FaultyBooks(held.books, failing: "ensureOrder bob"), log: book.log)(january)

        #expect(result.details.map(\.contractor) == ["ada", "cyd"])
        #expect(result.contractorsProcessed == 2)
        #expect(result.ordersCreated == 2)
        #expect(result.lineItemsCreated == 2)
        #expect(result.errors == [ContractorFailure(contractor: "bob", error: "the books do not answer")])
        #expect(book.lines("contractor lost").map(\.fields["contractor"]) == ["bob"])
    }

    @Test func aMonthWithoutEntriesIsAnAnswerOfZeros() async throws {
        let held = try await TemporaryBooks.holding("e1 2025-02-01 ada kafi 1 Reviewed x")

        let result = try await LocalRun(held.books)(january)

        #expect(
            JSON.text(result) == """
                {"month":"2025-01","orders_created":0,"line_items_created":0,"contractors_processed":0,"details":[],\
                "errors":[]}
                """)
    }

    @Test func cancellationStopsAtTheNextCheckAndKeepsWhatIsDone() async throws {
        let held = try await TemporaryBooks.holding(
            "e1 2025-01-02 ada kafi 1 Reviewed x", "e2 2025-01-02 bob kafi 2 Reviewed x",
            "e3 2025-01-02 bob nghe 2 Reviewed x", "e4 2025-01-02 cyd kafi 4 Reviewed x")
        let reached = Watched(false)
        let summarizer = TestSummarizer { work in
            // ada's summary is made; in bob's first the run is cancelled, which no summarizer needs to notice.
            if work[0].hours == 2 {
                reached.update { $0 = true }
                while !Task.isCancelled { await Task.yield() }
            }
            return "done"
        }
        let run = Task { try await LocalRun(held.books, summarizer: summarizer, pool: 1)(january) }
        try await reached.wait(for: "bob's summary") { $0 }

        run.cancel()
        let result = try await within(.seconds(10), "the cancelled run") { try await run.value }

        #expect(result.details.map(\.contractor) == ["ada"])
        #expect(result.contractorsProcessed == 1)
        #expect(result.ordersCreated == 1, "bob's order was made but counts nowhere")
        #expect(result.errors.map(\.contractor) == ["bob", "cyd"])
        #expect(result.errors.allSatisfy { $0.error == "cancelled" })
        #expect(summarizer.count == 2, "bob's second project got no summary any more")
    }

    @Test func aCancelledContractorAsksForNothing() async throws {
        let held = try await TemporaryBooks.holding("e1 2025-01-02 ada kafi 1 Reviewed x")
        let asked = Locked<[String]>([])
        let sync = LocalRun(FaultyBooks(held.books) { name in asked.withLock { $0.append(name) } }).sync
        let context = try await sync.preload(january, contractors: ["ada"])
        asked.withLock { $0 = [] }
        let book = LogBook()

        let run = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await sync.process("ada", january, context, book.log)
        }
        run.cancel()

        await #expect(throws: CancellationError.self) { try await run.value }
        #expect(asked.withLock { $0 } == [])
        #expect(book.lines.isEmpty)
    }

    @Test func cancellationIsNoticedBeforeEachSummary() async throws {
        let held = try await TemporaryBooks.holding(
            "e1 2025-01-02 ada kafi 1 Reviewed x", "e2 2025-01-02 ada nghe 1 Reviewed x")
        let reached = Watched(false)
        let summarizer = TestSummarizer()
        let books = FaultyBooks(held.books) { name in
            guard name == "line ada/nghe" else { return }
            reached.update { $0 = true }
            while !Task.isCancelled { await Task.yield() }
        }
        let run = Task { try await LocalRun(books, summarizer: summarizer)(january) }
        try await reached.wait(for: "the second project's line") { $0 }

        run.cancel()
        let result = try await within(.seconds(10), "the cancelled run") { try await run.value }

        #expect(result.errors == [ContractorFailure(contractor: "ada", error: "cancelled")])
        #expect(summarizer.count == 1, "the second project is not summarised any more")
    }

    @Test func everyPoolSizeGivesTheSameResultByteForByte() async throws {
        var answers: Set<String> = [], exports: Set<[UInt8]> = []
        for pool in [1, 5, 10, 20] {
            let held = try await TemporaryBooks.sample()
            answers.insert(JSON.text(try await LocalRun(held.books, pool: pool)(january)))
            exports.insert(try await held.export(.lines))
            answers.insert(JSON.text(try await LocalRun(held.books, pool: pool)(january)))
            exports.insert(try await held.export(.orders))
        }
        #expect(answers.count == 2, "one for the first run, one for the second, whatever the pool")
        #expect(exports.count == 2)
    }

    @Test(arguments: [1, 3, 5, 20])
    func noMoreContractorsAtOnceThanThePoolHasWorkers(pool: Int) async throws {
        let held = try await TemporaryBooks.sample()
        let running = Locked((now: 0, most: 0))
        let summarizer = TestSummarizer { _ in
            running.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
            await Task.yield()
            running.withLock { $0.now -= 1 }
            return "done"
        }

        let result = try await LocalRun(held.books, summarizer: summarizer, pool: pool)(january)

        #expect(running.withLock { $0.most } <= pool)
        #expect(result.contractorsProcessed == 20)
    }

    @Test func manyContractorsLoseNoResult() async throws {
        let held = try TemporaryBooks()
        var csv = CSVWriter()
        csv.record(["id", "date", "contractor", "project", "hours", "status"])
        for number in 0..<400 {
            csv.record(["e\(number)", "2025-01-10", "c\(number)", "p\(number % 7)", "0.1", "Reviewed"])
        }
        _ = try await BooksImport(.timesheets, format: .csv).run(csv.bytes, into: held.books)

        let result = try await LocalRun(held.books, pool: 20)(january)

        #expect(result.contractorsProcessed == 400)
        #expect(result.ordersCreated == 400)
        #expect(result.details.reduce(0 as Hours) { $0 + $1.totalHours! } == 40)
        #expect(result.details.map(\.contractor) == result.details.map(\.contractor).sorted())
        #expect(try await held.count("SELECT count(*) FROM order_line") == 400)
    }

    @Test func theLogTellsTheCourseOfTheRun() async throws {
        let held = try await TemporaryBooks.holding(
            "e1 2025-01-02 ada kafi 1 Reviewed x", "e2 2025-01-02 bob kafi 2 Reviewed x")
        let book = LogBook()

        _ = try await LocalRun(held.books, pool: 5, log: book.log)(january)

        let start = try #require(book.lines.first)
        #expect(start.message.contains("starts"))
        #expect(start.fields["contractors"] == "2")
        #expect(start.fields["workers"] == "2")
        #expect(Set(book.lines("contractor starts").map(\.fields["contractor"])) == ["ada", "bob"])
        #expect(Set(book.lines("contractor ends").map(\.fields["contractor"])) == ["ada", "bob"])
        let end = try #require(book.lines.last)
        #expect(end.message.contains("is complete"))
        #expect(end.fields["lines-created"] == "2")
    }

    @Test func aFailingEntryQueryFailsTheWholeRunAndWritesNothing() async throws {
        let held = try await TemporaryBooks.holding("e1 2025-01-02 ada kafi 1 Reviewed x")
        await #expect(throws: Fault.self) {
            try await LocalRun(FaultyBooks(held.books, failing: "entries"))(january)
        }
        #expect(try await held.count("SELECT count(*) FROM task_order") == 0)
    }

    @Test func aRunThatGoesOnWithoutItsPlanReadsTheEntriesAgain() async throws {
        let held = try await TemporaryBooks.holding("e1 2025-01-02 ada kafi 1 Reviewed x")
        let sync = LocalRun(held.books).sync
        let plan = try await sync.plan(january)

        let context = try await sync.preload(january, contractors: plan.contractors)
        let outcome = try await sync.process("ada", january, context)
        let gone = try await sync.process("bob", january, context)

        #expect(outcome.lineItemsCreated == 1)
        #expect(gone.detail.skippedReason == .noEntries)
        #expect(try await held.count("SELECT count(*) FROM task_order") == 1)
    }

    @Test func outcomesSurviveTheirCheckpoint() async throws {
        let held = try await TemporaryBooks.holding(
            "e1 2025-01-02 ada kafi 1.25 Reviewed x", "e2 2025-01-02 bob kafi 1 Draft x")
        let sync = LocalRun(held.books).sync
        for hoursOnly in [true, false, true] {
            let parameters = SyncParameters(month: .january, force: true, updateHoursOnly: hoursOnly)
            let context = try await sync.preload(parameters, contractors: ["ada", "bob"])
            for contractor in ["ada", "bob", "nobody"] as [ContractorID] {
                let outcome = try await sync.process(contractor, parameters, context)
                #expect(try JSON.decode(ContractorOutcome.self, from: JSON.encode(outcome)) == outcome)
            }
        }
    }
}
