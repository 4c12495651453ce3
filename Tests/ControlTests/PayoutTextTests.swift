import BackOffice
import Decimals
import JSONCodec
import Testing

@testable import Control

struct PayoutTextTests {
    @Test(arguments: [
        ("30000000", "VND", "30,000,000 VND"), ("1413.05", "USD", "1,413.05 USD"), ("2500", "USD", "2,500.00 USD"),
        ("0", "VND", "0 VND"), ("0.5", "EUR", "0.50 EUR"), ("999", "VND", "999 VND"), ("1000", "JPY", "1,000 JPY"),
        ("241.6425", "USD", "241.6425 USD"), ("123456789.1", "USD", "123,456,789.10 USD"),
        ("-1234", "VND", "-1,234 VND"), ("-123", "VND", "-123 VND"), ("1087500.5", "VND", "1,087,500.5 VND"),
    ])
    func moneyIsWrittenByItsCurrency(amount: String, currency: String, text: String) throws {
        let money = Money(try #require(ExactDecimal(amount)), try #require(Currency(currency)))
        #expect(MoneyText.text(money) == text)
    }

    private let payroll = """
        {"payouts_created":0,"orders_processed":4,"orders_skipped":1,"errors":1,"details":[\
        {"order_page_id":"o1","contractor_name":"Ada","contractor_id":"ada","month":"2025-12","hours":100,\
        "payout_page_id":null,"status":"planned","reason":null,"amount":30000000,"currency":"VND",\
        "billing_type":"Monthly Fixed","note":"paid from 2025-12-02 on only",\
        "calculation":"30000000 VND × 23/23 working days, up to 1000",\
        "invoice_due_day":10},\
        {"order_page_id":"o2","contractor_name":"","contractor_id":"bob","month":"2025-12","hours":7.25,\
        "payout_page_id":null,"status":"planned","reason":null,"amount":241.6425,"currency":"USD",\
        "billing_type":"Hourly Rate","calculation":"33.33 USD × 7.25 h","invoice_due_day":25},\
        {"order_page_id":"o3","contractor_name":"","contractor_id":"cyd","month":"2025-12","hours":1,\
        "payout_page_id":"p","status":"skipped","reason":"payout already exists","amount":5,"currency":"USD",\
        "billing_type":"Hourly Rate","calculation":"5 USD × 1 h","invoice_due_day":10},\
        {"order_page_id":"o4","contractor_name":"","contractor_id":"","month":"","hours":0,\
        "payout_page_id":null,"status":"error","reason":"order has no date"}],"type":"Service Fee",\
        "dry_run":true,"payouts_planned":2}
        """

    @Test func aPreviewSaysWhoWouldBePaidWhatAndWhy() throws {
        let result = try JSON.decode(PayoutResult.self, from: payroll)
        #expect(JSON.text(result) == payroll, "what is read is what was written")
        let lines = PayoutText.table(result).lines(for: .pipe)
        #expect(lines.count == 5)
        #expect(lines[1].contains("Ada") && lines[1].contains("30,000,000"))
        #expect(lines[1].contains("30000000 VND × 23/23 working days, up to 1000; paid from 2025-12-02 on only"))
        #expect(lines[2].contains("bob") && lines[2].contains("241.6425"))
        #expect(lines[3].contains("skipped") && lines[3].contains("payout already exists"))
        #expect(lines[4].contains("o4"), "whose it is is not known; the order is")
        #expect(
            PayoutText.facts(result).lines(for: .pipe) == [
                "Orders         4", "Would be paid  2: 241.6425 USD, 30,000,000 VND", "Skipped        1",
                "Errors         1", "Written        nothing; this is a preview",
            ])
    }

    @Test func refundsAndSplitsHaveTheirOwnColumns() throws {
        let refunds = try JSON.decode(
            PayoutResult.self,
            from: """
                {"details":[{"refund_page_id":"r","refund_id":"RFD-1","contractor_id":"ada","contractor_name":"Ada",\
                "amount":89.9,"currency":"USD","reason":"Travel","payout_page_id":"p","status":"created",\
                "error_reason":null}],"type":"Refund"}
                """)
        #expect(
            PayoutText.table(refunds).lines(for: .pipe) == [
                "Refund  Person  Amount  Currency  For     Payout",
                "RFD-1   ada      89.90  USD       Travel  created",
            ])
        #expect(PayoutText.facts(refunds).lines(for: .pipe) == ["Refunds          1", "Payouts created  1: 89.90 USD"])
        let splits = try JSON.decode(
            PayoutResult.self,
            from: """
                {"details":[{"split_page_id":"s","split_name":"Sales","split_type":"Bonus","person_id":"","amount":5,\
                "currency":"VND","role":"","payout_page_id":null,"status":"skipped",\
                "error_reason":"person missing"}],"type":"Commission"}
                """)
        #expect(PayoutText.table(splits).lines(for: .pipe)[1].hasSuffix("skipped  person missing"))
    }
}

struct PayoutCommandTests {
    @Test func theOptionsBecomeParameters() throws {
        let run = try #require(
            try Millctl.parseAsRoot([
                "payout", "run", "--month", "2026-11", "--pay-day", "15", "--contractor", "ada", "--force",
            ]) as? PayoutCommand.Run)
        #expect(
            JSON.text(run.selection.parameters(dryRun: false)) == """
                {"type":"contractor_payroll","contractor":"ada","month":"2026-11","payDay":15,"force":true}
                """)
        let preview = try #require(
            try Millctl.parseAsRoot(["payout", "preview", "invoice-split", "--id", "kafi"]) as? PayoutCommand.Preview)
        #expect(
            JSON.text(preview.selection.parameters(dryRun: true))
                == #"{"type":"invoice_split","id":"kafi","dryRun":true}"#)
    }

    @Test(arguments: [
        ["payout", "run", "salary"], ["payout", "run", "refund", "--month", "2026-11"],
        ["payout", "run", "--id", "7"], ["payout", "run", "--pay-day", "40"], ["payout", "run", "refund", "--force"],
        ["books", "approve"], ["books", "sample", "orders"], ["books", "show", "rates", "--month", "2026-11"],
    ])
    func whatCannotBeMeantIsRefused(arguments: [String]) {
        #expect(throws: (any Error).self) { try Millctl.parseAsRoot(arguments) }
    }
}
