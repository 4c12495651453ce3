import BackOffice
import Linux
import Notion
import NotionBooks
import Simulators
import WebClient

/// The same runs over the books in Notion, counted by the simulator that answers them.
struct NotionClaims {
    /// Requests by what they do.
    struct Requests {
        private let counts: [String: Int]

        init(_ counts: [String: Int]) { self.counts = counts }

        /// Tables that are looked up once in a process.
        var discovery: Int { sum { $0.hasPrefix("GET databases") || $0.hasPrefix("GET data_sources") } }
        var total: Int { counts.values.reduce(0, +) - discovery }

        /// "53 queries, 50 pages read, 50 created, 200 changed"
        var text: String {
            let queries = sum { $0.hasSuffix("/query") }
            let parts = [
                (queries, queries == 1 ? "query" : "queries"), (sum { $0.hasPrefix("GET pages") }, "pages read"),
                (sum { $0 == "POST pages" }, "created"), (sum { $0.hasPrefix("PATCH") }, "changed"),
            ]
            return parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        }

        private func sum(_ isMeant: (String) -> Bool) -> Int {
            counts.reduce(0) { $0 + (isMeant($1.key) ? $1.value : 0) }
        }
    }

    private static func run<Result: Sendable>(
        _ company: SimulatedCompany, _ body: (NotionBooks, NotionSimulator) async throws -> Result
    ) async throws -> Result {
        try await NotionSimulator.run(company.notion) { simulator in
            let web = try WebClient()
            let result: Swift.Result<Result, any Error>
            do {
                let client = NotionClient(
                    NotionSettings(base: try WebURL(simulator.base), version: NotionVersion("2025-09-03")!), web: web,
                    token: { "secret" })
                var ids: [NotionCollection: NotionID] = [:]
                for collection in NotionCollection.allCases {
                    ids[collection] = company.notion.tables[collection.rawValue].flatMap { NotionID($0.database) }
                }
                result = .success(
                    try await body(NotionBooks(client, NotionBooksSettings(collections: ids)), simulator))
            } catch {
                result = .failure(error)
            }
            await web.close()
            return try result.get()
        }
    }

    /// 20 contractors with 3 projects each and an entry for each; a first run and a second.
    static func timesheets() async throws -> (first: Requests, second: Requests) {
        var company = SimulatedCompany()
        for (index, name) in SampleBooks.contractors.enumerated() {
            let contractor = company.contractor(name)
            for code in SampleBooks.projects(of: index) {
                let project = company.project(code)
                company.deployment(contractor, project)
                company.entry(contractor, project, date: "2025-12-03", hours: "7.5", text: "work on \(code)")
            }
        }
        return try await run(company) { books, simulator in
            _ = try await TimesheetClaims.run(books)
            let first = Requests(simulator.counts)
            simulator.resetCounts()
            _ = try await TimesheetClaims.run(books)
            return (first, Requests(simulator.counts))
        }
    }

    struct Payroll {
        var candidates: Requests
        var preload: Requests
        var process: Requests
        /// Of the same once more.
        var again: Requests
        var created: Int
    }

    /// 50 orders of three lines each, of 50 contractors.
    static func payroll() async throws -> Payroll {
        var company = SimulatedCompany()
        let projects = ["a", "b", "c"].map { company.project($0) }
        for number in 10..<60 {
            let contractor = company.contractor("c\(number)", positions: ["Engineer"])
            let order = company.order("c\(number)", month: "2025-12", lastDay: "2025-12-31")
            for project in projects { company.line(order, company.deployment(contractor, project), hours: "8") }
            company.rate(contractor, amount: "2000", currency: "USD", start: "2025-01-01")
        }
        return try await run(company) { books, simulator in
            let run = PayoutRun(books: books), parameters = PayoutParameters()
            let plan = try await run.plan(parameters)
            let candidates = Requests(simulator.counts)
            simulator.resetCounts()
            let context = try await run.preload(parameters, plan.candidates)
            let preload = Requests(simulator.counts)
            simulator.resetCounts()
            let details = try await SideBySide.map(plan.candidates, atOnce: plan.workers) { candidate in
                try await run.process(candidate, parameters, context, run: "first").detail
            }
            let process = Requests(simulator.counts)
            simulator.resetCounts()
            _ = try await PayoutClaims.pay(books, parameters, run: "second")
            return Payroll(
                candidates: candidates, preload: preload, process: process, again: Requests(simulator.counts),
                created: run.summarize(details, parameters).created)
        }
    }

    /// 50 refund requests.
    static func refunds() async throws -> (preload: Requests, process: Requests) {
        var company = SimulatedCompany()
        for number in 10..<60 {
            company.refund("RFD-\(number)", company.contractor("c\(number)"), amount: "5", currency: "USD")
        }
        return try await run(company) { books, simulator in
            let run = PayoutRun(books: books), parameters = PayoutParameters(type: .refund)
            let plan = try await run.plan(parameters)
            simulator.resetCounts()
            let context = try await run.preload(parameters, plan.candidates)
            let preload = Requests(simulator.counts)
            simulator.resetCounts()
            _ = try await SideBySide.map(plan.candidates, atOnce: plan.workers) { candidate in
                try await run.process(candidate, parameters, context, run: "first").detail
            }
            return (preload, Requests(simulator.counts))
        }
    }
}
