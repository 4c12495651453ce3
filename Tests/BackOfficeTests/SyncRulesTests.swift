import BackOffice
import Linux
import TestSupport
import Testing

/// The rules of the sync: which entries count, what is written, and when it is not.
@Suite struct SyncRulesTests {
    private let january = SyncParameters(month: .january)

    // MARK: Which entries

    @Test func theMonthHasItsFirstAndItsLastDay() async throws {
        let held = try await TemporaryBooks.holding(
            "e0 2024-12-31 ada kafi 1 Reviewed x", "e1 2025-01-01 ada kafi 2 Reviewed x",
            "e2 2025-01-31 ada kafi 4 Reviewed x", "e3 2025-02-01 ada kafi 8 Reviewed x")
        let result = try await LocalRun(held.books)(january)
        #expect(result.details.first?.totalHours == 6)
        #expect(result.details.first?.projects.first?.timesheets == 2)
    }

    @Test func onlyReviewedEntriesCountUnlessForced() async throws {
        let held = try await TemporaryBooks.holding(
            "e1 2025-01-02 ada kafi 1 Draft x", "e2 2025-01-02 ada kafi 2 Pending_Feedback x",
            "e3 2025-01-02 ada kafi 4 Reviewed x", "e4 2025-01-02 ada kafi 8 Completed x")
        #expect(try await LocalRun(held.books)(january).details.first?.totalHours == 4)
        let forced = SyncParameters(month: .january, force: true)
        #expect(try await LocalRun(held.books)(forced).details.first?.totalHours == 15)
    }

    @Test func contractorIsAPartOfTheNameOnTheChatServer() async throws {
        let held = try await TemporaryBooks.holding(
            "e1 2025-01-02 dan kafi 1 Reviewed x", "e2 2025-01-02 anna kafi 1 Reviewed x",
            "e3 2025-01-02 bob kafi 1 Reviewed x", "e4 2025-01-02 %n kafi 1 Reviewed x")
        func contractors(_ filter: String) async throws -> [ContractorID] {
            try await LocalRun(held.books).sync.plan(SyncParameters(month: .january, contractor: filter)).contractors
        }
        #expect(try await contractors("an") == ["anna", "dan"], "the documented quirk")
        #expect(try await contractors("bob") == ["bob"])
        #expect(try await contractors("%") == ["%n"], "no wildcard is one")
        #expect(try await contractors("AN") == [])
    }

    @Test func projectIsAPartOfTheEntrysTitle() async throws {
        let held = try await TemporaryBooks.holding(
            "e1 2025-01-02 ada kafi 1 Reviewed x", "e2 2025-01-03 ada kafi-two 2 Reviewed x",
            "e3 2025-01-02 ada nghe 4 Reviewed x")
        func projects(_ filter: String) async throws -> [ProjectID] {
            try await LocalRun(held.books)(SyncParameters(month: .january, project: filter)).details
                .flatMap { $0.projects.map(\.project) }
        }
        #expect(try await projects("kafi") == ["kafi", "kafi-two"])
        #expect(try await projects("nghe :: ada") == ["nghe"])
        #expect(try await projects("Jan 3 - 2h") == ["kafi-two"], "the title tells day and hours too")
    }

    @Test func entriesWithoutContractorOrProjectAreDropped() async throws {
        let held = try await TemporaryBooks.holding(
            "e1 2025-01-02 - kafi 1 Reviewed x", "e2 2025-01-02 ada - 2 Reviewed x",
            "e3 2025-01-02 ada kafi 4 Reviewed x")
        let result = try await LocalRun(held.books)(january)
        #expect(result.contractorsProcessed == 1)
        #expect(result.details.first?.totalHours == 4)
        #expect(result.details.first?.projects.map(\.project) == ["kafi"])
    }

    @Test func batchKeepsThoseWhoseActiveRateHasThatPayday() async throws {
        let held = try await TemporaryBooks.holding(
            "e1 2025-01-02 first kafi 1 Reviewed x", "e2 2025-01-02 mid kafi 1 Reviewed x",
            "e3 2025-01-02 none kafi 1 Reviewed x", "e4 2025-01-02 former kafi 1 Reviewed x",
            "e5 2025-01-02 moved kafi 1 Reviewed x", "e6 2025-01-02 later kafi 1 Reviewed x",
            "e7 2025-01-02 broken kafi 1 Reviewed x")
        let rates = """
            id,contractor,status,start_date,end_date,payday
            r1,first,Active,,,1
            r2,mid,Active,2025-01-31,,15
            r4,former,Inactive,,,15
            r5,moved,Active,2020-01-01,,1
            r6,moved,Active,2024-06-01,2025-01-01,15
            r7,later,Active,2025-02-01,,15
            r8,broken,Active,,,15
            """
        _ = try await BooksImport(.rates, format: .csv).run(Array(rates.utf8), into: held.books)
        let book = LogBook()
        let run = LocalRun(FaultyBooks(held.books, failing: "activeRate broken"), log: book.log)

        let middle = try await run(SyncParameters(month: .january, batch: 15))
        let first = try await run(SyncParameters(month: .january, batch: 1))

        #expect(middle.details.map(\.contractor) == ["mid", "moved"])
        #expect(middle.batch == 15)
        #expect(first.details.map(\.contractor) == ["first"])
        #expect(middle.errors.isEmpty, "who cannot be looked up is left out silently")
        #expect(book.lines("payday not found").count == 2, "but not without a word in the log")
    }

