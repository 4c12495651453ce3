import BackOffice
import Simulators
import TestSupport
import Testing

/// Notion refuses no second payout of a source; what stands there already is looked at like what was just made.
@Suite(.serialized) struct DoubledPayoutTests {
    /// A company whose one order has these payouts already, by run and status.
    private func company(_ payouts: [(run: String, status: String)]) -> SimulatedCompany {
        var payroll = PayoutTests.Payroll(1)
        for payout in payouts {
            payroll.company.payout(of: payroll.orders[0], run: payout.run, status: payout.status)
        }
        return payroll.company
    }

    /// `run status` of each payout, and the order's own status.
    private func state(_ harness: BooksHarness) -> [String] {
        func text(_ value: SimulatedValue?) -> String { if case .text(let text) = value { text } else { "" } }
        let payouts = harness.simulator.notion.rows("payouts")
            .map { "\(text($0.values["Millrace Run"])) \(text($0.values["Status"]))" }
        let order = harness.simulator.notion.rows("orders").first { $0.values["Type"] == .text("Order") }
        return payouts.sorted() + [text(order?.values["Status"])]
    }

    /// Two jobs whose worker was killed when both had made their payout and neither had looked after.
    @Test func aRunThatIsTakenUpAgainTakesItsOwnBackWhereAnothersStands() async throws {
        try await BooksHarness.run(company([("one", "Pending"), ("two", "Pending")])) { harness in
            let one = try await pay(harness.books, run: "one")
            #expect(one.details.map(\.outcome.status) == [.skipped])
            #expect(state(harness) == ["one Cancelled", "two Pending", "Approved"])
            let two = try await pay(harness.books, run: "two")
            #expect(two.details.map(\.outcome.status) == [.created])
            #expect(state(harness) == ["one Cancelled", "two Pending", "Completed"])
        }
    }

    @Test func theSecondOfTwoRunsTakenUpAgainTakesItsOwnBackToo() async throws {
        try await BooksHarness.run(company([("one", "Pending"), ("two", "Pending")])) { harness in
            let two = try await pay(harness.books, run: "two")
            #expect(two.skipped == 1)
            #expect(state(harness) == ["one Pending", "two Cancelled", "Approved"])
        }
    }

    @Test(arguments: [true, false])
    func payoutsThatOthersMadeAreAnErrorInAPreviewToo(dryRun: Bool) async throws {
        try await BooksHarness.run(company([("one", "Pending"), ("two", "Paid")])) { harness in
            let result = try await pay(harness.books, PayoutParameters(dryRun: dryRun), run: "three")
            let outcome = try #require(result.details.first?.outcome)
            #expect(outcome.status == .error)
            #expect(outcome.reason?.contains("has more than one payout") == true)
            for row in harness.simulator.notion.rows("payouts") { #expect(outcome.reason?.contains(row.id) == true) }
            #expect(harness.writes == 0)
        }
    }

    @Test func theBooksThemselvesRefuseAThird() async throws {
        try await BooksHarness.run(company([("one", "Pending"), ("two", "Pending")])) { harness in
            let order = try #require(try await harness.books.payableOrders(PayableOrderQuery()).first)
            let draft = PayoutDraft(
                source: .order(order.id), name: "x", money: Money(6, .usd), date: nil, description: "",
                person: order.contractor!, run: "three")
            await #expect(throws: BooksError.self) { try await harness.books.create(draft) }
            #expect(harness.writes == 0)
        }
    }

    /// Money that has moved is not taken back by a word.
    @Test func aPayoutThatSomebodyHasPaidStaysAndIsNamed() async throws {
        try await BooksHarness.run(company([("one", "Paid"), ("two", "Pending")])) { harness in
            let result = try await pay(harness.books, run: "one")
            #expect(result.details.first?.outcome.reason?.contains("has more than one payout") == true)
            #expect(state(harness) == ["one Paid", "two Pending", "Approved"])
        }
    }

    @Test func ofSeveralThatARunMadeItselfOneStays() async throws {
        try await BooksHarness.run(company([("one", "Pending"), ("one", "Paid"), ("one", "Pending")])) { harness in
            let one = try await pay(harness.books, run: "one")
            #expect(one.created == 1)
            #expect(state(harness) == ["one Cancelled", "one Cancelled", "one Paid", "Completed"])
        }
    }
}
