import Decimals
import Linux
import MillraceStore
import TestSupport
import Testing

@testable import BackOffice

/// What the SQLite books promise of payouts.
@Suite struct PayoutBooksTests {
    private func held() async throws -> TemporaryBooks {
        try await TemporaryBooks.december(
            hours: ["ada": "1", "bob": "2", "cyd": "3"],
            rates: [
                "a2,ada,2025-06-01,,1,Hourly Rate,,2,USD", "a1,ada,,,1,Hourly Rate,,1,USD",
                "b1,bob,,,15,Monthly Fixed,2000.50,,USD",
            ])
    }

    @Test func ratesAreThoseAskedForThatAreActiveInTheOrderInWhichTheyAreTried() async throws {
        let held = try await held()
        try await held.take(.rates, "id,contractor,status,payday\na0,ada,Ended,1\n")
        var needs = RateNeeds()
        for contractor in ["ada", "cyd", "zoe"] { needs.add(ContractorID(contractor), on: Day("2020-01-01")!) }
        #expect(try await held.books.rates(needs).map(\.id) == ["a2", "a1"], "validity is the caller's to judge")
    }

    @Test func livePayoutsAreFoundByTheirSourcesAndUnknownOnesAreAbsent() async throws {
        let held = try await held()
        try await held.take(.refunds, "id,amount,currency,contractor,status\nr1,5,USD,ada,Approved\n")
        _ = try await held.books.create(.example("ord-202512-ada", person: "ada", run: "one"))
        _ = try await held.books.create(.example("ord-202512-bob", person: "bob"))
        try await held.execute("UPDATE payout SET status = 'Cancelled' WHERE person = 'bob'")
        let live = try await held.books.livePayouts(
            of: [.order("ord-202512-ada"), .order("ord-202512-bob"), .refund("ord-202512-ada"), .refund("r1")])
        #expect(
            live == [.order("ord-202512-ada"): LivePayout(id: "pay-ord-202512-ada", run: "one", money: Money(1, .usd))])
    }

    @Test func positionsAreThoseOfTheContractorsAskedFor() async throws {
        let held = try await held()
        try await held.take(.positions, "contractor,position\nada,Lead\nada,Engineer\nbob,Engineer\n")
        #expect(try await held.books.positions(of: ["ada", "ada", "cyd"]) == ["ada": ["Engineer", "Lead"]])
    }

    @Test func ordersBringTheExactSumOfTheirLines() async throws {
        let held = try await TemporaryBooks.holding(
            "1 2025-01-02 ada kafi 0.1 Reviewed", "2 2025-01-02 ada nghe 0.2 Reviewed", "3 2025-01-02 bob kafi 1 Draft")
        _ = try await LocalRun(held.books)(SyncParameters(month: .january))
        let all = try await held.books.payableOrders(PayableOrderQuery(everyStatus: true))
        #expect(all.map(\.hours) == [ExactDecimal("0.3")!])
        #expect(all[0].date == Day("2025-01-31"))
        #expect(try await held.books.payableOrders(PayableOrderQuery()) == [])
        _ = try await held.books.approveOrders(month: .january)
        #expect(try await held.books.payableOrders(PayableOrderQuery(month: .january)).count == 1)
    }

    @Test func theDatabaseItselfRefusesASecondLivePayout() async throws {
        let held = try await held()
        let first = try await held.books.create(.example("ord-202512-ada", person: "ada"))
        #expect(first == .created("pay-ord-202512-ada"))
        let second = try await held.books.create(.example("ord-202512-ada", person: "ada", run: "two"))
        #expect(second == .alreadyThere(LivePayout(id: "pay-ord-202512-ada", run: "another", money: Money(1, .usd))))
        let insert = """
            INSERT INTO payout (id, name, amount, currency, description, status, person, task_order)
            VALUES ('x', 'x', '1', 'USD', '', '%', 'ada', 'ord-202512-ada')
            """
        for status in ["New", "Pending", "Paid"] {
            await #expect(throws: StoreError.self) {
                try await held.execute(insert.replacing("%", with: status))
            }
        }
        try await held.execute(insert.replacing("%", with: "Cancelled"))
    }

    /// Ids of sources may end in a dot and a number as well.
    @Test func aPayoutHasAnIdOfItsOwnWhateverItsSourceIsCalled() async throws {
        let held = try await TemporaryBooks.december(
            hours: ["kim": "1", "kim.2": "1"],
            rates: ["k,kim,,,1,Hourly Rate,,1,USD", "k2,kim.2,,,1,Hourly Rate,,1,USD"])
        var made: [PayoutID] = []
        for _ in 0..<3 {
            for person in ["kim", "kim.2"] as [ContractorID] {
                let write = try await held.books.create(
                    .example(OrderID("ord-202512-\(person)"), person: person))
                guard case .created(let id) = write else { throw TestFailure("\(write)") }
                made.append(id)
                try await held.execute("UPDATE payout SET status = 'Cancelled'")
            }
        }
        #expect(
            made.map(\.text) == ["", ".2", ".3", ".2.2", ".4", ".2.3"].map { "pay-ord-202512-kim\($0)" })
    }

    @Test func whatTheDatabaseRefusesIsSaidWithoutItsStatement() async throws {
        let held = try await held()
        let error = try #require(
            await #expect(throws: StoreError.self) {
                try await held.books.create(.example("ord-202512-ada", person: "bob"))
            })
        #expect("\(error)".hasPrefix("a payout goes to another than the one its source or rate names (sqlite "))
        #expect(!"\(error)".contains("INSERT"))
    }

    @Test(
        arguments: [
            ("'bob', 'ord-202512-ada', NULL, NULL", "another than the one"), ("'ada', NULL, NULL, 'b1'", "another"),
            ("'ada', 'nothing', NULL, NULL", "another"), ("'ada', 'ord-202512-ada', 'r1', NULL", "CHECK"),
            ("'zoe', NULL, NULL, NULL", "FOREIGN KEY"),
        ])
    func aPayoutGoesToWhomItsSourceAndItsRateBelong(values: String, reason: String) async throws {
        let held = try await held()
        try await held.take(.refunds, "id,amount,currency,contractor,status\nr1,5,USD,ada,Approved\n")
        let error = try #require(
            await #expect(throws: StoreError.self) {
                try await held.execute(
                    """
                    INSERT INTO payout (id, name, amount, currency, description, status, person, task_order, refund, rate)
                    VALUES ('x', 'x', '1', 'USD', '', 'Pending', \(values))
                    """)
            })
        #expect(error.message.contains(reason), "\(error)")
    }

    @Test(arguments: [
        "amount = '-1'", "amount = 'x'", "amount = ''", "currency = 'usd'", "status = 'Done'", "date = '2025-02-30'",
        "name = ''", "paid_date = 'today'",
    ])
    func aPayoutHoldsOnlyWhatItsColumnsMean(change: String) async throws {
        let held = try await held()
        _ = try await held.books.create(.example("ord-202512-ada", person: "ada"))
        await #expect(throws: StoreError.self) { try await held.execute("UPDATE payout SET \(change)") }
    }

    @Test func completingIsForTheOrderAsItWasReadAndCanBeRepeated() async throws {
        let held = try await held()
        let order = try #require(try await held.books.payableOrders(PayableOrderQuery()).first)
        try await held.books.complete(order.id, revision: order.revision, linesAtOnce: 10)
        try await held.books.complete(order.id, revision: order.revision, linesAtOnce: 10)
        #expect(try await held.statuses().prefix(1) == ["lin-202512-ada/kafi Completed"])
        try await held.execute("UPDATE task_order SET status = 'Draft' WHERE id = '\(order.id)'")
        await #expect(throws: BooksError.changed(order.id)) {
            try await held.books.complete(order.id, revision: order.revision, linesAtOnce: 10)
        }
        await #expect(throws: BooksError.noOrder("o")) {
            try await held.books.complete("o", revision: nil, linesAtOnce: 1)
        }
    }

    @Test func approvingIsForWhatWaits() async throws {
        let held = try await held()
        try await held.execute("UPDATE task_order SET status = 'Completed' WHERE contractor = 'ada'")
        try await held.execute("UPDATE task_order SET status = 'Pending Approval' WHERE contractor <> 'ada'")
        #expect(try await held.books.approveOrders(month: .january) == [])
        #expect(try await held.books.approveOrders(month: .december, contractor: "bob") == ["ord-202512-bob"])
        #expect(try await held.books.approveOrders(month: .december) == ["ord-202512-cyd"])
        #expect(try await held.text("SELECT status FROM task_order WHERE contractor = 'ada'") == "Completed")
    }

    /// A file as the first release wrote it, with data, is brought up.
    @Test func booksOfTheFirstVersionKeepEverythingAndCanPay() async throws {
        let folder = TemporaryDirectory(), path = folder.file("books.sqlite")
        let old = try Database.open(path, migrations: [BooksSchema.migrations[0]])
        try await old.write { connection in
            try connection.execute(
                """
                INSERT INTO contractor VALUES ('ada', 'ada', 'Ada');
                INSERT INTO project VALUES ('kafi', 'kafi', '');
                INSERT INTO deployment VALUES ('ada/kafi', 'ada', 'kafi', 'Active');
                INSERT INTO contractor_rate VALUES ('r', 'ada', 'Active', '2025-01-01', NULL, 15);
                INSERT INTO task_order VALUES
                    ('ord-202512-ada', 'ada', '2025-12', '2025-12-31', 'ORD :: ada :: 202512', 'Approved');
                INSERT INTO order_line VALUES ('l', 'ord-202512-ada', 'ada/kafi', '7.5', 'doors', 'Approved');
                """)
        }
        old.close()

        let books = try SQLiteBooks(path: path, creates: true)
        defer { books.close() }
        let rate = try #require(try await books.activeRate(of: "ada", in: .december))
        #expect((rate.payday, rate.startDate, rate.billingType) == (15, Day("2025-01-01"), .unsaid))
        #expect((rate.monthlyFixed, rate.hourlyRate, rate.currency) == (nil, nil, nil))
        #expect(try await books.orders().map(\.subtotal) == [ExactDecimal("7.5")!])
        let unpriced = try await LocalPayouts(books)()
        #expect(unpriced.lines == ["ord-202512-ada error: rate r has no currency"])
        let price = "id,contractor,start_date,payday,hourly_rate,currency\nr,ada,2025-01-01,15,20,USD\n"
        _ = try await BooksImport(.rates, format: .csv).run(Array(price.utf8), into: books)
        #expect(try await LocalPayouts(books, run: "2")().created == 1)
    }

    @Test func aDamagedAmountIsNamed() async throws {
        let held = try await held()
        try await held.execute("UPDATE contractor_rate SET hourly_rate = '1.2.3' WHERE id = 'a1'")
        var needs = RateNeeds()
        needs.add("ada", on: Month.december.lastDay)
        await #expect(throws: BooksError.damaged(table: "contractor_rate", id: "a1", column: "hourly_rate")) {
            try await held.books.rates(needs)
        }
    }
}
