import BackOffice
import JSONCodec
import Linux
import Notion
import NotionBooks
import Simulators
import TestSupport
import WebClient

/// The books in a simulated Notion, for one test.
struct BooksHarness: Sendable {
    let simulator: NotionSimulator
    let books: NotionBooks
    let client: NotionClient
    let company: SimulatedCompany
    let lines = Locked<[String]>([])

    static func run<Result: Sendable>(
        _ company: SimulatedCompany, _ settings: NotionSimulator.Settings = .init(), version: String = "2025-09-03",
        change: (inout NotionSettings) -> Void = { _ in }, _ body: (BooksHarness) async throws -> Result
    ) async throws -> Result {
        try await NotionSimulator.run(company.notion, settings) { simulator in
            let web = try WebClient()
            do {
                guard let version = NotionVersion(version) else { throw TestFailure("no version \(version)") }
                var settings = NotionSettings(base: try WebURL(simulator.base), version: version)
                change(&settings)
                let client = NotionClient(settings, web: web, token: { "secret" }, time: QuickTime())
                let result = try await body(BooksHarness(simulator, client, company))
                await web.close()
                return result
            } catch {
                await web.close()
                throw error
            }
        }
    }

    private init(_ simulator: NotionSimulator, _ client: NotionClient, _ company: SimulatedCompany) {
        self.simulator = simulator
        self.client = client
        self.company = company
        let lines = lines
        books = NotionBooks(
            client, NotionBooksSettings(collections: company.ids),
            log: RunLog { line in lines.withLock { $0.append("\(line.level) \(line.message)") } }, time: QuickTime())
    }

    /// Requests that changed something.
    var writes: Int {
        simulator.counts.filter { $0.key == "POST pages" || $0.key.hasPrefix("PATCH") }.values.reduce(0, +)
    }

    /// The orders and lines that are there, each as one text, without ids.
    var orders: [String] {
        let notion = simulator.notion
        func text(_ value: SimulatedValue?) -> String {
            switch value {
            case .text(let text), .number(let text), .date(let text): text
            default: ""
            }
        }
        return notion.rows("orders").map { row in
            let type = text(row.values["Type"])
            var words = [type, text(row.values["Name"]), text(row.values["Status"]), text(row.values["Date"])]
            if type == "Timesheet", case .pages(let deployments) = row.values["Project Deployment"] {
                if case .pages(let projects) = notion.row(deployments[0])?.values["Project"] {
                    words.append(text(notion.row(projects[0])?.values["Code"]))
                }
                words += [text(row.values["Line Item Hours"]), text(row.values["Proof of Works"])]
                if case .pages(let entries) = row.values["Timesheet"] { words.append("\(entries.count)") }
            }
            return words.joined(separator: "|")
        }.sorted()
    }
}

extension SimulatedCompany {
    /// The ids that a setting names the tables by.
    var ids: [NotionCollection: NotionID] {
        var ids: [NotionCollection: NotionID] = [:]
        for collection in NotionCollection.allCases {
            ids[collection] = NotionID(notion.tables[collection.rawValue]!.database)!
        }
        return ids
    }
}

/// A summarizer that is counted.
struct CountingSummarizer: Summarizer {
    let calls = Locked(0)
    var before: @Sendable () async throws -> Void = {}

    func summarize(_ work: [WorkText]) async throws -> String {
        calls.withLock { $0 += 1 }
        try await before()
        return work.map(\.text).sorted().joined(separator: " + ")
    }

    var count: Int { calls.withLock { $0 } }
}

/// Runs a sync as the runner does, in this process.
func sync(
    _ books: any Books, _ parameters: SyncParameters = SyncParameters(month: TestMonth.month),
    summarizer: any Summarizer = CountingSummarizer(), pool: Int = 5, log: RunLog = .silent
) async throws -> SyncResult {
    let sync = TaskOrderLogSync(books: books, summarizer: summarizer, pool: PoolSize(configured: pool))
    let plan = try await sync.plan(parameters, log)
    let context = try await sync.preload(parameters, contractors: plan.contractors, entries: plan.entries)
    typealias Outcome = (ContractorID, Swift.Result<ContractorOutcome, ContractorFailure>)
    var outcomes: [Outcome] = []
    await withTaskGroup(of: Outcome.self) { group in
        var waiting = plan.contractors.makeIterator()
        func start() {
            guard let contractor = waiting.next() else { return }
            group.addTask {
                do {
                    return (contractor, .success(try await sync.process(contractor, parameters, context, log)))
                } catch {
                    return (contractor, .failure(ContractorFailure(contractor: contractor, error: "\(error)")))
                }
            }
        }
        for _ in 0..<plan.workers { start() }
        while let outcome = await group.next() {
            outcomes.append(outcome)
            start()
        }
    }
    return sync.summarize(outcomes, parameters, log)
}

/// Pays as the runner does, in this process.
///
/// - Parameter run: two of the same name are one that was interrupted.
func pay(
    _ books: any PayoutBooks, _ parameters: PayoutParameters = PayoutParameters(), run: String = "first"
) async throws -> PayoutResult {
    let payouts = PayoutRun(books: books)
    let plan = try await payouts.plan(parameters)
    if plan.candidates.isEmpty { return payouts.summarize([], parameters) }
    // What a worker is given is what was kept on disk.
    let candidates = try plan.candidates.map { try JSON.decode(PayoutCandidate.self, from: JSON.text($0)) }
    let context = try await payouts.preload(parameters, candidates)
    let details = try await SideBySide.map(candidates, atOnce: plan.workers) { candidate in
        try await payouts.process(candidate, parameters, context, run: run).detail
    }
    return payouts.summarize(details, parameters)
}

/// Books in SQLite, in a folder that goes with the object.
final class TemporaryBooks: Sendable {
    private let folder = TemporaryDirectory()
    let books: SQLiteBooks

    init() throws { books = try SQLiteBooks(path: folder.file("books.sqlite"), creates: true) }

    deinit { books.close() }

    /// As ``BooksHarness/orders``.
    func orders() async throws -> [String] {
        try await books.orders().flatMap { view in
            let order = view.order
            return ["Order|\(order.title)|\(order.status.rawValue)|\(order.date)"]
                + view.lines.map { line in
                    "Timesheet|\(order.title)|\(line.status.rawValue)|\(order.date)|\(line.projectCode)|\(line.hours)"
                        + "|\(line.summary)|\(line.entries)"
                }
        }.sorted()
    }
}
