import Decimals
import Linux
import TestSupport
import Testing

@testable import BackOffice

/// What a run costs, counted where SQLite runs the statements.
@Suite struct PayoutCountTests {
    /// Books of fifty approved orders, each with its rate; opened once more, by somebody who counts.
    private func fifty() async throws -> (TemporaryBooks, SQLiteBooks, StatementCounter) {
        let names = (10..<60).map { "c\($0)" }
        let held = try await TemporaryBooks.december(
            hours: Dictionary(uniqueKeysWithValues: names.map { ($0, "8") }),
            rates: names.map { "r-\($0),\($0),,,1,Hourly Rate,,20,USD" })
        try await held.take(
            .positions, "contractor,position\n" + names.map { "\($0),Engineer\n" }.joined())
        var refunds = "id,amount,currency,contractor,status\n"
        var splits = "id,name,amount,currency,person,type,status\n"
        for name in names {
            refunds += "f-\(name),5,USD,\(name),Approved\n"
            splits += "s-\(name),Split,5,USD,\(name),Bonus,Pending\n"
        }
        try await held.take(.refunds, refunds)
        try await held.take(.splits, splits)
        let counter = StatementCounter()
        let books = try held.another(counting: counter)
        counter.reset()
        return (held, books, counter)
    }

    @Test func fiftyOrdersAreThreeReadsAndFiftyCreations() async throws {
        let (held, books, counter) = try await fifty()
        let run = PayoutRun(books: books), parameters = PayoutParameters(month: .december)
        let plan = try await run.plan(parameters)
        #expect((counter.reads, counter.writes) == (1, 0), "the plan reads the candidates")
        counter.reset()
        let context = try await run.preload(parameters, plan.candidates)
        #expect((counter.reads, counter.writes) == (3, 0))
        let details = try await SideBySide.map(plan.candidates, atOnce: 5) { candidate in
            try await run.process(candidate, parameters, context, run: "run").detail
        }
        #expect(counter.reads == 3, "workers read nothing")
        #expect(counter.total("INSERT INTO payout") == 50)
        // The completions are beside the 53: an update of each order and one of its lines.
        #expect(counter.total("UPDATE task_order") == 50)
        #expect(counter.total("UPDATE order_line") == 50)
        #expect(counter.writes == 150)
        #expect(run.summarize(details, parameters).created == 50)
        #expect(try await held.count("SELECT count(*) FROM payout") == 50)
        books.close()
    }

    @Test(arguments: [PayoutRunType.refund, .split])
    func refundsAndSplitsAreOneReadAndACreationEach(type: PayoutRunType) async throws {
        let (held, books, counter) = try await fifty()
        defer { withExtendedLifetime(held) {} }
        let result = try await LocalPayouts(books)(PayoutParameters(type: type))
        #expect(result.created == 50)
        #expect(counter.reads == 2, "the candidates, and the payouts there are")
        #expect(counter.writes == 50)
        books.close()
    }

    @Test func aRunWithNothingToPayReadsOnceAndWritesNothing() async throws {
        let (held, books, counter) = try await fifty()
        defer { withExtendedLifetime(held) {} }
        let result = try await LocalPayouts(books)(PayoutParameters(month: .january))
        #expect(result.processed == 0)
        #expect((counter.reads, counter.writes) == (1, 0))
        books.close()
    }

    @Test func nobodyIsAskedAboutNothing() async throws {
        let (held, books, counter) = try await fifty()
        defer { withExtendedLifetime(held) {} }
        #expect(try await books.rates(RateNeeds()) == [])
        #expect(try await books.livePayouts(of: []) == [:])
        #expect(try await books.positions(of: []) == [:])
        #expect(counter.reads == 0)
        books.close()
    }

    @Test func theCounterCountsNeitherTriggersNorTransactions() async throws {
        let (held, books, counter) = try await fifty()
        defer { withExtendedLifetime(held) {} }
        _ = try await books.create(.example("ord-202512-c10", person: "c10"))
        #expect((counter.reads, counter.writes) == (0, 1))
        #expect(counter.total("BEGIN") == 1)
        books.close()
    }
}
