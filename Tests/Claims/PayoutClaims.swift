import BackOffice
import Linux

/// Orders to payouts: 50 orders of three lines each, of 50 contractors; 50 refunds; 50 splits.
struct PayoutClaims {
    let scratch: Scratch
    private let month = Month(year: 2025, month: 12)!
    private let names = (10..<60).map { "c\($0)" }

    private func fifty() async throws -> (SQLiteBooks, StatementCounter) {
        let (books, counter) = try scratch.books()
        func take(_ table: BooksTable, _ header: String, _ records: [String]) async throws {
            let csv = ([header] + records).joined(separator: "\n")
            _ = try await BooksImport(table, format: .csv).run(Array(csv.utf8), into: books)
        }
        try await take(
            .timesheets, "id,date,contractor,project,hours,status,text",
            names.flatMap { name in
                ["a", "b", "c"].map { "\(name)-\($0),2025-12-03,\(name),\($0)-\(name),8,Reviewed,work" }
            })
        try await take(
            .rates, "id,contractor,payday,billing_type,monthly_fixed,currency",
            names.map { "r-\($0),\($0),1,Monthly Fixed,2000,USD" })
        try await take(.positions, "contractor,position", names.map { "\($0),Engineer" })
        try await take(.refunds, "id,amount,currency,contractor,status", names.map { "f-\($0),5,USD,\($0),Approved" })
        try await take(
            .splits, "id,name,amount,currency,person,type,status", names.map { "s-\($0),x,5,USD,\($0),Bonus,Pending" })
        for name in names {
            let order = try await books.ensureOrder(of: ContractorID(name), month: month).order
            for project in ["a", "b", "c"] {
                _ = try await books.putLine(
                    LineDraft(
                        order: order.id, deployment: DeploymentID("\(name)/\(project)-\(name)"), hours: 8,
                        summary: "work", entries: []))
            }
        }
        _ = try await books.approveOrders(month: month)
        counter.reset()
        return (books, counter)
    }

    /// A run as the runner drives it.
    static func pay(
        _ books: any PayoutBooks, _ parameters: PayoutParameters, settings: PayoutSettings = PayoutSettings(),
        run name: String = "first"
    ) async throws -> PayoutResult {
        let run = PayoutRun(books: books, settings: settings)
        let plan = try await run.plan(parameters)
        if plan.candidates.isEmpty { return run.summarize([], parameters) }
        let context = try await run.preload(parameters, plan.candidates)
        let details = try await SideBySide.map(plan.candidates, atOnce: plan.workers) { candidate in
            try await run.process(candidate, parameters, context, run: name).detail
        }
        return run.summarize(details, parameters)
    }

    /// The same candidates, each looked up by itself: what a run without the preload asks.
    private func oneByOne(_ type: PayoutRunType) async throws -> (reads: Int, creations: Int) {
        let (books, counter) = try await fifty()
        defer { books.close() }
        let run = PayoutRun(books: books), parameters = PayoutParameters(type: type)
        let candidates = try await run.plan(parameters).candidates
        counter.reset()
        for candidate in candidates {
            let context = try await run.preload(parameters, [candidate])
            _ = try await run.process(candidate, parameters, context, run: "claims")
        }
        return (counter.reads, counter.total("INSERT INTO payout"))
    }

    /// Reads of the preload and creations; and what stands beside them.
    private func inBulk(_ type: PayoutRunType) async throws -> (reads: Int, creations: Int, plan: Int, completions: Int)
    {
        let (books, counter) = try await fifty()
        defer { books.close() }
        let result = try await Self.pay(books, PayoutParameters(type: type))
        precondition(result.created == names.count, "everybody is to be paid")
        let creations = counter.total("INSERT INTO payout")
        // The first read is that of the plan.
        return (counter.reads - 1, creations, 1, counter.writes - creations)
    }

