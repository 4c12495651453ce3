import BackOffice
import Linux

/// What was made to go wrong.
struct Fault: Error, CustomStringConvertible {
    var description: String

    init(_ description: String = "the books do not answer") { self.description = description }
}

/// Books that let every request be watched, and made to fail, by its name: `"putLine ada"`.
struct FaultyBooks: Books {
    let books: any Books
    /// Called before each request; what it throws is the answer.
    let before: @Sendable (String) async throws -> Void

    init(_ books: any Books, before: @escaping @Sendable (String) async throws -> Void) {
        self.books = books
        self.before = before
    }

    /// Fails requests whose name begins with one of these.
    init(_ books: any Books, failing names: String...) {
        self.init(books) { name in
            if names.contains(where: { name.hasPrefix($0) }) { throw Fault() }
        }
    }

    func entries(_ query: EntryQuery) async throws -> [TimesheetEntry] {
        try await before("entries")
        return try await books.entries(query)
    }

    func activeRate(of contractor: ContractorID, in month: Month) async throws -> ContractorRate? {
        try await before("activeRate \(contractor)")
        return try await books.activeRate(of: contractor, in: month)
    }

    func activeDeployments(discord: String?) async throws -> [Deployment] {
        try await before("activeDeployments")
        return try await books.activeDeployments(discord: discord)
    }

    func lookups(month: Month, contractors: [ContractorID]) async throws -> any OrderLookups {
        try await before("lookups")
        return FaultyLookups(
            lookups: try await books.lookups(month: month, contractors: contractors), before: before)
    }

    func ensureOrder(of contractor: ContractorID, month: Month) async throws -> EnsuredOrder {
        try await before("ensureOrder \(contractor)")
        return try await books.ensureOrder(of: contractor, month: month)
    }

    func putLine(_ draft: LineDraft) async throws -> LineWrite {
        try await before("putLine \(draft.deployment)")
        return try await books.putLine(draft)
    }

    func putHours(line: LineID, hours: Hours, entries: [EntryID]) async throws -> LineWrite {
        try await before("putHours \(line)")
        return try await books.putHours(line: line, hours: hours, entries: entries)
    }

    func ensureLine(order: OrderID, deployment: DeploymentID) async throws -> LineWrite {
        try await before("ensureLine \(deployment)")
        return try await books.ensureLine(order: order, deployment: deployment)
    }
}

private struct FaultyLookups: OrderLookups {
    let lookups: any OrderLookups
    let before: @Sendable (String) async throws -> Void

    func order(of contractor: ContractorID) async throws -> Order? {
        try await before("order \(contractor)")
        return try await lookups.order(of: contractor)
    }

    func deployment(of contractor: ContractorID, on project: ProjectID) async throws -> Deployment? {
        try await before("deployment \(contractor)/\(project)")
        return try await lookups.deployment(of: contractor, on: project)
    }

    func line(of order: OrderID, for deployment: DeploymentID) async throws -> OrderLine? {
        try await before("line \(deployment)")
        return try await lookups.line(of: order, for: deployment)
    }
}

/// A summarizer that is watched, and says what it is told to.
struct TestSummarizer: Summarizer {
    let calls = Locked<[[WorkText]]>([])
    let answer: @Sendable ([WorkText]) async throws -> String

    init(_ answer: @escaping @Sendable ([WorkText]) async throws -> String = { "\($0.count) things" }) {
        self.answer = answer
    }

    func summarize(_ work: [WorkText]) async throws -> String {
        calls.withLock { $0.append(work) }
        return try await answer(work)
    }

    var count: Int { calls.withLock { $0.count } }
}
