import BackOffice
import Decimals
import Linux
import Notion
import Simulators
import TestSupport
import Testing

@testable import NotionBooks

/// What paying contractors asks of the books, over Notion.
@Suite(.serialized) struct PayoutTests {
    /// Contractors with one approved order of two lines each, and a rate.
    struct Payroll {
        var company = SimulatedCompany()
        var orders: [String] = []
        var contractors: [String] = []

        init(_ count: Int, keepsBothSides: Bool = false) {
            company = SimulatedCompany(keepsBothSides: keepsBothSides)
            let project = company.project("kafi"), other = company.project("nghe")
            for number in 1...count {
                let contractor = company.contractor("c\(number)", name: "Contractor \(number)", positions: ["Engineer"])
                let order = company.order("c\(number)", month: "2026-09", lastDay: "2026-09-30")
                company.line(order, company.deployment(contractor, project), hours: "0.1")
                company.line(order, company.deployment(contractor, other), hours: "0.2")
                company.rate(contractor, billing: "Hourly Rate", amount: "20", currency: "USD", start: "2025-01-01")
                contractors.append(contractor)
                orders.append(order)
            }
        }
    }

    private func draft(_ order: PayableOrder, run: String = "run-1") -> PayoutDraft {
        PayoutDraft(
            source: .order(order.id), name: "September", money: Money(6, .usd), date: order.date, description: "work",
            person: order.contractor!, run: run, revision: order.revision)
    }

    @Test func ordersComeWithExactHoursAndNames() async throws {
        let payroll = Payroll(3)
        try await BooksHarness.run(payroll.company) { harness in
            let orders = try await harness.books.payableOrders(PayableOrderQuery())
            #expect(orders.count == 3)
            #expect(orders.allSatisfy { $0.hours == Hours("0.3")! })
            #expect(Set(orders.map(\.contractorName)) == ["Contractor 1", "Contractor 2", "Contractor 3"])
            #expect(Set(orders.map(\.discord)) == ["c1", "c2", "c3"])
            #expect(orders.allSatisfy { $0.date == Day("2026-09-30") })
            #expect(try await harness.books.payableOrders(PayableOrderQuery(month: TestMonth.month)).isEmpty)
        }
    }

    @Test func oneRunCostsWhatIsSaid() async throws {
        let claims = try await PayoutClaims.measure(orders: 50, linesEach: 2)
        // Orders, their lines (a hundred of them, so two requests), a page for each contractor.
        #expect(claims.candidates == 1 + 1 + 50)
        // Rates, payouts that are there; positions came with the names.
        #expect(claims.preload == 1 + 1)
        // A look, the source, the payout, a look; the order, its lines, the order.
        #expect(claims.payouts == 50 * 4)
        #expect(claims.completions == 50 * 4)
        #expect(claims.creates == 50)
    }