    func calls() async throws -> ClaimsTable {
        let payroll = try await oneByOne(.payroll), bulk = try await inBulk(.payroll)
        let notion = try await NotionClaims.payroll()
        precondition(notion.created == names.count, "everybody is to be paid")
        var claims = [
            Claim(
                what: "payroll, one by one: rate, payout, positions of each order",
                claimed: "~150 (creations left out)",
                original: "\(payroll.reads) reads", measured: "–"),
            Claim(
                what: "payroll, one by one, like for like", claimed: "200",
                original: "\(payroll.reads) + \(payroll.creations) = \(payroll.reads + payroll.creations)",
                measured: "–"),
            Claim(
                what: "payroll, preloaded", claimed: "~53: 3 + N", original: "3 batches; see below",
                measured: "\(bulk.reads) + \(bulk.creations) = \(bulk.reads + bulk.creations)",
                notion: "preload \(notion.preload.total): \(notion.preload.text)"),
            Claim(
                what: "beside that: candidates, completions of orders and lines", claimed: "not counted",
                original: "see below", measured: "\(bulk.plan) read, \(bulk.completions) writes",
                notion: "candidates \(notion.candidates.total): \(notion.candidates.text)"),
            Claim(
                what: "creating and completing, each with its look before and after", claimed: "not counted",
                original: "see below", measured: "\(bulk.creations + bulk.completions) writes",
                notion: "\(notion.process.total): \(notion.process.text)"),
        ]
        claims += try await original(notion)
        let (refunds, splits) = (try await NotionClaims.refunds(), try await NotionClaims.splits())
        for (type, name, over) in [(PayoutRunType.refund, "refunds", refunds), (.split, "invoice splits", splits)] {
            let before = try await oneByOne(type), after = try await inBulk(type)
            precondition(over.created == names.count, "everybody is to be paid")
            claims.append(
                Claim(
                    what: "\(name), O(N) → 1 + N", claimed: "50 → 51",
                    original: "\(before.reads) + \(before.creations) = \(before.reads + before.creations) one by one",
                    measured: "\(after.reads) + \(after.creations) = \(after.reads + after.creations)",
                    notion: "\(over.preload.total) + \(over.process.total): \(over.preload.text); \(over.process.text)")
            )
            claims.append(
                Claim(
                    what: "beside that: the \(name) themselves", claimed: "not counted", original: "1 query",
                    measured: "\(after.plan) read", notion: "\(over.candidates.total): \(over.candidates.text)"))
        }
        claims.append(try await again(notion))
        claims.append(try await again(.refund, "refunds", refunds))
        claims.append(try await again(.split, "invoice splits", splits))
        return ClaimsTable(
            title: "Orders to payouts: requests",
            intro: "50 orders of 3 lines each, of 50 contractors; 50 refund requests; 50 invoice splits.",
            columns: ("original, modelled", "Millrace, SQLite books"), claims: claims,
            notes: [
                """
                The headline 150 → 53 compares unlike things: the 150 leave out the 50 creations that the 53 count. Like \
                for like it is 200 → 53.
                """,
                """
                The original's batches of rates and of positions hide a page read for each contractor; the books here \
                answer each with one statement.
                """,
                """
                Notion refuses no second payout, so each is looked for before and after, and the order is read once more: what \
                SQLite's one statement does within itself. It remembers the pages of contractors, so the positions come with \
                the candidates' names.
                """,
            ])
    }

    /// What the preloaded run of the original really asked, page reads and all.
    private func original(_ notion: NotionClaims.Payouts) async throws -> [Claim] {
        let (books, _) = try await fifty()
        defer { books.close() }
        let meter = CallMeter()
        let metered = MeteredPayoutBooks(books, meter: meter) { try await books.countOfLines(of: $0) }
        _ = try await Self.pay(metered, PayoutParameters())
        func sum(_ names: String...) -> Int { names.reduce(0) { $0 + (meter.counts[$1] ?? 0) } }
        let preload =
            "\(sum("rates.query")) + \(sum("payouts.query")) + \(sum("contractor.read")) + \(sum("positions.read"))"
        return [
            Claim(
                what: "page reads hidden in the original's batches", claimed: "1 + 1 + 50 + 50",
                original: "\(preload) = \(sum("rates.query", "payouts.query", "contractor.read", "positions.read"))",
                measured: "3",
                notion: "\(notion.preload.total), none hidden; the \(notion.candidates.pagesRead) pages stand above"),
            Claim(
                what: "completing the orders: 1 + 1 for each, 3 for each line", claimed: "50 × (2 + 3 × 3) = 550",
                original: "\(sum("order.update", "lines.query", "line.read", "line.update"))",
                measured: "100 writes in 50 transactions",
                notion: "\(notion.process.changed): of the changed above"),
            Claim(
                what: "all of a payroll of 50, nothing left out", claimed: "–", original: "\(meter.total)",
                measured: "\(try await everything())",
                notion: "\(notion.total)"),
        ]
    }

