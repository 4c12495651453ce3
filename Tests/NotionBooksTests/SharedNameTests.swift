import BackOffice
import Decimals
import Notion
import Simulators
import TestSupport
import Testing

/// Contractors who bear one name on the chat server have an order each.
@Suite(.serialized) struct SharedNameTests {
    private static let names = ["Ada", "Binh"]

    /// Two contractors called sam, deployed on one project.
    private struct Company {
        var company: SimulatedCompany
        var contractors: [String] = []
        var deployments: [String] = []
        let project: String

        init(keepsBothSides: Bool = false) {
            company = SimulatedCompany(keepsBothSides: keepsBothSides)
            project = company.project("kafi")
            for name in SharedNameTests.names {
                let contractor = company.contractor("sam", name: name)
                contractors.append(contractor)
                deployments.append(company.deployment(contractor, project))
            }
        }

        mutating func entry(of number: Int, hours: String) {
            company.entry(contractors[number], project, date: "2026-10-05", hours: hours)
        }

        mutating func order(status: String = "Approved") -> String {
            company.order("sam", month: "2026-10", lastDay: "2026-10-31", status: status)
        }
    }

    private func hours(_ books: any PayoutBooks) async throws -> [String] {
        try await books.payableOrders(PayableOrderQuery(month: TestMonth.month, everyStatus: true))
            .map { "\($0.contractorName) \($0.hours) \($0.fault ?? "")" }.sorted()
    }

    @Test(arguments: [1, 5], [true, false])
    func eachHasHisOwnOrderInBothBooks(pool: Int, keepsBothSides: Bool) async throws {
        let local = try TemporaryBooks()
        for (table, text) in [
            (BooksTable.contractors, "id,discord,name\na,sam,Ada\nb,sam,Binh\n"),
            (
                .timesheets,
                "id,date,contractor,project,hours,status\n1,2026-10-05,a,kafi,15,Reviewed\n"
                    + "2,2026-10-05,b,kafi,21,Reviewed\n"
            ),
        ] {
            _ = try await BooksImport(table, format: .csv).run(Array(text.utf8), into: local.books)
        }
        #expect(try await sync(local.books).ordersCreated == 2)

        var two = Company(keepsBothSides: keepsBothSides)
        two.entry(of: 0, hours: "15")
        two.entry(of: 1, hours: "21")
        try await BooksHarness.run(two.company) { harness in
            for round in 1...2 {
                let result = try await sync(harness.books, pool: pool)
                #expect(result.ordersCreated == (round == 1 ? 2 : 0))
                let found = try await hours(harness.books), expected = try await hours(local.books)
                #expect(found == expected)
                #expect(found == ["Ada 15 ", "Binh 21 "])
            }
        }
    }

    /// Only one of them works on, so the other's order is looked at by nobody else.
    @Test func anOrderWithLinesOfSomebodyElseIsNotTaken() async throws {
        var two = Company()
        two.company.line(two.order(), two.deployments[0], hours: "15")
        two.entry(of: 1, hours: "21")
        try await BooksHarness.run(two.company) { harness in
            let result = try await sync(harness.books)
            #expect(result.ordersCreated == 1)
            #expect(try await hours(harness.books) == ["Ada 15 ", "Binh 21 "])
        }
    }

    @Test func ordersThatWerePreparedEmptyAreGivenOutOneEach() async throws {
        var two = Company()
        _ = two.order(status: "Draft")
        _ = two.order(status: "Draft")
        two.entry(of: 0, hours: "15")
        two.entry(of: 1, hours: "21")
        try await BooksHarness.run(two.company) { harness in
            let result = try await sync(harness.books)
            #expect(result.ordersCreated == 0)
            #expect(try await hours(harness.books) == ["Ada 15 ", "Binh 21 "])
        }
    }

    @Test(arguments: [nil, "Binh", "sam"] as [String?])
    func anOrderThatNamesTwoIsAnErrorOfThatOrderAlone(contractor: String?) async throws {
        var two = Company()
        let mixed = two.order()
        for deployment in two.deployments { two.company.line(mixed, deployment, hours: "15") }
        let other = two.company.contractor("kim", name: "Kim")
        two.company.line(
            two.company.order("kim", month: "2026-10", lastDay: "2026-10-31"),
            two.company.deployment(other, two.company.project("nghe")), hours: "2")
        for who in two.contractors + [other] {
            two.company.rate(who, billing: "Hourly Rate", amount: "20", currency: "USD", start: "2025-01-01")
        }
        let contractors = two.contractors
        try await BooksHarness.run(two.company) { harness in
            let result = try await pay(harness.books, PayoutParameters(contractor: contractor))
            #expect((result.created, result.errors) == (contractor == nil ? 1 : 0, 1))
            let bad = try #require(result.details.first { $0.outcome.status == .error })
            guard case .payroll(let detail) = bad else { throw TestFailure("no order") }
            #expect(detail.order.text == mixed)
            for id in contractors { #expect(detail.outcome.reason?.contains(id) == true) }
            #expect(detail.outcome.reason?.contains("Binh") == false, "the log knows no names")
            #expect(harness.simulator.notion.rows("payouts").count == result.created)
        }
    }

    // MARK: Whom a filter means

    private func candidates(_ books: any PayoutBooks, _ contractor: String? = nil) async throws -> Int {
        try await PayoutRun(books: books).plan(PayoutParameters(contractor: contractor)).candidates.count
    }

    @Test func aNameThatCannotBeReadIsAnErrorWhereTheFilterDependsOnIt() async throws {
        var settings = NotionSimulator.Settings()
        settings.faults = [FaultRule("GET", "pages", .every(1), .status(500, code: "internal_server_error"))]
        let payroll = PayoutTests.Payroll(2)
        try await BooksHarness.run(payroll.company, settings) { harness in
            await #expect(throws: NotionError.self) { try await candidates(harness.books, "Contractor 1") }
            let byName = try await candidates(harness.books, "c1")
            let byID = try await candidates(harness.books, payroll.contractors[0])
            let all = try await candidates(harness.books)
            #expect((byName, byID, all) == (1, 1, 2))
        }
    }

    @Test func aContractorWhoIsNotThereIsAnErrorWhereNobodyElseIsMeant() async throws {
        var settings = NotionSimulator.Settings()
        settings.faults = [FaultRule("GET", "pages", .calls(1...1), .status(404, code: "object_not_found"))]
        let payroll = PayoutTests.Payroll(1)
        try await BooksHarness.run(payroll.company, settings) { harness in
            await #expect(throws: BooksError.noContractor(ContractorID(payroll.contractors[0]))) {
                try await candidates(harness.books, "Contractor 1")
            }
            let found = try await candidates(harness.books, "Contractor 1")
            let nobody = try await candidates(harness.books, "Nobody")
            #expect((found, nobody) == (1, 0))
        }
    }
}