    @Test func aSourceHasNoTwoPayouts() async throws {
        let payroll = Payroll(1)
        try await BooksHarness.run(payroll.company) { harness in
            let order = try #require(try await harness.books.payableOrders(PayableOrderQuery()).first)
            let first = try await harness.books.create(draft(order))
            guard case .created(let id) = first else { throw TestFailure("\(first)") }
            let live = LivePayout(id: id, run: "run-1", money: Money(6, .usd))
            #expect(try await harness.books.create(draft(order, run: "run-2")) == .alreadyThere(live))
            #expect(try await harness.books.livePayouts(of: [.order(order.id)]) == [.order(order.id): live])
            harness.simulator.edit { $0.change(id.text, "Currency", nil) }
            let unsaid = try await harness.books.livePayouts(of: [.order(order.id)])
            #expect(
                unsaid == [.order(order.id): LivePayout(id: id, run: "run-1")], "an amount in no currency says nothing")
            harness.simulator.edit { $0.change(id.text, "Status", .text("Cancelled")) }
            #expect(try await harness.books.livePayouts(of: [.order(order.id)]).isEmpty)
            guard case .created = try await harness.books.create(draft(order)) else { throw TestFailure("not created") }
        }
    }

    @Test(arguments: UInt64(1)...4)
    func runsThatOverlapPayNobodyTwice(seed: UInt64) async throws {
        let payroll = Payroll(8)
        try await BooksHarness.run(payroll.company) { harness in
            let orders = try await harness.books.payableOrders(PayableOrderQuery())
            try await withThrowingTaskGroup { group in
                for run in 1...3 {
                    for order in orders {
                        let draft = draft(order, run: "run-\(run)")
                        group.addTask {
                            do {
                                _ = try await harness.books.create(draft)
                            } catch BooksError.doubled {
                                // The third has seen what the other two are about to take back.
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let live = harness.simulator.notion.rows("payouts").filter { $0.values["Status"] != .text("Cancelled") }
            let sources = live.map { $0.values["00 Task Order"] }
            #expect(Set(sources).count == sources.count)
            // Whoever yielded is paid by the next run.
            for order in orders { _ = try await harness.books.create(draft(order, run: "run-4")) }
            let after = harness.simulator.notion.rows("payouts").filter { $0.values["Status"] != .text("Cancelled") }
            #expect(after.count == 8)
        }
    }

    @Test(arguments: SyncFaultTests.storms.indices)
    func noStormPaysTwice(storm: Int) async throws {
        let payroll = Payroll(6)
        var settings = NotionSimulator.Settings()
        settings.seed = UInt64(storm) + 3
        try await BooksHarness.run(payroll.company, settings, change: { $0.timeout = .seconds(2) }) { harness in
            let orders = try await harness.books.payableOrders(PayableOrderQuery())
            harness.simulator.set { $0.faults = SyncFaultTests.storms[storm] }
            for round in 1...3 {
                for order in orders {
                    guard let write = try? await harness.books.create(draft(order, run: "run-\(round)")) else {
                        continue
                    }
                    if case .created = write {
                        try? await harness.books.complete(order.id, revision: order.revision, linesAtOnce: 10)
                    }
                }
            }
            harness.simulator.set { $0.faults = [] }
            for order in orders { _ = try await harness.books.create(draft(order, run: "run-4")) }
            let live = harness.simulator.notion.rows("payouts").filter { $0.values["Status"] != .text("Cancelled") }
            #expect(Set(live.map { $0.values["00 Task Order"] }).count == live.count, "somebody is paid twice")
            #expect(live.count == 6 || orders.count > live.count)
        }
    }

    @Test func anOrderThatChangedIsNotPaidAndNotCompleted() async throws {
        let payroll = Payroll(1)
        try await BooksHarness.run(payroll.company) { harness in
            let order = try #require(try await harness.books.payableOrders(PayableOrderQuery()).first)
            let line = try #require(
                harness.simulator.notion.rows("orders").first { $0.values["Type"] == .text("Timesheet") })
            harness.simulator.edit { $0.change(line.id, "Line Item Hours", .number("9")) }
            #expect(try await harness.books.create(draft(order)) == .changed)
            await #expect(throws: BooksError.changed(order.id)) {
                try await harness.books.complete(order.id, revision: order.revision, linesAtOnce: 10)
            }
            #expect(harness.writes == 0)
        }
    }

    @Test func completingWritesEachLineAndThenTheOrder() async throws {
        let payroll = Payroll(1)
        try await BooksHarness.run(payroll.company) { harness in
            let order = try #require(try await harness.books.payableOrders(PayableOrderQuery()).first)
            harness.simulator.resetCounts()
            try await harness.books.complete(order.id, revision: order.revision, linesAtOnce: 10)
            #expect(harness.simulator.counts == ["GET pages/*": 1, "PATCH pages/*": 3])
            #expect(harness.simulator.notion.rows("orders").allSatisfy { $0.values["Status"] == .text("Completed") })
            // Once more there is nothing to do.
            try await harness.books.complete(order.id, revision: nil, linesAtOnce: 10)
            #expect(harness.simulator.counts["PATCH pages/*"] == 3)
        }
    }

    @Test func ratesStopWhereEveryNeedIsMet() async throws {
        var payroll = Payroll(2)
        for number in 0..<250 {
            let other = payroll.company.contractor("other\(number)")
            payroll.company.rate(other, amount: "1", currency: "USD", start: "2020-01-01")
        }
        try await BooksHarness.run(payroll.company) { harness in
            var needs = RateNeeds()
            for contractor in payroll.contractors { needs.add(ContractorID(contractor), on: Day("2026-09-30")!) }
            let rates = try await harness.books.rates(needs)
            #expect(Set(rates.map(\.contractor.text)) == Set(payroll.contractors))
            #expect(rates.allSatisfy { $0.hourlyRate == 20 && $0.currency == .usd && $0.payday == 1 })
            #expect(harness.simulator.counts["POST data_sources/*/query"] == 1)
            needs.add(ContractorID(payroll.contractors[0]), on: Day("2019-01-01")!)
            _ = try await harness.books.rates(needs)
            #expect(harness.simulator.counts["POST data_sources/*/query"] == 1 + 3)
        }
    }

    @Test func positionsAreNeverAFailureAndFiveAtATime() async throws {
        let payroll = Payroll(20)
        var settings = NotionSimulator.Settings()
        settings.latency = .milliseconds(10)
        settings.faults = [FaultRule("GET", "pages", .every(4), .status(404, code: "object_not_found"))]
        try await BooksHarness.run(payroll.company, settings) { harness in
            let found = try await harness.books.positions(of: payroll.contractors.map { ContractorID($0) })
            #expect(found.count == 15)
            #expect(found.values.allSatisfy { $0 == ["Engineer"] })
            #expect(harness.simulator.server.history.value.connections <= 6)
        }
    }

    @Test func refundsAndSplitsAreRead() async throws {
        var payroll = Payroll(2)
        payroll.company.refund("RF-1", payroll.contractors[0], amount: "12.50", currency: "USD")
        payroll.company.refund("RF-2", nil, amount: "1", currency: "VND", status: "Draft")
        payroll.company.split("INV-1", payroll.contractors[1], amount: "99.9", currency: "USD")
        payroll.company.split("INV-2", nil, amount: "1", currency: "USD", type: "Other")
        payroll.company.split("INV-3", nil, amount: "1", currency: "USD", status: "Paid")
        try await BooksHarness.run(payroll.company) { harness in
            let refunds = try await harness.books.approvedRefunds()
            #expect(refunds.map(\.refundID) == ["RF-1"])
            #expect(refunds.first?.money == Money(ExactDecimal("12.5")!, .usd))
            #expect(refunds.first?.contractorName == "Contractor 1")
            let splits = try await harness.books.pendingSplits()
            #expect(splits.map(\.name) == ["INV-1"])
            #expect(splits.first?.person?.text == payroll.contractors[1])
            #expect(splits.first?.autoName == "SPL :: INV-1")
            let refund = try #require(refunds.first)
            let draft = PayoutDraft(
                source: .refund(refund.id), name: "r", money: refund.money, date: nil, description: "",
                person: refund.contractor!, run: "run-1", revision: refund.revision)
            guard case .created = try await harness.books.create(draft) else { throw TestFailure("not created") }
            guard case .alreadyThere = try await harness.books.create(draft) else { throw TestFailure("not there") }
        }
    }
}

/// What a payroll over Notion costs in requests, counted at the service: for tests, and for the table of claims.
struct PayoutClaims {
    /// Orders, lines and names.
    var candidates: Int
    var preload: Int
    /// Around the creation of payouts, creations included.
    var payouts: Int
    var creates: Int
    var completions: Int

    static func measure(orders: Int, linesEach: Int) async throws -> PayoutClaims {
        let payroll = PayoutTests.Payroll(orders)
        return try await BooksHarness.run(payroll.company) { harness in
            // Databases and data sources are looked up once a process; they are not counted.
            try await harness.books.check()
            let simulator = harness.simulator
            func counted(_ body: () async throws -> Void) async throws -> Int {
                simulator.resetCounts()
                try await body()
                return simulator.total
            }
            var found: [PayableOrder] = []
            let candidates = try await counted { found = try await harness.books.payableOrders(PayableOrderQuery()) }
            let all = found
            let preload = try await counted {
                var needs = RateNeeds()
                for order in all { needs.add(order.contractor!, on: order.date!) }
                _ = try await harness.books.rates(needs)
                _ = try await harness.books.livePayouts(of: all.map { .order($0.id) })
                _ = try await harness.books.positions(of: all.compactMap(\.contractor))
            }
            let payouts = try await counted {
                for order in all {
                    let draft = PayoutDraft(
                        source: .order(order.id), name: "n", money: Money(6, .usd), date: order.date, description: "d",
                        person: order.contractor!, run: "r", revision: order.revision)
                    _ = try await harness.books.create(draft)
                }
            }
            let creates = simulator.counts["POST pages"] ?? 0
            let completions = try await counted {
                for order in all {
                    try await harness.books.complete(order.id, revision: order.revision, linesAtOnce: 10)
                }
            }
            return PayoutClaims(
                candidates: candidates, preload: preload, payouts: payouts, creates: creates, completions: completions)
        }
    }
}
