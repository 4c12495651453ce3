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

        var pagesRead: Int { sum { $0.hasPrefix("GET pages") } }
        var changed: Int { sum { $0.hasPrefix("PATCH") } }

        /// "53 queries, 50 pages read, 50 created, 200 changed"
        var text: String {
            let queries = sum { $0.hasSuffix("/query") }
            let parts = [
                (queries, queries == 1 ? "query" : "queries"), (pagesRead, "pages read"),
                (sum { $0 == "POST pages" }, "created"), (changed, "changed"),
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

    /// A run of payouts, and the same once more.
    struct Payouts {
        var candidates: Requests
        var preload: Requests
        var process: Requests
        var again: Requests
        var created: Int
        /// Of the second run.
        var skipped: Int

        var total: Int { candidates.total + preload.total + process.total }
    }

    /// 50 orders of three lines each, of 50 contractors.
    static func payroll() async throws -> Payouts {
        var company = SimulatedCompany()
        let projects = ["a", "b", "c"].map { company.project($0) }
        for number in 10..<60 {
            let contractor = company.contractor("c\(number)", positions: ["Engineer"])
            let order = company.order("c\(number)", month: "2025-12", lastDay: "2025-12-31")
            for project in projects { company.line(order, company.deployment(contractor, project), hours: "8") }
            company.rate(contractor, amount: "2000", currency: "USD", start: "2025-01-01")
        }
        return try await pay(company, PayoutParameters())
    }

    /// 50 refund requests.
    static func refunds() async throws -> Payouts {
        var company = SimulatedCompany()
        for number in 10..<60 {
            company.refund("RFD-\(number)", company.contractor("c\(number)"), amount: "5", currency: "USD")
        }
        return try await pay(company, PayoutParameters(type: .refund))
    }

    /// 50 invoice splits.
    static func splits() async throws -> Payouts {
        var company = SimulatedCompany()
        for number in 10..<60 {
            company.split(
                "SPL-\(number)", company.contractor("c\(number)"), amount: "5", currency: "USD", type: "Bonus")
        }
        return try await pay(company, PayoutParameters(type: .split))
    }

    private static func pay(_ company: SimulatedCompany, _ parameters: PayoutParameters) async throws -> Payouts {
        try await run(company) { books, simulator in
            func counted<Result>(_ body: () async throws -> Result) async throws -> (Result, Requests) {
                simulator.resetCounts()
                let result = try await body()
                return (result, Requests(simulator.counts))
            }
            let run = PayoutRun(books: books)
            let (plan, candidates) = try await counted { try await run.plan(parameters) }
            let (context, preload) = try await counted { try await run.preload(parameters, plan.candidates) }
            let (details, process) = try await counted {
                try await SideBySide.map(plan.candidates, atOnce: plan.workers) { candidate in
                    try await run.process(candidate, parameters, context, run: "first").detail
                }
            }
            let (second, again) = try await counted {
                try await PayoutClaims.pay(books, parameters, run: "second")
            }
            return Payouts(
                candidates: candidates, preload: preload, process: process, again: again,
                created: run.summarize(details, parameters).created, skipped: second.skipped)
        }
    }
}
