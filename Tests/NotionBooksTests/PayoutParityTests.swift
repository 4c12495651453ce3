import BackOffice
import Decimals
import Notion
import Simulators
import TestSupport
import Testing

/// A payroll over Notion pays what it pays over SQLite.
@Suite(.serialized) struct PayoutParityTests {
    @Test(arguments: UInt64(1)...6)
    func randomPayrollsAreTheSameInBothBooks(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        var company = SimulatedCompany(keepsBothSides: Bool.random(using: &random))
        let project = company.project("kafi")
        var names: [String: String] = [:]
        var timesheets = "id,date,contractor,project,hours,status,text\n"
        var rates = "id,contractor,start_date,end_date,payday,billing_type,monthly_fixed,hourly_rate,currency\n"
        for number in 1...Int.random(in: 1...12, using: &random) {
            let name = "c\(number)"
            let contractor = company.contractor(name)
            names[contractor] = name
            let hours = ExactDecimal(coefficient: Int128(Int.random(in: 1...2000, using: &random)), scale: 2)
                .description
            timesheets += "e\(number),2025-12-03,\(name),kafi,\(hours),Reviewed,\n"
            let order = company.order(name, month: "2025-12", lastDay: "2025-12-31")
            company.line(order, company.deployment(contractor, project), hours: hours)
            if Int.random(in: 0...4, using: &random) > 0 {
                let billing = ["Monthly Fixed", "Hourly Rate"].randomElement(using: &random)!
                let amount = "\(Int.random(in: 1...90_000, using: &random))"
                let currency = ["VND", "USD"].randomElement(using: &random)!
                let start = ["", "2025-01-01", "2025-12-15", "2026-01-05"].randomElement(using: &random)!
                let isFixed = billing == "Monthly Fixed"
                company.rate(
                    contractor, billing: billing, amount: amount, currency: currency, start: start.isEmpty ? nil : start
                )
                rates += "r\(number),\(name),\(start),,1,\(billing),\(isFixed ? amount : "")"
                rates += ",\(isFixed ? "" : amount),\(currency)\n"
            }
        }
        let local = try TemporaryBooks()
        _ = try await BooksImport(.timesheets, format: .csv).run(Array(timesheets.utf8), into: local.books)
        _ = try await sync(local.books, SyncParameters(month: Month(year: 2025, month: 12)!))
        _ = try await local.books.approveOrders(month: Month(year: 2025, month: 12)!)
        _ = try await BooksImport(.rates, format: .csv).run(Array(rates.utf8), into: local.books)

        let found = names
        try await BooksHarness.run(company) { harness in
            let expected = try await pay(local.books)
            let result = try await pay(harness.books)
            #expect(facts(result) { found[$0] ?? $0 } == facts(expected) { $0 })
            #expect(result.created == harness.simulator.notion.rows("payouts").count)
            // Once more there is nothing but what could not be paid.
            harness.simulator.resetCounts()
            let again = try await pay(harness.books, run: "second")
            #expect(again.created == 0)
            #expect(harness.writes == 0)
        }
    }

    private func facts(_ result: PayoutResult, name: (String) -> String) -> Set<String> {
        Set(
            result.details.map { detail in
                guard case .payroll(let part) = detail else { return "other" }
                let money = part.money.map { "\($0.amount) \($0.currency)" } ?? "-"
                return "\(part.contractor.map { name($0.text) } ?? "-") \(part.outcome.status.rawValue) \(money) "
                    + "\(part.outcome.reason ?? "") \(part.hours)"
            })
    }
}
