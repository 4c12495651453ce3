import JSONCodec
import Linux
import MillraceProtocol
import MillraceRPC
import MillraceWorker

/// `categorize-expenses`: expenses that the categorizer keeps without a category get one, where it is sure. Items are slices
/// of them, keyed by their first expense.
///
/// Where nobody knows and the categorizer has a budget for it, a chat service is asked about the merchants, last of all.
///
/// Safe to repeat: a slice that was done before is decided once more and comes out the same; what a chat service has said of
/// a merchant is kept, and it is not asked again.
struct CategorizeWorkload: Workload {
    static let kind = "categorize-expenses"
    static let summary = "Gives expenses without a category the one that the categorizer is sure of."

    /// Asks the categorizer.
    private let client: RPCClient
    /// Slices at once.
    private let workers: Int
    /// The way to the chat service.
    private let door: BooksDoor

    init(socket: String, workers: Int, books door: BooksDoor) {
        client = RPCClient(socket: socket, patience: .seconds(5))
        self.workers = workers
        self.door = door
    }

    /// What all slices share: whom to ask last, or nobody.
    struct Context: Sendable {
        var advice: ChatAdvice?
    }

    func plan(_ params: CategorizeParameters, _ run: JobRun) async throws -> Plan<[String]> {
        var ids: [String] = []
        var after: String?
        while ids.count < params.limit {
            try Task.checkCancellation()
            let page = try await client.call(
                ExpenseList.self,
                .init(
                    uncategorized: true, owner: params.owner, after: after, limit: min(params.limit - ids.count, 1000)))
            ids += page.expenses.map(\.expense.id)
            after = ids.last
            if !page.more { break }
        }
        let items = stride(from: 0, to: ids.count, by: params.slice).map { first in
            PlannedItem(key: ids[first], input: Array(ids[first..<min(first + params.slice, ids.count)]))
        }
        return Plan(items: items, slots: workers)
    }

    /// Patterns are the categorizer's, which has them at hand for all slices. Categories are what a chat service may choose
    /// from.
    func preload(
        _ params: CategorizeParameters, _ items: [PlannedItem<[String]>], _ run: JobRun
    ) async throws -> Context {
        guard params.storesChat else { return Context() }
        do {
            guard try await client.call(ChatShow.self, Empty()).budget > 0, let chat = try door.merchantChat(for: run)
            else { return Context() }
            let categories = try await client.call(CategoryList.self, Empty()).categories.map(\.name)
            guard !categories.isEmpty else { return Context() }
            let configuration = door.settings.configuration
            return Context(
                advice: ChatAdvice(
                    client: client, chat: chat,
                    prices: .init(input: configuration.chatInputPrice, output: configuration.chatOutputPrice),
                    categories: categories, time: door.time))
        } catch {
            try Task.checkCancellation()
            run.log.warning("the chat service is not asked in this job: \(error)")
            return Context()
        }
    }

    func process(
        _ item: PlannedItem<[String]>, _ params: CategorizeParameters, _ context: Context, _ run: JobRun
    ) async throws -> SliceOutcome {
        var results = try await categorize(item.input, params)
        guard let advice = context.advice else { return SliceOutcome(results) }
        let unknown = results.indices.filter { results[$0].categoryID == nil && results[$0].error == nil }
        do {
            let ids = unknown.map { results[$0].metadata.expenseID }
            guard !ids.isEmpty, try await advice.ask(ids, run) else { return SliceOutcome(results) }
            for (place, result) in zip(unknown, try await categorize(ids, params)) { results[place] = result }
        } catch {
            try Task.checkCancellation()
            run.log.warning("what the chat service might know is left open: \(error)")
        }
        return SliceOutcome(results)
    }

    private func categorize(_ ids: [String], _ params: CategorizeParameters) async throws -> [CategorizationResult] {
        let options = CategorizeOptions(
            minConfidence: params.minConfidence, autoCategorizeThreshold: params.threshold, autoUpdate: !params.dryRun,
            // Nobody waits at a screen: on a busy machine an answer may take its time.
            timeoutMs: 10_000)
        let answer = try await client.call(ExpenseCategorizeBatch.self, .init(ids: ids, options: options))
        // The database of the categorizer is away: what it remembers is no reason to settle for.
        let trouble = answer.results.first {
            [.database, .unavailable].contains($0.error?.kind) || $0.method == "cached_fallback"
        }
        if let trouble {
            throw RPCError(
                .unavailable,
                "the categorizer is without its database: \(trouble.error?.message ?? "last answers only")",
                reason: "categorizer.degraded", retryAfterMs: 5000)
        }
        return answer.results
    }

