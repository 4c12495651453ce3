import Decimals
import JSONCodec
import Linux
import TestSupport
import Testing

@testable import BackOffice

/// Orders become payouts.
@Suite struct PayrollTests {
    private static let rates = [
        "r-ada,ada,,,1,Monthly Fixed,30000000,,VND", "r-bob,bob,,,15,Hourly Rate,,33.33,USD",
        "r-cyd,cyd,2025-12-15,,15,Mixed,2500,20,USD",
    ]

    private func december() async throws -> TemporaryBooks {
        let held = try await TemporaryBooks.december(
            hours: ["ada": "100", "bob": "7.25", "cyd": "12"], rates: Self.rates)
        try await held.take(.contractors, "id,name\nada,Ada Marlow\nbob,Bob Okoye\n")
        try await held.take(
            .positions, "contractor,position\nada,Lead Designer\nbob,Operation Executive\nbob,Engineer\n")
        return held
    }

    @Test func everyDetailSaysAllItsFields() async throws {
        let held = try await december()
        _ = try await held.books.create(
            .example("ord-202512-cyd", person: "cyd", money: Money(ExactDecimal("1413.05")!, .usd)))
        try await held.take(.timesheets, "id,date,contractor,project,hours\nd1,2025-12-04,dan,kafi,3\n")
        _ = try await LocalRun(held.books)(SyncParameters(month: .december, force: true))
        _ = try await held.books.approveOrders(month: .december)
        let result = try await LocalPayouts(held.books)(PayoutParameters(month: .december))
        #expect(
            JSON.text(result) == """
                {"payouts_created":2,"orders_processed":4,"orders_skipped":1,"errors":1,"details":[\
                {"order_page_id":"ord-202512-ada","contractor_name":"Ada Marlow","contractor_id":"ada",\
                "month":"2025-12","hours":100,"payout_page_id":"pay-ord-202512-ada","status":"created","reason":null,\
                "amount":30000000,"currency":"VND","billing_type":"Monthly Fixed"},\
                {"order_page_id":"ord-202512-bob","contractor_name":"Bob Okoye","contractor_id":"bob",\
                "month":"2025-12","hours":7.25,"payout_page_id":"pay-ord-202512-bob","status":"created","reason":null,\
                "amount":241.65,"currency":"USD","billing_type":"Hourly Rate"},\
                {"order_page_id":"ord-202512-cyd","contractor_name":"","contractor_id":"cyd","month":"2025-12",\
                "hours":12,"payout_page_id":"pay-ord-202512-cyd","status":"skipped",\
                "reason":"payout already exists","amount":1413.05,"currency":"USD","billing_type":"Mixed"},\
                {"order_page_id":"ord-202512-dan","contractor_name":"","contractor_id":"dan","month":"2025-12",\
                "hours":3,"payout_page_id":null,"status":"error","reason":"no active rate"}],"type":"Service Fee"}
                """)
        #expect(
            String(decoding: try await held.export(.payouts), as: UTF8.self) == """
                id,name,amount,currency,person,status,date,paid_date,source_kind,source_id,rate,description
                pay-ord-202512-cyd,x,1413.05,USD,cyd,Pending,,,order,ord-202512-cyd,,
                pay-ord-202512-ada,Service fee for December 2025,30000000,VND,ada,Pending,2025-12-31,,order,\
                ord-202512-ada,r-ada,"Design consulting, December 1-31, 2025"
                pay-ord-202512-bob,Service fee for December 2025,241.65,USD,bob,Pending,2025-12-31,,order,\
                ord-202512-bob,r-bob,"Operational consulting, December 1-31, 2025"

                """)
    }

    @Test func onlyPaidOrdersAndTheirLinesAreCompleted() async throws {
        let held = try await december()
        _ = try await held.books.create(.example("ord-202512-cyd", person: "cyd"))
        _ = try await LocalPayouts(held.books)()
        #expect(
            try await held.statuses() == [
                "lin-202512-ada/kafi Completed", "lin-202512-bob/kafi Completed", "lin-202512-cyd/kafi Approved",
                "ord-202512-ada Completed", "ord-202512-bob Completed", "ord-202512-cyd Approved",
            ])
    }

    /// Paid, then the hours changed and the order was approved again.
    @Test(arguments: [true, false]) func whoWasPaidAnotherAmountIsShownThatAndIsAnError(dryRun: Bool) async throws {
        let held = try await TemporaryBooks.december(
            hours: ["ada": "3.5", "bob": "7.25"],
            rates: ["r-ada,ada,,,1,Hourly Rate,,10,USD", "r-bob,bob,,,15,Hourly Rate,,10,USD"])
        #expect(try await LocalPayouts(held.books)().created == 2)
        try await held.execute("UPDATE order_line SET hours = '5.5' WHERE task_order = 'ord-202512-ada'")
        try await held.execute("UPDATE task_order SET status = 'Approved'")
        let again = try await LocalPayouts(held.books, run: "run-2")(PayoutParameters(dryRun: dryRun))
        #expect((again.created, again.skipped, again.errors) == (0, 1, 1))
        #expect(again.details.map(\.money) == [Money(35, .usd), Money(ExactDecimal("72.5")!, .usd)])
        #expect(again.details.map(\.outcome.payout) == ["pay-ord-202512-ada", "pay-ord-202512-bob"])
        #expect(again.details[0].outcome.reason?.contains("of 35 USD, but 55 USD is due") == true)
        #expect(again.details[1].outcome.reason == "payout already exists")
    }

    /// Contractor, rate, payday, amount, existing payout: each test breaks one rule and all that come after it.
    @Test func theFirstRuleThatIsBrokenIsTheReason() async throws {
        let order = PayableOrder(id: "o", contractor: nil, date: Month.december.lastDay, hours: 1)
        let there = PayoutRun.Context(payouts: [.order("o"): LivePayout(id: "p")])
        let held = try TemporaryBooks()
        func reason(_ order: PayableOrder, _ context: PayoutRun.Context) async throws -> PayrollDetail {
            let parameters = PayoutParameters(payDay: 1)
            let run = PayoutRun(books: held.books)
            guard case .payroll(let detail) = try await run.process(.order(order), parameters, context, run: "x").detail
            else { throw Fault("no order") }
            return detail
        }
        let noContractor = try await reason(order, there)
        #expect(noContractor.outcome == PayoutOutcome(status: .skipped, reason: "contractor missing"))
        var owned = order
        owned.contractor = "ada"
        let noRate = try await reason(owned, there)
        #expect(noRate.outcome == PayoutOutcome(status: .error, reason: "no active rate"))
        var context = there
        context.rates = ["ada": [ContractorRate(id: "r", contractor: "ada", payday: 15)]]
        let otherDay = try await reason(owned, context)
        #expect(otherDay.outcome == PayoutOutcome(status: .skipped, reason: "pay-day mismatch"))
        #expect(otherDay.money == nil)
        context.rates["ada"]![0].payday = 1
        let noAmount = try await reason(owned, context)
        #expect(noAmount.outcome == PayoutOutcome(status: .error, reason: "rate r has no currency"))
        context.rates["ada"]![0].currency = .usd
        context.rates["ada"]![0].hourlyRate = 5
        let exists = try await reason(owned, context)
        #expect(exists.outcome == PayoutOutcome(status: .skipped, reason: "payout already exists", payout: "p"))
        #expect(exists.money == Money(5, .usd))
        context.payouts = [.order("o"): LivePayout(id: "p", money: Money(5, .usd))]
        #expect(try await reason(owned, context) == exists)
        context.payouts = [.order("o"): LivePayout(id: "p", money: Money(3, .usd))]
        let other = try await reason(owned, context)
        #expect(other.outcome.status == .error && other.outcome.payout == "p" && other.money == Money(3, .usd))
        #expect(
            other.outcome.reason == "payout already exists, of 3 USD, but 5 USD is due by now; cancel it, or pay the "
                + "difference by hand")
        context.payouts = [:]
        let gone = try await reason(owned, context)
        #expect(gone.outcome == PayoutOutcome(status: .error, reason: "changed since it was read; run again"))
        owned.date = nil
        #expect(try await reason(owned, context).outcome.reason == "order has no date")
    }

    @Test func aRateIsJudgedByEachOrdersOwnDate() async throws {
        let held = try await TemporaryBooks.december(
            hours: ["ada": "10"],
            rates: [
                "old,ada,,2025-11-30,1,Hourly Rate,,10,USD", "new,ada,2025-12-01,,1,Hourly Rate,,20,USD",
                "later,ada,2026-01-01,,1,Hourly Rate,,40,USD",
            ])
        try await held.take(
            .timesheets, "id,date,contractor,project,hours,status\nn1,2025-11-04,ada,kafi,10,Reviewed\n")
        let november = Month("2025-11")!
        _ = try await LocalRun(held.books)(SyncParameters(month: november))
        _ = try await held.books.approveOrders(month: november)
        let result = try await LocalPayouts(held.books)()
        let amounts = result.details.compactMap { if case .payroll(let part) = $0 { part.money?.amount } else { nil } }
        #expect(amounts == [100, 200], "both orders in one run, each by the rate of its own month")
    }

    @Test func ofTwoRatesThatHoldTheOneThatBeganLastCountsAndOnlyActiveOnesDo() async throws {
        let held = try await TemporaryBooks.december(
            hours: ["ada": "1"],
            rates: ["a,ada,,,1,Hourly Rate,,1,USD", "b,ada,2025-12-01,,1,Hourly Rate,,2,USD"])
        try await held.take(
            .rates,
            "id,contractor,status,start_date,payday,hourly_rate,currency\nc,ada,Inactive,2025-12-20,1,3,USD\n")
        let result = try await LocalPayouts(held.books)()
        #expect(JSON.text(result).contains(#""amount":2,"#))
    }

    @Test func whatAnEarlierRateOfTheMonthWouldHavePaidIsSaidToBeMissing() async throws {
        let held = try await TemporaryBooks.december(
            hours: ["ada": "1", "bob": "1", "cyd": "1", "dan": "1"],
            rates: [
                "a1,ada,,2025-12-14,1,Monthly Fixed,2000,,USD", "a2,ada,2025-12-15,,1,Monthly Fixed,2300,,USD",
                // Nothing held in the month before; paid by the hour; began with the month.
                "b1,bob,,2025-11-30,1,Monthly Fixed,2000,,USD", "b2,bob,2025-12-15,,1,Monthly Fixed,2300,,USD",
                "c1,cyd,,2025-12-14,1,Hourly Rate,,20,USD", "c2,cyd,2025-12-15,,1,Hourly Rate,,23,USD",
                "d1,dan,,2025-12-14,1,Monthly Fixed,2000,,USD", "d2,dan,2025-12-01,,1,Monthly Fixed,2300,,USD",
            ])
        for dryRun in [true, false] {
            let result = try await LocalPayouts(held.books)(PayoutParameters(dryRun: dryRun))
            let notes = result.details.map { detail -> String? in
                if case .payroll(let part) = detail { part.note } else { nil }
            }
            #expect(
                notes == [
                    "paid from 2025-12-15 on only; rate a1, which held in the month before that, is not counted", nil,
                    nil, nil,
                ])
            #expect(JSON.text(result).contains(#""amount":1300,"#), "13 of 23 days of 2300")
        }
    }

    @Test func paydayContractorMonthAndStatusSelect() async throws {
        let held = try await december()
        let parameters = PayoutParameters(dryRun: true)
        func lines(_ change: (inout PayoutParameters) -> Void) async throws -> [String] {
            var changed = parameters
            change(&changed)
            return try await LocalPayouts(held.books)(changed).lines
        }
        #expect(
            try await lines { $0.payDay = 1 } == [
                "ord-202512-ada planned", "ord-202512-bob skipped: pay-day mismatch",
                "ord-202512-cyd skipped: pay-day mismatch",
            ])
        for name in ["ada", "Ada Marlow"] {
            #expect(try await lines { $0.contractor = name } == ["ord-202512-ada planned"])
        }
        #expect(try await lines { $0.contractor = "ad" } == [], "the whole name, not a part")
        #expect(try await lines { $0.month = .january } == [])
        try await held.execute("UPDATE task_order SET status = 'Pending Approval' WHERE contractor <> 'bob'")
        #expect(try await lines { _ in } == ["ord-202512-bob planned"])
        #expect(try await lines { $0.force = true }.count == 3)
    }

    @Test func aDryRunWritesNothingAndSaysHowEachAmountCameAbout() async throws {
        let held = try await december()
        let version = try await held.version()
        let result = try await LocalPayouts(held.books)(PayoutParameters(dryRun: true))
        #expect(try await held.version() == version)
        #expect((result.created, result.planned, result.processed) == (0, 3, 3))
        let text = JSON.text(result)
        #expect(text.contains(#""calculation":"2500 USD × 13/23 working days, up to 0.01","invoice_due_day":25"#))
        #expect(text.contains(#""calculation":"33.33 USD × 7.25 h, up to 0.01""#))
        #expect(text.hasSuffix(#""type":"Service Fee","dry_run":true,"payouts_planned":3}"#))
    }

    // MARK: Twice

    @Test func aSecondRunFindsNothingAndAForcedOneSkipsAll() async throws {
        let held = try await december()
        _ = try await LocalPayouts(held.books)()
        let version = try await held.version()
        let second = try await LocalPayouts(held.books, run: "run-2")()
        #expect(
            JSON.text(second) == """
                {"payouts_created":0,"orders_processed":0,"orders_skipped":0,"errors":0,"details":[],\
                "type":"Service Fee"}
                """)
        let forced = try await LocalPayouts(held.books, run: "run-3")(PayoutParameters(force: true))
        #expect((forced.created, forced.skipped) == (0, 3))
        #expect(try await held.version() == version)
    }

    @Test func aCancelledPayoutDoesNotBlock() async throws {
        let held = try await december()
        _ = try await LocalPayouts(held.books)()
        try await held.execute("UPDATE payout SET status = 'Cancelled' WHERE person = 'ada'")
        let again = try await LocalPayouts(held.books, run: "run-2")(PayoutParameters(force: true))
        #expect(again.created == 1)
        #expect(try await held.count("SELECT count(*) FROM payout WHERE person = 'ada'") == 2)
        #expect(
            try await held.text("SELECT id FROM payout WHERE person = 'ada' AND status = 'Pending'")
                == "pay-ord-202512-ada.2")
    }

    @Test func runsThatOverlapPayEachOrderOnce() async throws {
        let held = try await december()
        // Both have read that there is no payout before either writes one.
        let gate = Watched(0)
        let books = FaultyPayoutBooks(try held.another()) { name in
            guard name.hasPrefix("create") else { return }
            gate.update { $0 += 1 }
            try await gate.wait(for: "both runs") { $0 >= 2 }
        }
        async let one = LocalPayouts(books, run: "one")()
        async let two = LocalPayouts(books, run: "two")()
        let results = try await [one, two]
        #expect(results.map(\.created).reduce(0, +) == 3)
        #expect(results.map(\.skipped).reduce(0, +) == 3)
        #expect(try await held.count("SELECT count(*) FROM payout") == 3)
    }

    @Test func aRunThatIsTakenUpAgainCountsWhatItMadeAndCompletesIt() async throws {
        let held = try await december()
        let interrupted = FaultyPayoutBooks(held.books, failing: "complete")
        _ = try await LocalPayouts(interrupted)(PayoutParameters(contractor: "ada"))
        #expect(try await held.text("SELECT status FROM task_order WHERE contractor = 'ada'") == "Approved")
        let again = try await LocalPayouts(held.books)(PayoutParameters(contractor: "ada"))
        #expect(again.lines == ["ord-202512-ada created"])
        #expect(try await held.text("SELECT status FROM task_order WHERE contractor = 'ada'") == "Completed")
        #expect(try await held.count("SELECT count(*) FROM payout") == 1)
    }

    // MARK: Faults

    @Test(arguments: ["orders", "rates", "payouts"])
    func aReadThatFailsAbortsBeforeAnythingIsWritten(name: String) async throws {
        let held = try await december()
        let version = try await held.version()
        await #expect(throws: Fault.self) { try await LocalPayouts(FaultyPayoutBooks(held.books, failing: name))() }
        #expect(try await held.version() == version)
    }

    @Test func withoutPositionsItGoesOn() async throws {
        let held = try await december(), log = LogBook()
        let result = try await LocalPayouts(FaultyPayoutBooks(held.books, failing: "positions"), log: log.log)()
        #expect(result.created == 3)
        #expect(log.lines("[BATCH_POSITIONS]").map(\.level) == [.warning])
        #expect(
            try await held.text("SELECT description FROM payout WHERE person = 'ada'")
                == "Software development, December 1-31, 2025")
    }

    @Test func oneThatCannotBeCreatedLosesNobodyElse() async throws {
        let held = try await december()
        let books = FaultyPayoutBooks(held.books, failing: "create order ord-202512-ada")
        let result = try await LocalPayouts(books)()
        #expect(result.lines[0] == "ord-202512-ada error: not created: the books do not answer")
        #expect((result.created, result.errors, result.processed) == (2, 1, 3))
        #expect(try await held.text("SELECT status FROM task_order WHERE contractor = 'ada'") == "Approved")
    }

    @Test func anOrderThatCannotBeCompletedKeepsItsPayout() async throws {
        let held = try await december(), log = LogBook()
        let result = try await LocalPayouts(FaultyPayoutBooks(held.books, failing: "complete"), log: log.log)()
        #expect(result.created == 3)
        #expect(log.lines("order not completed").count == 3)
    }

    @Test func anOrderThatChangedSinceItWasReadIsNotPaid() async throws {
        let held = try await december()
        let books = FaultyPayoutBooks(held.books) { name in
            if name == "create order ord-202512-bob" {
                try await held.execute("UPDATE order_line SET hours = '8' WHERE id = 'lin-202512-bob/kafi'")
            }
            if name == "complete ord-202512-ada" {
                try await held.execute("UPDATE task_order SET status = 'Pending Approval' WHERE contractor = 'ada'")
            }
        }
        let log = LogBook()
        let result = try await LocalPayouts(books, log: log.log)(PayoutParameters(), workers: 1)
        #expect(result.lines[1] == "ord-202512-bob error: changed since it was read; run again")
        #expect(try await held.count("SELECT count(*) FROM payout") == 2)
        #expect(
            try await held.text("SELECT status FROM task_order WHERE contractor = 'ada'") == "Pending Approval",
            "a late change is not covered up")
        #expect(log.lines("order not completed").count == 1)
    }

    @Test func aRunThatIsCancelledFinishesWhatItHasBegun() async throws {
        let held = try await december()
        let begun = Watched(false), go = Watched(false)
        let books = FaultyPayoutBooks(held.books) { name in
            guard name.hasPrefix("create") else { return }
            begun.update { $0 = true }
            try await go.wait(for: "the word") { $0 }
        }
        let run = Task { try await LocalPayouts(books)(PayoutParameters(contractor: "ada")) }
        try await begun.wait(for: "the creation") { $0 }
        run.cancel()
        go.update { $0 = true }
        #expect(try await run.value.created == 1)
        #expect(try await held.text("SELECT status FROM task_order WHERE contractor = 'ada'") == "Completed")
    }

    // MARK: Reads

    @Test func thePreloadAsksThreeThingsSideBySideAndWorkersAskNothing() async throws {
        let held = try await december(), log = LogBook()
        let asked = Locked<[String]>([]), gate = Watched(0)
        let books = FaultyPayoutBooks(held.books) { name in
            asked.withLock { $0.append(name.split(separator: " ")[0].description) }
            guard ["rates", "payouts", "positions"].contains(name) else { return }
            gate.update { $0 += 1 }
            try await gate.wait(for: "all three") { $0 == 3 }
        }
        _ = try await within(.seconds(10)) { try await LocalPayouts(books, log: log.log)() }
        let names = asked.withLock { $0 }
        #expect(names.first == "orders")
        #expect(names[1...3].sorted() == ["payouts", "positions", "rates"])
        #expect(names[4...].sorted() == Array(repeating: "complete", count: 3) + Array(repeating: "create", count: 3))
        for prefix in ["[PRELOAD]", "[BATCH_RATES]", "[BATCH_PAYOUT_CHECK]", "[BATCH_POSITIONS]"] {
            let line = try #require(log.lines(prefix).first)
            #expect(line.level == .debug)
            #expect(Int(line.fields["duration-ms"] ?? "") != nil)
        }
        #expect(log.lines("[PROCESS]").count == 3)
    }

    @Test func theLogKnowsNoNamesAndNoAmounts() async throws {
        let held = try await december(), log = LogBook()
        _ = try await LocalPayouts(held.books, log: log.log)()
        let said = log.lines.map { "\($0.message) \($0.fields)" }.joined(separator: "\n")
        for word in ["Marlow", "Okoye", "30000000", "241.64", "Designer"] { #expect(!said.contains(word)) }
    }

    @Test(arguments: [1, 5, 20])
    func anyNumberOfWorkersGivesTheSame(workers: Int) async throws {
        let held = try await TemporaryBooks.sample()
        try await held.take(.rates, String(decoding: SampleBooks.ratesCSV(month: .january), as: UTF8.self))
        _ = try await LocalRun(held.books)(SyncParameters(month: .january))
        _ = try await held.books.approveOrders(month: .january)
        let result = try await LocalPayouts(held.books)(PayoutParameters(), workers: workers)
        #expect(result.created == 20)
        let digest = (JSON.text(result) + String(decoding: try await held.export(.payouts), as: UTF8.self)).utf8
            .reduce(5381 as UInt64) { $0 &* 33 &+ UInt64($1) }
        Self.digests.withLock { _ = $0.insert(digest) }
        #expect(Self.digests.withLock { $0.count } == 1)
    }

    private static let digests = Locked<Set<UInt64>>([])
}

extension PayoutDraft {
    static func example(
        _ order: OrderID, person: ContractorID, run: String = "another", money: Money = Money(1, .usd)
    ) -> PayoutDraft {
        PayoutDraft(
            source: .order(order), name: "x", money: money, date: nil, description: "", person: person,
            run: run)
    }
}
