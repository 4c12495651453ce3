import JSONCodec
import Linux
import TestSupport
import Testing

@testable import BackOffice

@Suite struct RefundsAndSplitsTests {
    private func held() async throws -> TemporaryBooks {
        let held = try TemporaryBooks()
        try await held.take(.contractors, "id,name\nada,Ada Marlow\nbob,Bob Okoye\n")
        return held
    }

    @Test func refundsAreCreatedSkippedAndSaidInFull() async throws {
        let held = try await held()
        try await held.take(
            .refunds,
            """
            id,refund_id,amount,currency,contractor,status,date_requested,reason,description,formatted_description,details
            r1,RFD-1,89.90,USD,ada,Approved,2025-12-02,Travel,taxi,"Taxi to the client",
            r2,RFD-2,450000,VND,bob,Approved,2025-12-03,,,formatted,details
            r3,RFD-3,5,USD,,Approved,,Books,,,
            r4,RFD-4,7,USD,ada,Pending,,Books,,,
            r5,RFD-5,9,USD,bob,Approved,,Books,,,
            """)
        _ = try await held.books.create(
            PayoutDraft(
                source: .refund("r5"), name: "x", money: Money(9, .usd), date: nil, description: "", person: "bob",
                run: "another"))
        let result = try await LocalPayouts(held.books)(PayoutParameters(type: .refund))
        #expect(
            JSON.text(result) == """
                {"payouts_created":2,"refunds_processed":4,"refunds_skipped":2,"errors":0,"details":[\
                {"refund_page_id":"r3","refund_id":"RFD-3","contractor_id":"","contractor_name":"","amount":5,\
                "currency":"USD","reason":"Books","payout_page_id":null,"status":"skipped",\
                "error_reason":"contractor missing"},\
                {"refund_page_id":"r1","refund_id":"RFD-1","contractor_id":"ada","contractor_name":"Ada Marlow",\
                "amount":89.9,"currency":"USD","reason":"Travel","payout_page_id":"pay-refund-r1","status":"created",\
                "error_reason":null},\
                {"refund_page_id":"r5","refund_id":"RFD-5","contractor_id":"bob","contractor_name":"Bob Okoye",\
                "amount":9,"currency":"USD","reason":"Books","payout_page_id":"pay-refund-r5","status":"skipped",\
                "error_reason":"payout already exists"},\
                {"refund_page_id":"r2","refund_id":"RFD-2","contractor_id":"bob","contractor_name":"Bob Okoye",\
                "amount":450000,"currency":"VND","reason":"","payout_page_id":"pay-refund-r2","status":"created",\
                "error_reason":null}],"type":"Refund"}
                """)
        let payouts = try await held.books.payouts()
        let one = try #require(payouts.first { $0.id == "pay-refund-r1" })
        let two = try #require(payouts.first { $0.id == "pay-refund-r2" })
        #expect((one.name, one.description, one.date) == ("Travel: taxi", "Taxi to the client", Day("2025-12-02")))
        #expect((two.name, two.description) == ("Refund", "details"))
        #expect(one.status == .pending)
        #expect(one.type == .refund)
        #expect(try await held.text("SELECT status FROM refund_request WHERE id = 'r1'") == "Approved")
        let again = try await LocalPayouts(held.books, run: "run-2")(PayoutParameters(type: .refund, id: "rfd-1"))
        #expect(again.lines == ["r1 skipped: payout already exists"])
    }

    @Test func splitsAreCreatedSkippedAndSaidInFull() async throws {
        let held = try await held()
        try await held.take(
            .splits,
            """
            id,name,auto_name,amount,currency,person,role,type,month,status,description
            s1,Sales kafi,SPL :: kafi,180.50,USD,ada,Sales,Commission,2025-12-01,Pending,Sales commission
            s2,Lead kafi,SPL :: kafi,240,USD,bob,Delivery Lead,Service Fee,2025-12-01,Pending,Delivery Lead
            s3,Nobody,SPL :: nghe,5,USD,,Sales,Bonus,,Pending,
            s4,Done,SPL :: nghe,5,USD,ada,Sales,Fee,,Paid,
            s5,Other,SPL :: nghe,5,USD,ada,Sales,Salary,,Pending,
            """)
        let result = try await LocalPayouts(held.books)(PayoutParameters(type: .split))
        #expect(
            JSON.text(result) == """
                {"payouts_created":2,"splits_processed":3,"splits_skipped":1,"errors":0,"details":[\
                {"split_page_id":"s3","split_name":"Nobody","split_type":"Bonus","person_id":"","amount":5,\
                "currency":"USD","role":"Sales","payout_page_id":null,"status":"skipped",\
                "error_reason":"person missing"},\
                {"split_page_id":"s1","split_name":"Sales kafi","split_type":"Commission","person_id":"ada",\
                "amount":180.5,"currency":"USD","role":"Sales","payout_page_id":"pay-split-s1","status":"created",\
                "error_reason":null},\
                {"split_page_id":"s2","split_name":"Lead kafi","split_type":"Service Fee","person_id":"bob",\
                "amount":240,"currency":"USD","role":"Delivery Lead","payout_page_id":"pay-split-s2",\
                "status":"created","error_reason":null}],"type":"Commission"}
                """)
        let payouts = try await held.books.payouts(month: .december)
        #expect(payouts.map(\.name) == ["Sales kafi", "Lead kafi"])
        #expect(payouts.map(\.type) == [.commission, .serviceFee])
        let some = try await LocalPayouts(held.books, run: "2")(PayoutParameters(type: .split, id: "KAFI"))
        #expect(some.skipped == 2)
    }

    @Test(arguments: [PayoutRunType.refund, .split])
    func aCheckThatFailsAbortsBeforeAnythingIsWritten(type: PayoutRunType) async throws {
        let held = try await sample()
        let version = try await held.version()
        let books = FaultyPayoutBooks(held.books, failing: "payouts")
        await #expect(throws: Fault.self) { try await LocalPayouts(books)(PayoutParameters(type: type)) }
        #expect(try await held.version() == version)
    }

    @Test func eachTypeHasItsPrefixInTheLog() async throws {
        let held = try await sample(), log = LogBook()
        _ = try await LocalPayouts(held.books, log: log.log)(PayoutParameters(type: .refund))
        _ = try await LocalPayouts(held.books, log: log.log)(PayoutParameters(type: .split))
        #expect(log.lines("[BATCH_REFUND_CHECK]").count == 1)
        #expect(log.lines("[BATCH_SPLIT_CHECK]").count == 1)
        #expect(log.lines("[BATCH_RATES]").isEmpty)
    }

    @Test func aChangedRefundIsNotPaid() async throws {
        let held = try await sample()
        let books = FaultyPayoutBooks(held.books) { name in
            guard name == "create refund refund-202501-1" else { return }
            try await held.execute("UPDATE refund_request SET amount = '1' WHERE id = 'refund-202501-1'")
        }
        let result = try await LocalPayouts(books)(PayoutParameters(type: .refund, id: "RFD-202501-1"))
        #expect(result.lines == ["refund-202501-1 error: changed since it was read; run again"])
    }

    private func sample() async throws -> TemporaryBooks {
        let held = try await TemporaryBooks.sample()
        for table in [BooksTable.refunds, .splits] {
            try await held.take(table, String(decoding: SampleBooks.csv(table, month: .january), as: UTF8.self))
        }
        return held
    }
}