    // MARK: What is written

    @Test func aSecondRunOverNothingNewWritesNothing() async throws {
        let held = try await TemporaryBooks.sample()
        let summarizer = TestSummarizer()
        let first = try await LocalRun(held.books, summarizer: summarizer)(january)
        let version = try await held.version(), summaries = summarizer.count
        let written = Locked<[String]>([])
        let watched = FaultyBooks(held.books) { name in
            if name.hasPrefix("put") || name.hasPrefix("ensure") { written.withLock { $0.append(name) } }
        }

        let second = try await LocalRun(watched, summarizer: summarizer)(january)

        #expect(written.withLock { $0 } == [])
        #expect(try await held.version() == version, "the file has not changed")
        #expect(summarizer.count == summaries, "nothing unchanged is summarised")
        #expect(second.ordersCreated + second.lineItemsCreated + second.lineItemsUpdated! == 0)
        #expect(second.contractorsProcessed == 20)
        #expect(second.details == first.details)
    }

    @Test func evenARuleAskedAgainWritesNothing() async throws {
        let held = try await TemporaryBooks.holding("e1 2025-01-02 ada kafi 1.50 Reviewed x")
        _ = try await LocalRun(held.books)(january)
        let version = try await held.version()

        let order = try await held.books.ensureOrder(of: "ada", month: .january)
        let put = try await held.books.putLine(
            LineDraft(
                order: order.order.id, deployment: "ada/kafi", hours: Hours("1.5")!, summary: "another text",
                entries: ["e1"]))
        let hours = try await held.books.putHours(line: put.line, hours: Hours("1.500")!, entries: ["e1"])
        let empty = try await held.books.ensureLine(order: order.order.id, deployment: "ada/kafi")

        #expect(!order.created)
        #expect([put, hours, empty].map(\.change) == [.unchanged, .unchanged, .unchanged])
        #expect(try await held.version() == version)
    }

