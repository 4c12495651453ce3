import BackOffice
import Simulators
import TestSupport
import Testing

/// One request that does not say what is to be paid stops nobody else's.
@Suite(.serialized) struct FaultyCandidateTests {
    @Test(arguments: [PayoutRunType.refund, .split])
    func whatIsMissingIsAnErrorOfThatRequestAlone(type: PayoutRunType) async throws {
        var payroll = PayoutTests.Payroll(1)
        var pages: [String] = []
        for number in 1...4 {
            pages.append(
                type == .refund
                    ? payroll.company.refund("X-\(number)", payroll.contractors[0], amount: "5", currency: "USD")
                    : payroll.company.split("X-\(number)", payroll.contractors[0], amount: "5", currency: "USD"))
        }
        payroll.company.notion.change(pages[1], "Amount", nil)
        payroll.company.notion.change(pages[2], "Currency", nil)
        payroll.company.notion.change(pages[3], "Currency", .text("Dong"))
        let all = pages
        try await BooksHarness.run(payroll.company) { harness in
            let one = try await pay(harness.books, PayoutParameters(type: type, id: "x-1", dryRun: true))
            #expect((one.planned, one.processed) == (1, 1))
            let result = try await pay(harness.books, PayoutParameters(type: type))
            #expect((result.created, result.errors) == (1, 3))
            var reasons: [String: String] = [:]
            for detail in result.details {
                switch detail {
                case .refund(let part): reasons[part.refund.text] = part.outcome.reason
                case .split(let part): reasons[part.split.text] = part.outcome.reason
                case .payroll: break
                }
            }
            #expect(
                reasons == [
                    all[1]: "Amount is not set; mend it and run again",
                    all[2]: "Currency is not set; mend it and run again",
                    all[3]: "Currency is Dong; three letters as in USD are a currency; mend it and run again",
                ])
            #expect(harness.simulator.notion.rows("payouts").count == 1)

            // Mended, each is paid by the next run.
            harness.simulator.edit { notion in
                notion.change(all[1], "Amount", .number("7"))
                for page in all { notion.change(page, "Currency", .text("USD")) }
            }
            let mended = try await pay(harness.books, PayoutParameters(type: type), run: "second")
            #expect((mended.created, mended.skipped, mended.errors) == (3, 1, 0))
        }
    }
}
