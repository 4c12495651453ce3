import Linux

/// Counts the requests a run makes to an outside system, by name, and lets each take its time.
public final class CallMeter: Sendable {
    /// How long a request takes.
    public let delay: Duration
    private let time: any TimeSource
    private let calls = Locked<[String: Int]>([:])

    public init(delay: Duration = .zero, time: any TimeSource = SystemTime()) {
        self.delay = delay
        self.time = time
    }

    /// So far, by name.
    public var counts: [String: Int] { calls.withLock { $0 } }

    public var total: Int { counts.values.reduce(0, +) }

    /// Counts a request for each hundred, at least one.
    func chargePages(_ name: String, of count: Int) async throws {
        for _ in 0..<max(1, (count + 99) / 100) { try await charge(name) }
    }

    /// Counts requests of these names, one after the other, each as long as ``delay``.
    /// - Throws: `CancellationError`.
    public func charge(_ names: String...) async throws {
        for name in names {
            calls.withLock { $0[name, default: 0] += 1 }
            if delay > .zero { try await time.sleep(for: delay) }
        }
    }
}

/// Books that cost what they cost the system before this one, which asked a remote service one question at a time.
///
/// For rehearsals and benchmarks: every request that system made is counted and takes its time, in the order in which it
/// made them, while the answers come from the books behind. Nothing is preloaded.
/// | step | requests |
/// | --- | --- |
/// | entries | one for each 100, at least one |
/// | order | look-up; create |
/// | line | deployment look-up; line look-up; when there is one, read |
/// | new line | create; read the order, write it back |
/// | changed line | write; write the order, unless only hours are |
public struct MeteredBooks: Books {
    private let books: any Books
    public let meter: CallMeter

    public init(_ books: any Books, meter: CallMeter) {
        self.books = books
        self.meter = meter
    }

    public func entries(_ query: EntryQuery) async throws -> [TimesheetEntry] {
        let entries = try await books.entries(query)
        try await meter.chargePages("entries.query", of: entries.count)
        return entries
    }

    public func activeRate(of contractor: ContractorID, in month: Month) async throws -> ContractorRate? {
        try await meter.charge("rate.query")
        return try await books.activeRate(of: contractor, in: month)
    }

    public func activeDeployments(discord: String?) async throws -> [Deployment] {
        let deployments = try await books.activeDeployments(discord: discord)
        try await meter.chargePages("deployments.query", of: deployments.count)
        return deployments
    }

    public func lookups(month: Month, contractors: [ContractorID]) async throws -> any OrderLookups {
        MeteredLookups(lookups: try await books.lookups(month: month, contractors: contractors), meter: meter)
    }

    public func ensureOrder(of contractor: ContractorID, month: Month) async throws -> EnsuredOrder {
        try await meter.charge("order.create")
        return try await books.ensureOrder(of: contractor, month: month)
    }

    public func putLine(_ draft: LineDraft) async throws -> LineWrite {
        let write = try await books.putLine(draft)
        switch write.change {
        case .created: try await meter.charge("line.create", "order.read", "order.update")
        case .updated: try await meter.charge("line.update", "order.update")
        case .unchanged: break
        }
        return write
    }

    public func putHours(line: LineID, hours: Hours, entries: [EntryID]) async throws -> LineWrite {
        try await meter.charge("line.update")
        return try await books.putHours(line: line, hours: hours, entries: entries)
    }

    public func ensureLine(order: OrderID, deployment: DeploymentID) async throws -> LineWrite {
        try await meter.charge("line.create", "order.read", "order.update")
        return try await books.ensureLine(order: order, deployment: deployment)
    }
}

private struct MeteredLookups: OrderLookups {
    let lookups: any OrderLookups
    let meter: CallMeter

    func order(of contractor: ContractorID) async throws -> Order? {
        try await meter.charge("order.query")
        return try await lookups.order(of: contractor)
    }

    func deployment(of contractor: ContractorID, on project: ProjectID) async throws -> Deployment? {
        try await meter.charge("deployment.query")
        return try await lookups.deployment(of: contractor, on: project)
    }

    func line(of order: OrderID, for deployment: DeploymentID) async throws -> OrderLine? {
        try await meter.charge("line.query")
        let line = try await lookups.line(of: order, for: deployment)
        if line != nil { try await meter.charge("line.read") }
        return line
    }
}

/// A summarizer whose every call is counted and takes its time.
public struct MeteredSummarizer: Summarizer {
    private let summarizer: any Summarizer
    public let meter: CallMeter

    public init(_ summarizer: any Summarizer = OriginalTexts(), meter: CallMeter) {
        self.summarizer = summarizer
        self.meter = meter
    }

    public func summarize(_ work: [WorkText]) async throws -> String {
        try await meter.charge("summary")
        return try await summarizer.summarize(work)
    }
}