    func summarize(
        _ outcomes: [Outcome<SliceOutcome>], _ params: CategorizeParameters, _ run: JobRun
    ) async throws -> CategorizeSummary {
        var summary = CategorizeSummary(dryRun: params.dryRun)
        for outcome in outcomes {
            guard let slice = outcome.output else {
                summary.failed.append(outcome.key)
                continue
            }
            summary.total.add(slice)
        }
        return summary
    }
}

/// What the job is submitted with.
struct CategorizeParameters: JSONDecodable, Sendable, Hashable {
    /// Expenses at most.
    var limit = 100_000
    /// Expenses of one item.
    var slice = 20
    var owner: String?
    /// From this confidence on a category is stored; as the categorizer has it when left out.
    var threshold: Double?
    var minConfidence: Double?
    /// Decide, and store nothing.
    var dryRun = false

    /// Whether what a chat service says would be stored; it is not asked for less, for it costs money.
    var storesChat: Bool { !dryRun && max(threshold ?? 0, minConfidence ?? 0) <= ChatSettle.confidence }

    init(from json: inout JSONReader) throws(JSONError) {
        try json.object { key, json throws(JSONError) in
            switch key {
            case "limit": limit = try Self.number(&json, 1...1_000_000)
            case "slice": slice = try Self.number(&json, 1...100)
            case "owner": owner = try json.string()
            case "threshold": threshold = try Self.share(&json)
            case "min_confidence": minConfidence = try Self.share(&json)
            case "dry_run": dryRun = try json.bool()
            default: try json.unknownParameter(key)
            }
        }
    }

    private static func number(_ json: inout JSONReader, _ range: ClosedRange<Int>) throws(JSONError) -> Int {
        let number = try json.int()
        guard range.contains(number) else {
            throw json.invalid("\(number) is not from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private static func share(_ json: inout JSONReader) throws(JSONError) -> Double {
        let share = try json.double()
        guard (0...1).contains(share) else { throw json.invalid("\(share) is not from 0 to 1") }
        return share
    }
}

/// What became of a slice, and of all slices together.
struct SliceOutcome: Sendable, Hashable, JSONCodable {
    var expenses = 0
    var categorized = 0
    var stored = 0
    /// Expenses of which nothing sure can be said.
    var open = 0
    var errors = 0
    /// Answers by category, and by how they came to be.
    var categories: [String: Int] = [:]
    var methods: [String: Int] = [:]

    init() {}

    init(_ results: [CategorizationResult]) {
        expenses = results.count
        for result in results {
            methods[result.method, default: 0] += 1
            if result.stored { stored += 1 }
            if let name = result.categoryName {
                categorized += 1
                categories[name, default: 0] += 1
            } else if result.error == nil {
                open += 1
            } else {
                errors += 1
            }
        }
    }

    mutating func add(_ other: SliceOutcome) {
        expenses += other.expenses
        categorized += other.categorized
        stored += other.stored
        open += other.open
        errors += other.errors
        categories.merge(other.categories, uniquingKeysWith: +)
        methods.merge(other.methods, uniquingKeysWith: +)
    }

    init(from json: inout JSONReader) throws(JSONError) {
        self.init()
        try json.object { key, json throws(JSONError) in
            switch key {
            case "expenses": expenses = try json.int()
            case "categorized": categorized = try json.int()
            case "stored": stored = try json.int()
            case "open": open = try json.int()
            case "errors": errors = try json.int()
            case "categories": categories = try json.value()
            case "methods": methods = try json.value()
            default: try json.skip()
            }
        }
    }

    func encode(to json: inout JSONWriter) {
        json.object { encodeMembers(to: &$0) }
    }

    func encodeMembers(to json: inout JSONWriter) {
        json.member("expenses", expenses)
        json.member("categorized", categorized)
        json.member("stored", stored)
        json.member("open", open)
        json.member("errors", errors)
        json.member("categories", categories)
        json.member("methods", methods)
    }
}

/// The job's result.
struct CategorizeSummary: JSONEncodable, Sendable {
    var total = SliceOutcome()
    /// Slices that failed, by their keys; `job.retry` does them again.
    var failed: [String] = []
    var dryRun: Bool

    init(dryRun: Bool) { self.dryRun = dryRun }

    func encode(to json: inout JSONWriter) {
        json.object {
            total.encodeMembers(to: &$0)
            $0.member("failed", failed)
            $0.member("dry_run", dryRun)
        }
    }
}
