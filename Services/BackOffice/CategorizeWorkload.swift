import JSONCodec
import Linux
import MillraceProtocol
import MillraceRPC
import MillraceWorker

/// `categorize-expenses`: expenses that the categorizer keeps without a category get one, where it is sure. Items are slices
/// of them, keyed by their first expense.
///
/// Safe to repeat: a slice that was done before is decided once more and comes out the same.
struct CategorizeWorkload: Workload {
    static let kind = "categorize-expenses"
    static let summary = "Gives expenses without a category the one that the categorizer is sure of."

    /// Asks the categorizer.
    private let client: RPCClient
    /// Slices at once.
    private let workers: Int

    init(socket: String, workers: Int) {
        client = RPCClient(socket: socket, patience: .seconds(5))
        self.workers = workers
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

    /// Categories and patterns are the categorizer's, which has them at hand for all slices.
    func preload(_ params: CategorizeParameters, _ items: [PlannedItem<[String]>], _ run: JobRun) async throws -> Empty
    {
        Empty()
    }

    func process(
        _ item: PlannedItem<[String]>, _ params: CategorizeParameters, _ context: Empty, _ run: JobRun
    ) async throws -> SliceOutcome {
        let options = CategorizeOptions(
            minConfidence: params.minConfidence, autoCategorizeThreshold: params.threshold, autoUpdate: !params.dryRun)
        let answer = try await client.call(ExpenseCategorizeBatch.self, .init(ids: item.input, options: options))
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
        return SliceOutcome(answer.results)
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

    init(from json: inout JSONReader) throws(JSONError) {
        try json.object { key, json throws(JSONError) in
            switch key {
            case "limit": limit = try Self.number(&json, 1...1_000_000)
            case "slice": slice = try Self.number(&json, 1...100)
            case "owner": owner = try json.string()
            case "threshold": threshold = try Self.share(&json)
            case "min_confidence": minConfidence = try Self.share(&json)
            case "dry_run": dryRun = try json.bool()
            default: try json.unknownMember(key)
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