    private func everything() async throws -> Int {
        let (books, counter) = try await fifty()
        defer { books.close() }
        _ = try await Self.pay(books, PayoutParameters())
        return counter.reads + counter.writes
    }

    private func again(_ notion: NotionClaims.Payouts) async throws -> Claim {
        let (books, counter) = try await fifty()
        defer { books.close() }
        _ = try await Self.pay(books, PayoutParameters())
        counter.reset()
        let second = try await Self.pay(books, PayoutParameters(), run: "second")
        let plain = "\(counter.reads) read, \(counter.writes) writes"
        counter.reset()
        let forced = try await Self.pay(books, PayoutParameters(force: true), run: "third")
        return Claim(
            what:
                "payroll again: \(second.processed) candidates; with `force` \(forced.processed), \(forced.skipped) skipped",
            claimed: "nothing twice", original: "–",
            measured: "\(plain); with `force` \(counter.reads) reads, \(counter.writes) writes",
            notion: "\(notion.again.total): \(notion.again.text)")
    }

    /// Refunds and splits stay what they are when they are paid, so a second run meets all of them again.
    private func again(_ type: PayoutRunType, _ name: String, _ notion: NotionClaims.Payouts) async throws -> Claim {
        let (books, counter) = try await fifty()
        defer { books.close() }
        let parameters = PayoutParameters(type: type)
        _ = try await Self.pay(books, parameters)
        counter.reset()
        let second = try await Self.pay(books, parameters, run: "second")
        precondition(second.skipped == names.count && notion.skipped == names.count, "nobody is to be paid twice")
        return Claim(
            what: "\(name) again: \(second.processed) candidates, \(second.skipped) skipped", claimed: "nothing twice",
            original: "–", measured: "\(counter.reads) reads, \(counter.writes) writes",
            notion: "\(notion.again.total): \(notion.again.text)")
    }

    // MARK: Times

    func times() async throws -> ClaimsTable {
        var claims = [try await timed("payroll, always 5 at once", .payroll, workers: 5)]
        for workers in [1, 5, 10, 20] {
            claims.append(try await timed("refunds, \(workers) at once", .refund, workers: workers))
        }
        for workers in [1, 5, 10, 20] {
            claims.append(try await timed("invoice splits, \(workers) at once", .split, workers: workers))
        }
        return ClaimsTable(
            title: "Orders to payouts: time by the number of workers",
            intro: """
                The same 50 of each; every request of the original takes 150 ms. The description names no times: beside \
                each stands what its requests come to when they are made in that many lines.
                """,
            columns: ("original's requests, here", "Millrace, SQLite books, no delay"), claims: claims,
            notes: [
                "Payroll completes ten lines of an order at once in each of its five lines; rates and positions are read five at a time."
            ])
    }

    private func timed(_ what: String, _ type: PayoutRunType, workers: Int) async throws -> Claim {
        let variables = [
            PayoutSettings.refunds.name: "\(workers)", PayoutSettings.splits.name: "\(workers)",
        ]
        let settings = try PayoutSettings { variables[$0] }
        let (books, _) = try await fifty()
        let meter = CallMeter(delay: .milliseconds(150))
        let metered = MeteredPayoutBooks(books, meter: meter) { try await books.countOfLines(of: $0) }
        let original = try await ClaimTime.seconds {
            _ = try await Self.pay(metered, PayoutParameters(type: type), settings: settings)
        }
        books.close()
        let (own, _) = try await fifty()
        let ours = try await ClaimTime.seconds {
            _ = try await Self.pay(own, PayoutParameters(type: type), settings: settings)
        }
        own.close()
        // Of refunds and splits: the candidates, the payouts that are there, and one creation after the other.
        let rounds = 2 + (names.count + workers - 1) / workers
        let claimed = type == .payroll ? "–" : "\(rounds) × 0.15 s = \(ClaimTime.text(.milliseconds(150 * rounds))) s"
        return Claim(what: what, claimed: claimed, original: "\(original) s", measured: "\(ours) s")
    }
}
