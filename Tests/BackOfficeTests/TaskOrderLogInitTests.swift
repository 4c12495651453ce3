import BackOffice
import JSONCodec
import Linux
import TestSupport
import Testing

@Suite struct TaskOrderLogInitTests {
    private func run(
        _ books: any Books, _ parameters: InitParameters = InitParameters(month: .january),
        time: any TimeSource = SystemTime()
    ) async throws -> InitResult {
        let engine = TaskOrderLogInit(books: books, time: time)
        let plan = try await engine.plan(parameters)
        let context = try await engine.preload(parameters, month: plan.month, contractors: plan.contractors)
        var outcomes: [(ContractorID, Result<InitOutcome, ContractorFailure>)] = []
        for contractor in plan.contractors {
            do {
                let outcome = try await engine.process(contractor, month: plan.month, context)
                #expect(try JSON.decode(InitOutcome.self, from: JSON.encode(outcome)) == outcome)
                outcomes.append((contractor, .success(outcome)))
            } catch {
                outcomes.append((contractor, .failure(ContractorFailure(contractor: contractor, error: "\(error)"))))
            }
        }
        return engine.summarize(outcomes, parameters)
    }

    private func deployed() async throws -> TemporaryBooks {
        let held = try await TemporaryBooks.holding(
            "e1 2020-01-02 ada kafi 1 Draft x", "e2 2020-01-02 ada nghe 1 Draft x",
            "e3 2020-01-02 bob kafi 1 Draft x", "e4 2020-01-02 cyd kafi 1 Draft x")
        try await held.execute("UPDATE deployment SET status = 'Ended' WHERE contractor = 'cyd'")
        return held
    }

    @Test func everyActiveDeploymentGetsAnEmptyLine() async throws {
        let held = try await deployed()

        let result = try await run(held.books)

        #expect(
            JSON.text(result) == """
                {"month":"2025-01","orders_created":2,"line_items_created":3,"deployments_processed":3,"skipped":0,\
                "details":[{"contractor_id":"ada","order_page_id":"ord-202501-ada",\
                "deployments":["ada/kafi","ada/nghe"],"line_items_created":2,"skipped":0},\
                {"contractor_id":"bob","order_page_id":"ord-202501-bob","deployments":["bob/kafi"],\
                "line_items_created":1,"skipped":0}],"errors":[]}
                """)
        #expect(try await held.statuses().allSatisfy { $0.hasSuffix(" Draft") })
        #expect(try await held.count("SELECT count(*) FROM order_line WHERE hours = '0' AND summary = ''") == 3)
        #expect(try await held.count("SELECT count(*) FROM order_line_entry") == 0)
    }

    @Test func whatIsThereIsSkippedAndNotWrittenAgain() async throws {
        let held = try await deployed()
        _ = try await run(held.books)
        let version = try await held.version()

        let again = try await run(held.books)

        #expect((again.ordersCreated, again.lineItemsCreated, again.skipped) == (0, 0, 3))
        #expect(again.deploymentsProcessed == 3)
        #expect(try await held.version() == version)
    }

    @Test func aFailingContractorOrLineTakesNobodyAlong() async throws {
        let held = try await deployed()
        let order = try await run(FaultyBooks(held.books, failing: "ensureOrder ada"))
        #expect(order.details.map(\.contractor) == ["bob"])
        #expect(order.errors.map(\.contractor) == ["ada"])
        let line = try await run(FaultyBooks(held.books, failing: "ensureLine ada/kafi"))
        #expect(line.details.first?.created == ["ada/nghe"])
        #expect(line.errors.isEmpty)
    }

    @Test func theMonthIsTheClocksUnlessGiven() async throws {
        let held = try await deployed()
        let time = ManualTime(wall: try #require(Timestamp("2026-02-28T23:59:59Z")))
        let result = try await run(held.books, InitParameters(contractor: "bob"), time: time)
        #expect(result.month.description == "2026-02")
        #expect(result.details.map(\.order) == ["ord-202602-bob"])
        let empty = try TemporaryBooks()
        #expect(try await run(empty.books, InitParameters(), time: time).month.description == "2026-02")
    }

    @Test func noDeploymentsIsAnAnswerOfZeros() async throws {
        let held = try TemporaryBooks()
        let result = try await run(held.books)
        #expect(
            JSON.text(result) == """
                {"month":"2025-01","orders_created":0,"line_items_created":0,"deployments_processed":0,"skipped":0,\
                "details":[],"errors":[]}
                """)
    }

    @Test func noMoreThanTenContractorsAreWorkedOnAtOnce() async throws {
        let many = try await TemporaryBooks.sample(), few = try await deployed()
        #expect(try await TaskOrderLogInit(books: many.books).plan(InitParameters(month: .january)).workers == 10)
        #expect(try await TaskOrderLogInit(books: few.books).plan(InitParameters(month: .january)).workers == 2)
    }

    @Test func theSyncFillsWhatThePreparationMade() async throws {
        let held = try await TemporaryBooks.holding("e1 2025-01-02 ada kafi 1.5 Reviewed x")
        _ = try await run(held.books)
        let result = try await LocalRun(held.books)(SyncParameters(month: .january))
        #expect((result.ordersCreated, result.lineItemsCreated, result.lineItemsUpdated) == (0, 0, 1))
        #expect(try await held.statuses().allSatisfy { $0.hasSuffix("Pending Approval") })
    }
}