    @Test(arguments: OrderStatus.allCases)
    func aChangeReopensLineAndOrderWhateverTheyWere(status: OrderStatus) async throws {
        let held = try await TemporaryBooks.holding(
            "e1 2025-01-02 ada kafi 1 Reviewed x", "e2 2025-01-02 ada nghe 1 Reviewed x")
        _ = try await LocalRun(held.books)(january)
        try await held.execute("UPDATE task_order SET status = '\(status.rawValue)'")
        try await held.execute("UPDATE order_line SET status = '\(status.rawValue)'")
        try await held.enter("e1 2025-01-02 ada kafi 1.25 Reviewed more")

        let result = try await LocalRun(held.books)(january)

        #expect(result.lineItemsUpdated == 1)
        #expect(result.lineItemsCreated == 0)
        #expect(
            try await held.statuses() == [
                "lin-202501-ada/kafi Pending Approval", "lin-202501-ada/nghe \(status.rawValue)",
                "ord-202501-ada Pending Approval",
            ])
        #expect(try await held.text("SELECT hours FROM order_line WHERE id LIKE '%kafi'") == "1.25")
        #expect(try await held.text("SELECT summary FROM order_line WHERE id LIKE '%kafi'") == "more")
    }

    @Test func anotherSetOfEntriesIsAChangeThoughTheHoursAreTheSame() async throws {
        let held = try await TemporaryBooks.holding(
            "e1 2025-01-02 ada kafi 1 Reviewed x", "e2 2025-01-03 ada kafi 2 Reviewed y")
        _ = try await LocalRun(held.books)(january)
        try await held.enter("e2 2025-01-03 ada kafi 2 Draft y", "e3 2025-01-03 ada kafi 2 Reviewed z")

        let result = try await LocalRun(held.books)(january)

        #expect(result.lineItemsUpdated == 1)
        #expect(
            try await held.text("SELECT group_concat(entry) FROM order_line_entry ORDER BY entry") == "e1,e3")
        #expect(try await held.statuses().allSatisfy { $0.hasSuffix("Pending Approval") })
    }

    @Test func fewerEntriesWithTheSameHoursAreAChange() async throws {
        let held = try await TemporaryBooks.holding(
            "e1 2025-01-02 ada kafi 1 Reviewed x", "e2 2025-01-03 ada kafi 0 Reviewed y")
        _ = try await LocalRun(held.books)(january)
        try await held.enter("e2 2025-01-03 ada kafi 0 Draft y")

        #expect(try await LocalRun(held.books)(january).lineItemsUpdated == 1)
        #expect(try await held.count("SELECT count(*) FROM order_line_entry") == 1)
    }

    @Test func theOrderOfTheEntriesIsNoChange() {
        let line = OrderLine(
            id: "l", order: "o", deployment: "d", hours: Hours("0.3")!, summary: "", status: .draft,
            entries: ["e1", "e2"])
        #expect(line.says(hours: Hours("0.1")! + Hours("0.2")!, entries: ["e2", "e1"]))
        #expect(!line.says(hours: Hours("0.3")!, entries: ["e1", "e1"]))
        #expect(!line.says(hours: Hours("0.3")!, entries: ["e1", "e2", "e2"]))
        #expect(!line.says(hours: Hours("0.30001")!, entries: ["e1", "e2"]))
    }

    @Test func hoursTooFineForBinaryNumbersAddUp() async throws {
        let held = try TemporaryBooks()
        for number in 1...10 { try await held.enter("e\(number) 2025-01-02 ada kafi 0.1 Reviewed x") }
        let result = try await LocalRun(held.books)(january)
        #expect(result.details.first?.totalHours == 1)
        #expect(try await held.text("SELECT hours FROM order_line") == "1")
    }

    @Test func aNewProjectJoinsTheOrderAsPendingFeedback() async throws {
        let held = try await TemporaryBooks.holding("e1 2025-01-02 ada kafi 1 Reviewed x")
        _ = try await LocalRun(held.books)(january)
        try await held.enter("e2 2025-01-02 ada nghe 2 Reviewed x")

        let result = try await LocalRun(held.books)(january)

        #expect(result.ordersCreated == 0)
        #expect(result.lineItemsCreated == 1)
        #expect(
            try await held.statuses() == [
                "lin-202501-ada/kafi Pending Feedback", "lin-202501-ada/nghe Pending Feedback",
                "ord-202501-ada Draft",
            ])
    }

    // MARK: What is passed over

    @Test func aProjectWithoutDeploymentIsSkippedWithItsHours() async throws {
        let held = try await TemporaryBooks.holding(
            "e1 2025-01-02 ada kafi 1 Reviewed x", "e2 2025-01-02 ada nghe 2 Reviewed x",
            "e3 2025-01-02 bob kafi 4 Reviewed x")
        try await held.execute("DELETE FROM deployment WHERE id IN ('ada/nghe', 'bob/kafi')")
        let book = LogBook()

        let result = try await LocalRun(held.books, log: book.log)(january)

        #expect(result.contractorsProcessed == 2)
        #expect(result.details.map(\.totalHours) == [1, 0])
        #expect(result.details.map { $0.projects.map(\.project) } == [["kafi"], []])
        #expect(Set(book.lines("no deployment").map(\.fields["project"])) == ["nghe", "kafi"])
        #expect(result.errors.isEmpty)
    }

    @Test func theStatusOfADeploymentDoesNotMatter() async throws {
        let held = try await TemporaryBooks.holding("e1 2025-01-02 ada kafi 1 Reviewed x")
        try await held.execute("UPDATE deployment SET status = 'Ended'")
        #expect(try await LocalRun(held.books)(january).lineItemsCreated == 1)
    }

    @Test(
        arguments: [
            ("deployment ada/kafi", 2), ("line ada/kafi", 3), ("putLine ada/kafi", 3),
        ] as [(String, Hours)])
    func aProjectThatFailsLosesOnlyItself(name: String, total: Hours) async throws {
        let held = try await TemporaryBooks.holding(
            "e1 2025-01-02 ada kafi 1 Reviewed x", "e2 2025-01-02 ada nghe 2 Reviewed x")
        let book = LogBook()

        let result = try await LocalRun(FaultyBooks(held.books, failing: name), log: book.log)(january)

        #expect(result.contractorsProcessed == 1)
        #expect(result.lineItemsCreated == 1)
        #expect(result.details.first?.projects.map(\.project) == ["nghe"])
        #expect(result.details.first?.totalHours == total)
        #expect(book.lines("project skipped").map(\.fields["project"]) == ["kafi"])
    }

    @Test(arguments: ["order ada", "ensureOrder ada"])
    func anOrderThatFailsLosesTheContractor(name: String) async throws {
        let held = try await TemporaryBooks.holding(
            "e1 2025-01-02 ada kafi 1 Reviewed x", "e2 2025-01-02 bob kafi 2 Reviewed x")
        let result = try await LocalRun(FaultyBooks(held.books, failing: name))(january)
        #expect(result.details.map(\.contractor) == ["bob"])
        #expect(result.errors.map(\.contractor) == ["ada"])
    }

    // MARK: Summaries

    @Test func onlyNewAndChangedLinesAreSummarised() async throws {
        let held = try await TemporaryBooks.holding(
            "e1 2025-01-02 ada kafi 1 Reviewed one", "e2 2025-01-02 ada nghe 2 Reviewed two",
            "e3 2025-01-02 ada zeta 2 Reviewed -")
        let summarizer = TestSummarizer()
        _ = try await LocalRun(held.books, summarizer: summarizer)(january)
        #expect(summarizer.count == 2, "zeta has no text")
        try await held.enter("e4 2025-01-01 ada nghe 0.5 Reviewed earlier")

        _ = try await LocalRun(held.books, summarizer: summarizer)(january)

        #expect(summarizer.count == 3)
        let work = summarizer.calls.withLock { $0[2] }
        #expect(work == [WorkText(text: "earlier", hours: Hours("0.5")!), WorkText(text: "two", hours: 2)])
        #expect(try await held.text("SELECT summary FROM order_line WHERE id LIKE '%nghe'") == "2 things")
    }

    @Test(arguments: ["", " \n\t ", "throw"])
    func whereNoSummaryComesTheOriginalTextsStay(answer: String) async throws {
        let held = try await TemporaryBooks.holding(
            "e2 2025-01-03 ada kafi 1 Reviewed second", "e1 2025-01-02 ada kafi 1 Reviewed first",
            "e3 2025-01-04 ada kafi 1 Reviewed -")
        let summarizer = TestSummarizer { _ in
            if answer == "throw" { throw Fault() }
            return answer
        }
        let result = try await LocalRun(held.books, summarizer: summarizer)(january)
        #expect(result.lineItemsCreated == 1)
        #expect(try await held.text("SELECT summary FROM order_line") == "first\n\nsecond")
    }

    // MARK: Hours only

    @Test func hoursOnlyCreatesNothing() async throws {
        let held = try await TemporaryBooks.holding("e1 2025-01-02 ada kafi 1 Reviewed x")
        let version = try await held.version()

        let result = try await LocalRun(held.books)(SyncParameters(month: .january, updateHoursOnly: true))

        #expect(try await held.version() == version)
        #expect(result.contractorsProcessed == 1)
        let detail = try #require(result.details.first)
        #expect(detail.skippedReason == .noOrder)
        #expect(detail.updateHoursOnly)
        #expect(detail.order == nil && detail.projects.isEmpty)
    }

    @Test func hoursOnlyRewritesHoursAndEntriesOfChangedLinesAndNothingElse() async throws {
        let held = try await TemporaryBooks.holding(
            "e1 2025-01-02 ada kafi 1 Reviewed x", "e2 2025-01-02 ada nghe 2 Reviewed y")
        _ = try await LocalRun(held.books)(january)
        try await held.execute("UPDATE task_order SET status = 'Approved'")
        try await held.execute("UPDATE order_line SET status = 'Approved'")
        try await held.enter(
            "e3 2025-01-05 ada kafi 4 Reviewed z", "e4 2025-01-05 ada newone 8 Reviewed z")
        let summarizer = TestSummarizer()

        let result = try await LocalRun(held.books, summarizer: summarizer)(
            SyncParameters(month: .january, updateHoursOnly: true))

        #expect(summarizer.count == 0)
        #expect(result.lineItemsUpdated == 1)
        #expect(result.lineItemsCreated == 0)
        #expect(try await held.statuses().allSatisfy { $0.hasSuffix(" Approved") })
        #expect(try await held.text("SELECT summary || hours FROM order_line WHERE id LIKE '%kafi'") == "x5")
        #expect(try await held.count("SELECT count(*) FROM order_line") == 2)
        let projects = try #require(result.details.first?.projects)
        #expect(projects.map(\.project) == ["kafi", "newone", "nghe"])
        #expect(projects.map(\.skippedReason) == [nil, .noLine, nil])
        #expect(projects.map(\.hours) == [5, 8, 2])
        #expect(result.details.first?.totalHours == 15)
    }
}
